package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

// of returns the surfaces of class 1.
func of(t *testing.T, truth, prediction tensor.Tensor, spacing ...float64) *Surface {
	t.Helper()
	all, err := Surfaces(truth, prediction, 2, spacing...)
	require.NoError(t, err)
	return &all[1]
}

// boxOf returns ones in a box of a volume, from lo to before hi.
func boxOf(s tensor.Shape, lo, hi [3]int) tensor.Tensor {
	x := tensor.Zeros(s)
	for i := range x.Data {
		in := true
		for axis, p := range place(s, i) {
			in = in && p >= lo[axis] && p < hi[axis]
		}
		if in {
			x.Data[i] = 1
		}
	}
	return x
}

func TestSurfacesThatTouch(t *testing.T) {
	// Of five elements, [0 1] and [2 3 4]: all on the surface but the inner one.
	s := of(t, tensor.From([]float32{1, 1, 0, 0, 0}, 5), tensor.From([]float32{0, 0, 1, 1, 1}, 5), 2)
	require.Equal(t, []int{2, 2}, []int{s.Truth, s.Prediction})
	require.Equal(t, 10.0, s.Worst)
	// To the prediction's 2 and 4: 4 and 2 mm. Back to the truth's 0 and 1: 2 and 6.
	require.Equal(t, 6.0, s.Hausdorff(100))
	require.Equal(t, 4.0, s.Hausdorff(50))
	require.Equal(t, 2.0, s.Hausdorff(0))
	require.InDelta(t, 2+0.95*4, s.Hausdorff(95), 1e-14)
	require.Equal(t, 3.5, s.Mean())
	require.Equal(t, []float64{0, 0.5, 0.75, 1}, []float64{s.Dice(1.9), s.Dice(2), s.Dice(5.9), s.Dice(6)})
}

func TestNestedCubesOnAnAnisotropicGrid(t *testing.T) {
	shape := tensor.NewShape(9, 9, 9)
	outer, inner := boxOf(shape, [3]int{1, 1, 1}, [3]int{8, 8, 8}), boxOf(shape, [3]int{3, 3, 3}, [3]int{6, 6, 6})
	s := of(t, outer, inner, 3, 1, 1)
	require.Equal(t, 7*7*7-5*5*5, s.Truth)
	require.Equal(t, 3*3*3-1, s.Prediction)
	require.Equal(t, math.Sqrt(6*6+2*2+2*2), s.Hausdorff(100), "from corner to corner")
	// Back: the inner surface lies 2 mm from a side of the outer one, but for the
	// middles of its two faces along k, which lie 3 mm from four sides.
	require.Equal(t, append(slices.Repeat([]float64{2}, 24), 3, 3), s.toTruth)
	// On each of the outer cube's four sides 3 x 3 elements face the inner cube.
	require.Equal(t, (4*9+24.)/(218+26), s.Dice(2))
	require.Equal(t, 0.0, s.Dice(1.99))
	require.Equal(t, 1.0, s.Dice(7))
}

func TestOneElement(t *testing.T) {
	one, other := tensor.New(4, 4), tensor.New(4, 4)
	one.Set(1, 0, 0)
	other.Set(1, 3, 2)
	s := of(t, one, other, 1, 2)
	require.Equal(t, []float64{5, 5, 5, 0, 1}, []float64{s.Hausdorff(95), s.Hausdorff(0), s.Mean(), s.Dice(4.9), s.Dice(5)})
	s = of(t, one, one, 1, 2)
	require.Equal(t, []float64{0, 0, 1}, []float64{s.Hausdorff(95), s.Mean(), s.Dice(0)})
	s = of(t, tensor.From([]float32{1}, 1), tensor.From([]float32{1}, 1), 3)
	require.Equal(t, []float64{0, 0, 1, 3}, []float64{s.Hausdorff(95), s.Mean(), s.Dice(0), s.Worst})
}

func TestAMissedStructureIsTheWorstCaseAndAnAbsentOneDoesNotCount(t *testing.T) {
	none, some := tensor.New(2, 3, 4), boxOf(tensor.NewShape(2, 3, 4), [3]int{}, [3]int{1, 1, 1})
	worst := math.Hypot(math.Hypot(2*5, 3*4), 4*3)
	for _, pair := range [][2]tensor.Tensor{{none, some}, {some, none}} {
		s := of(t, pair[0], pair[1], 5, 4, 3)
		require.Equal(t, []float64{worst, worst, worst, 0}, []float64{s.Worst, s.Hausdorff(95), s.Mean(), s.Dice(1e9)})
		o := NewOverlap(2)
		require.NoError(t, o.Add(pair[0], pair[1]))
		require.Zero(t, o.VolumeSimilarity()[1])
	}
	s := of(t, none, none, 5, 4, 3)
	require.True(t, math.IsNaN(s.Hausdorff(95)) && math.IsNaN(s.Mean()) && math.IsNaN(s.Dice(1)))
	require.Equal(t, Summary{Mean: worst, N: 1}, Summarise([]float64{s.Mean(), worst}))
}

func TestVolumeSimilarityByHand(t *testing.T) {
	o := NewOverlap(4)
	require.NoError(t, o.Add(tensor.From([]float32{1, 1, 1, 2, 0}, 5), tensor.From([]float32{0, 0, 2, 1, 0}, 5)))
	v := o.VolumeSimilarity()
	require.True(t, math.IsNaN(v[0]) && math.IsNaN(v[3]))
	require.Equal(t, []float64{0.5, 1}, v[1:3], "3 and 1 elements; 1 and 1 elsewhere")
}

func TestAnAxisOfOneElementHasNoSurface(t *testing.T) {
	flat, deep := boxOf(tensor.NewShape(7, 7), [3]int{1, 1}, [3]int{6, 6}), boxOf(tensor.NewShape(7, 7), [3]int{2, 2}, [3]int{6, 6})
	in2D := of(t, flat, deep, 2, 1)
	in3D := of(t, flat.Reshape(1, 7, 7), deep.Reshape(1, 7, 7), 9, 2, 1)
	require.Equal(t, 16, in2D.Truth)
	require.Equal(t, []int{in2D.Truth, in2D.Prediction}, []int{in3D.Truth, in3D.Prediction})
	require.Equal(t, in2D.Mean(), in3D.Mean())
}

// slow returns the sorted distances of both surfaces of a class by comparing
// all elements with all.
func slow(truth, prediction tensor.Tensor, class float32, spacing []float64) [2][]float64 {
	var surfaces [2][]int
	for which, x := range []tensor.Tensor{truth, prediction} {
		s := x.Shape
		for i := range x.Data {
			exposed := s.Len() == 1
			for axis := range s.Rank() {
				for _, step := range []int{-1, 1} {
					p := place(s, i)
					p[axis] += step
					outside := p[axis] < 0 || p[axis] >= s.Dim(axis)
					exposed = exposed || s.Dim(axis) > 1 && (outside || x.At(p...) != class)
				}
			}
			if x.Data[i] == class && exposed {
				surfaces[which] = append(surfaces[which], i)
			}
		}
	}
	var d [2][]float64
	for which := range d {
		for _, a := range surfaces[which] {
			nearest := math.Inf(1)
			for _, b := range surfaces[1-which] {
				nearest = min(nearest, apart(truth.Shape, a, b, spacing))
			}
			d[which] = append(d[which], nearest)
		}
		slices.Sort(d[which])
	}
	return d
}

func TestSurfacesAreThoseFoundByComparingAllWithAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	shapes(func(shape tensor.Shape, spacing []float64) {
		truth, prediction := tensor.Zeros(shape), tensor.Zeros(shape)
		for _, x := range []tensor.Tensor{truth, prediction} {
			for i := range x.Data {
				if x.Data[i] = 1; rng.IntN(3) == 0 {
					x.Data[i] = float32(rng.IntN(4)) // so that 1 has an inside
				}
			}
		}
		all, err := Surfaces(truth, prediction, 5, spacing...)
		require.NoError(t, err)
		require.Zero(t, all[0])
		for class := 1; class < 5; class++ {
			s, want := &all[class], slow(truth, prediction, float32(class), spacing)
			require.Equal(t, []int{len(want[0]), len(want[1])}, []int{s.Truth, s.Prediction}, "%v %v", truth, prediction)
			if s.Truth == 0 || s.Prediction == 0 {
				continue
			}
			// 1e-14: squares are summed in another order.
			sum := 0.0
			for i, x := range slices.Concat(want[0], want[1]) {
				sum += x
				require.InDelta(t, x, slices.Concat(s.toPrediction, s.toTruth)[i], 1e-14*s.Worst)
				require.Less(t, x, s.Worst)
			}
			n := float64(s.Truth + s.Prediction)
			require.InDelta(t, sum/n, s.Mean(), 1e-14*n*s.Worst)
			require.InDelta(t, max(want[0][len(want[0])-1], want[1][len(want[1])-1]), s.Hausdorff(100), 1e-14*s.Worst)
			require.Equal(t, 1.0, s.Dice(s.Hausdorff(100)))
		}
	})
}

func TestPercentilesAreInterpolatedBetweenRanks(t *testing.T) {
	x := []float64{0, 1, 2, 3, 100}
	for percent, want := range map[float64]float64{0: 0, 25: 1, 30: 1.2, 50: 2, 75: 3, 95: 3 + 0.8*97, 100: 100} {
		require.InDelta(t, want, percentile(x, percent), 1e-12)
	}
	require.Equal(t, 7.0, percentile([]float64{7}, 95))
	s := &Surface{}
	require.PanicsWithError(t, "metric: percentile 101 is not in [0, 100]", func() { s.Hausdorff(101) })
	require.PanicsWithError(t, "metric: percentile NaN is not in [0, 100]", func() { s.Hausdorff(math.NaN()) })
	require.PanicsWithError(t, "metric: tolerance -1 is not one in mm", func() { s.Dice(-1) })
}

func TestADistanceOfTheToleranceIsWithinIt(t *testing.T) {
	mm := float64(float32(0.8)) // as a header holds it: a little more
	s := of(t, tensor.From([]float32{1, 0}, 2), tensor.From([]float32{0, 1}, 2), mm)
	require.Equal(t, 1.0, s.Dice(0.8))
}

func TestSurfacesOfLabelsThatAreNoClassAreErrors(t *testing.T) {
	_, err := Surfaces(tensor.From([]float32{0, 2}, 2), tensor.New(2), 2, 1)
	require.EqualError(t, err, "metric: element 1: label 2 is not one of 2 classes")
	require.PanicsWithError(t, "surfaces of [1] and [2]: truth and prediction differ", func() { Surfaces(tensor.New(1), tensor.New(2), 2, 1) })
}

func ExampleSurfaces() {
	truth := tensor.From([]float32{0, 1, 1, 1, 0, 0, 2, 2}, 8)
	prediction := tensor.From([]float32{0, 0, 1, 1, 1, 1, 0, 0}, 8)
	surfaces, err := Surfaces(truth, prediction, 4, 1.5)
	if err != nil {
		panic(err)
	}
	for c, s := range surfaces {
		fmt.Printf("%d: HD95 %.2f mm, mean %.2f mm, Dice at 2 mm %.2f\n", c, s.Hausdorff(95), s.Mean(), s.Dice(2))
	}
	// Output:
	// 0: HD95 NaN mm, mean NaN mm, Dice at 2 mm NaN
	// 1: HD95 2.92 mm, mean 1.88 mm, Dice at 2 mm 0.75
	// 2: HD95 12.00 mm, mean 12.00 mm, Dice at 2 mm 0.00
	// 3: HD95 NaN mm, mean NaN mm, Dice at 2 mm NaN
}
