package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

// shapes calls f with all shapes of one to three axes of small extents, and a
// spacing.
func shapes(f func(shape tensor.Shape, spacing []float64)) {
	mm := []float64{1, 0.3, 2.7}
	var longer func(dims []int, spacing []float64)
	longer = func(dims []int, spacing []float64) {
		if len(dims) > 0 {
			f(tensor.NewShape(dims...), spacing)
		}
		if len(dims) == 3 {
			return
		}
		for _, n := range []int{1, 2, 3, 7} {
			longer(append(dims[:len(dims):len(dims)], n), append(spacing[:len(spacing):len(spacing)], mm[(n+len(dims))%3]))
		}
	}
	longer(nil, nil)
}

// place returns the index of an element along each axis.
func place(s tensor.Shape, at int) []int {
	p := make([]int, s.Rank())
	for axis := s.Rank() - 1; axis >= 0; axis-- {
		p[axis], at = at%s.Dim(axis), at/s.Dim(axis)
	}
	return p
}

// apart returns the distance of two elements in mm.
func apart(s tensor.Shape, a, b int, spacing []float64) float64 {
	sum := 0.0
	p, q := place(s, a), place(s, b)
	for axis, mm := range spacing {
		d := float64(p[axis]-q[axis]) * mm
		sum += d * d
	}
	return math.Sqrt(sum)
}

func TestDistanceIsThatOfTheNearestElement(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	shapes(func(s tensor.Shape, spacing []float64) {
		for _, share := range []float64{0, 0.05, 0.5, 1} {
			set := tensor.Zeros(s)
			for i := range set.Data {
				if rng.Float64() < share {
					set.Data[i] = 3
				}
			}
			got := Distance(set, spacing...)
			require.Equal(t, s, got.Shape)
			for i, d := range got.Data {
				want := math.Inf(1)
				for j, in := range set.Data {
					if in != 0 {
						want = min(want, apart(s, i, j, spacing))
					}
				}
				// Either sum of three squares is rounded in its own order.
				if math.Abs(float64(d)-want) > 1e-7*want {
					t.Fatalf("%v, spacing %v: element %d of %v: got %v, want %v", s, spacing, i, set, d, want)
				}
			}
		}
	})
}

func TestDistanceByHand(t *testing.T) {
	set := tensor.From([]float32{0, 0, 1, 0, 0, 0, 0, 0}, 2, 4)
	require.Equal(t, []float32{6, 3, 0, 3, float32(math.Sqrt(52)), 5, 4, 5}, Distance(set, 4, 3).Data)
	inf := float32(math.Inf(1))
	require.Equal(t, []float32{inf, inf}, Distance(tensor.New(2), 1).Data)
	require.Empty(t, Distance(tensor.New(0, 3), 1, 1).Data)
}

func TestDistanceHasTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	set := ball(tensor.NewShape(20, 30, 40), 5, 1)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := Distance(set, 1.1, 1, 0.7)
	runtime.GOMAXPROCS(4)
	require.Equal(t, want, Distance(set, 1.1, 1, 0.7))
}

func TestDistanceTakesOneToThreeAxesWithASpacingEach(t *testing.T) {
	require.PanicsWithError(t, "distance of []: takes one to three axes", func() { Distance(tensor.Scalar(1)) })
	require.PanicsWithError(t, "distance of [1 1 1 1]: takes one to three axes", func() { Distance(tensor.New(1, 1, 1, 1), 1, 1, 1, 1) })
	require.PanicsWithError(t, "distance of [2 2]: spacing [1] has not one number for each axis", func() { Distance(tensor.New(2, 2), 1) })
	for _, mm := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		require.PanicsWithError(t, fmt.Sprintf("distance of [2]: spacing [%v] is not positive", mm), func() { Distance(tensor.New(2), mm) })
	}
}

// ball returns a ball of ones about the centre, shifted along the last axis.
func ball(s tensor.Shape, radius, shift float64) tensor.Tensor {
	x := tensor.Zeros(s)
	for i := range x.Data {
		sum := 0.0
		for axis, p := range place(s, i) {
			d := float64(p) - float64(s.Dim(axis)-1)/2
			if axis == s.Rank()-1 {
				d -= shift
			}
			sum += d * d
		}
		if sum <= radius*radius {
			x.Data[i] = 1
		}
	}
	return x
}

func BenchmarkDistance(b *testing.B) {
	for _, n := range []int{32, 64, 128} {
		b.Run(fmt.Sprintf("dims=3/size=%d", n), func(b *testing.B) {
			set := ball(tensor.NewShape(n, n, n), float64(n)/4, 0)
			for b.Loop() {
				Distance(set, 1, 1, 1)
			}
			b.ReportMetric(float64(len(set.Data))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mvoxel/s")
		})
	}
}

func BenchmarkSurfaces(b *testing.B) {
	s := tensor.NewShape(96, 96, 80)
	truth, prediction := ball(s, 40, 0), ball(s, 38, 1)
	for b.Loop() {
		if _, err := Surfaces(truth, prediction, 2, 1, 1, 1.5); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(s.Len())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mvoxel/s")
}
