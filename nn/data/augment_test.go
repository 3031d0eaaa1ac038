package data

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/volume"
)

// blob is a sample of classes 0 to 3 in boxes off the centre; its image is
// 10 times the class.
func blob(dims ...int) Sample {
	s := Sample{Subject: "blob", Image: tensor.New(append(dims, 1)...), Labels: tensor.New(dims...)}
	for i := range s.Labels.Data {
		inside, rest, outermost := true, i, 0
		for axis := len(dims) - 1; axis >= 0; axis-- {
			p := rest % dims[axis]
			rest /= dims[axis]
			outermost = p
			inside = inside && (dims[axis] < 4 || 4*p >= dims[axis] && 5*p < 4*dims[axis])
		}
		if inside {
			s.Labels.Data[i] = float32(1 + 3*outermost/dims[0])
			s.Image.Data[i] = 10 * s.Labels.Data[i]
		}
	}
	return s
}

func random(rng *rand.Rand, channels int, dims ...int) Sample {
	s := Sample{Subject: "noise", Image: tensor.New(append(dims, channels)...), Labels: tensor.New(dims...)}
	for i := range s.Image.Data {
		s.Image.Data[i] = rng.Float32()
	}
	for i := range s.Labels.Data {
		s.Labels.Data[i] = float32(rng.IntN(4))
	}
	return s
}

func apply(a Augment, s Sample, seed uint64) Sample {
	dst := Sample{Subject: s.Subject, Image: tensor.Zeros(s.Image.Shape), Labels: tensor.Zeros(s.Labels.Shape)}
	for i := range dst.Image.Data { // what dst held may not matter
		dst.Image.Data[i] = -1
	}
	a.Apply(dst, s, rand.New(rand.NewPCG(seed, 0)))
	return dst
}

var (
	grids    = [][]int{{37}, {12, 9}, {7, 6, 5}, {16, 19, 1}, {37, 1, 5}, {1, 1, 8}, {1}, {1, 1}}
	thorough = Augment{Flip: 0.5, FlipAxis: -1, Rotate: 30, Zoom: 0.2, Shift: 2, Elastic: 1, Gamma: 0.3, Bias: 0.3, Noise: 0.1, Spacing: 4}
)

func TestTheZeroAugmentChangesNothing(t *testing.T) {
	for _, dims := range grids {
		s := random(rand.New(rand.NewPCG(1, 1)), 2, dims...)
		require.Equal(t, s, apply(Augment{}, s, 1), "%v", dims)
	}
}

func TestAugmentDependsOnItsStreamAndLeavesItsSource(t *testing.T) {
	for _, dims := range grids {
		s := random(rand.New(rand.NewPCG(1, 1)), 2, dims...)
		before := Sample{Subject: s.Subject, Image: s.Image.Clone(), Labels: s.Labels.Clone()}
		once := apply(thorough, s, 5)
		require.Equal(t, once, apply(thorough, s, 5), "%v", dims)
		require.NotEqual(t, once, apply(thorough, s, 6), "%v", dims)
		require.Equal(t, before, s, "%v", dims)
		for i, v := range once.Image.Data {
			require.False(t, math.IsNaN(float64(v)) || math.IsInf(float64(v), 0), "%v: element %d is %v", dims, i, v)
		}
	}
}

func TestAFlipReversesAnAxisExactly(t *testing.T) {
	mirror := []int{0, 2, 1} // class 3 has no other side
	for _, dims := range grids {
		for axis := range dims {
			s := random(rand.New(rand.NewPCG(1, 1)), 3, dims...)
			a := Augment{Flip: 1, FlipAxis: axis, Mirror: mirror}
			got := apply(a, s, 1)
			want := reversed(s, axis, mirror)
			if dims[axis] == 1 {
				want = s
			}
			require.Equal(t, want, got, "%v, axis %d", dims, axis)
			require.Equal(t, s, apply(a, got, 2), "%v: twice along axis %d", dims, axis)

			a.FlipAxis -= len(dims)
			require.Equal(t, want, apply(a, s, 1), "%v, axis %d", dims, a.FlipAxis)
		}
	}
}

func reversed(s Sample, axis int, mirror []int) Sample {
	dst := Sample{Subject: s.Subject, Image: tensor.Zeros(s.Image.Shape), Labels: tensor.Zeros(s.Labels.Shape)}
	n, inner := s.Labels.Shape.Dim(axis), 1
	for i := axis + 1; i < s.Labels.Shape.Rank(); i++ {
		inner *= s.Labels.Shape.Dim(i)
	}
	c := s.Image.Shape.Channels()
	for at := range s.Labels.Data {
		p := at / inner % n
		from := at + (n-1-2*p)*inner
		class := int(s.Labels.Data[from])
		if class < len(mirror) {
			class = mirror[class]
		}
		dst.Labels.Data[at] = float32(class)
		copy(dst.Image.Data[at*c:(at+1)*c], s.Image.Data[from*c:(from+1)*c])
	}
	return dst
}

func TestEachStrengthDoesItsPart(t *testing.T) {
	s := blob(24, 28)
	for name, a := range map[string]Augment{
		"rotate": {Rotate: 30}, "zoom": {Zoom: 0.3}, "shift": {Shift: 4}, "elastic": {Elastic: 3},
	} {
		got := apply(a, s, 2) // the zoom that seed 1 draws, 0.994, moves no label
		require.NotEqual(t, s.Image, got.Image, name)
		require.NotEqual(t, s.Labels, got.Labels, name)
	}
	for name, a := range map[string]Augment{"gamma": {Gamma: 0.3}, "bias": {Bias: 0.3}, "noise": {Noise: 0.1}} {
		got := apply(a, s, 2)
		require.NotEqual(t, s.Image, got.Image, name)
		require.Equal(t, s.Labels, got.Labels, name)
	}
}

func TestAQuarterTurnOfASquareIsExact(t *testing.T) {
	const n = 6
	s := random(rand.New(rand.NewPCG(1, 1)), 2, n, n)
	want := Sample{Subject: s.Subject, Image: tensor.Zeros(s.Image.Shape), Labels: tensor.Zeros(s.Labels.Shape)}
	for h := range n {
		for w := range n {
			want.Labels.Set(s.Labels.At(w, n-1-h), h, w)
			for c := range 2 {
				want.Image.Set(s.Image.At(w, n-1-h, c), h, w, c)
			}
		}
	}
	got := Sample{Subject: s.Subject, Image: tensor.Zeros(s.Image.Shape), Labels: tensor.Zeros(s.Labels.Shape)}
	m := still()
	m.matrix = [3][3]float64{{1, 0, 0}, {0, 0, 1}, {0, -1, 0}}
	m.warp(got, s, gridOf(s.Image.Shape))
	require.Equal(t, want, got)

	// The sine and cosine of a quarter turn are off by 1e-16, so a place is
	// off by as much, and float32 holds 1e-7 of a value up to 1.
	m = still()
	m.rotate(1, 2, -math.Pi/2)
	m.warp(got, s, gridOf(s.Image.Shape))
	require.Equal(t, want.Labels, got.Labels)
	require.InDeltaSlice(t, want.Image.Data, got.Image.Data, 1e-7)
}

func TestAWholeShiftIsExactAndWhatComesFromOutsideIsZero(t *testing.T) {
	s := random(rand.New(rand.NewPCG(1, 1)), 1, 4, 5)
	got := Sample{Subject: s.Subject, Image: tensor.Zeros(s.Image.Shape), Labels: tensor.Zeros(s.Labels.Shape)}
	m := still()
	m.shift = [3]float64{0, -1, 2}
	m.warp(got, s, gridOf(s.Image.Shape))
	for h := range 4 {
		for w := range 5 {
			var image, label float32
			if h >= 1 && w < 3 {
				image, label = s.Image.At(h-1, w+2, 0), s.Labels.At(h-1, w+2)
			}
			require.Equal(t, image, got.Image.At(h, w, 0), "%d %d", h, w)
			require.Equal(t, label, got.Labels.At(h, w), "%d %d", h, w)
		}
	}
}

func TestARampIsInterpolatedExactly(t *testing.T) {
	s := Sample{Subject: "ramp", Image: tensor.New(9, 8, 7, 1), Labels: tensor.New(9, 8, 7)}
	ramp := func(d, h, w float64) float64 { return 2*d - 3*h + w }
	for i := range s.Image.Data {
		s.Image.Data[i] = float32(ramp(float64(i/56), float64(i/7%8), float64(i%7)))
	}
	m := still()
	m.scale(0.5) // all places lie inside
	m.rotate(0, 2, 0.3)
	m.shift = [3]float64{0.2, -0.3, 0.1}
	got := Sample{Image: tensor.Zeros(s.Image.Shape), Labels: tensor.Zeros(s.Labels.Shape)}
	m.warp(got, s, gridOf(s.Image.Shape))
	sin, cos := math.Sincos(0.3)
	for i, v := range got.Image.Data {
		d, h, w := float64(i/56)-4, float64(i/7%8)-3.5, float64(i%7)-3
		want := ramp(4+0.2+0.5*(cos*d-sin*w), 3.5-0.3+0.5*h, 3+0.1+0.5*(sin*d+cos*w))
		// Eight products of shares and values up to 32, each off by 2^-23.
		require.InDelta(t, want, v, 8*32*math.Pow(2, -23), "element %d", i)
	}
}

func TestLabelsMoveWithTheImage(t *testing.T) {
	a := thorough
	a.Gamma, a.Bias, a.Noise = 0, 0, 0
	for _, dims := range [][]int{{64}, {40, 48}, {20, 24, 28}, {40, 48, 1}, {37, 1, 5}} {
		s := blob(dims...)
		for seed := range uint64(5) {
			got := apply(a, s, seed)
			moved, same := 0, 0
			for i, class := range got.Labels.Data {
				require.Contains(t, []float32{0, 1, 2, 3}, class, "a class that no one gave")
				// Where a value is that of a class, all its neighbours there
				// were of that class or in the balance by chance.
				if class != s.Labels.Data[i] {
					moved++
				}
				if math.Abs(float64(got.Image.Data[i]-10*class)) <= 15 {
					same++
				}
			}
			n := len(got.Labels.Data)
			require.Positive(t, moved, "%v, seed %d", dims, seed)
			// The nearest of 2, 4 or 8 elements holds at least 1/2, 1/4 or
			// 1/8 of the value; only few places are at such corners.
			require.Greater(t, same, n*95/100, "%v, seed %d: %d of %d", dims, seed, same, n)
		}
	}
}

func TestOnlyAFlipExchangesClasses(t *testing.T) {
	s := random(rand.New(rand.NewPCG(1, 1)), 1, 12, 9)
	a := thorough
	a.Flip = 0
	want := apply(a, s, 3)
	a.Mirror = []int{0, 0, 0, 0}
	require.Equal(t, want, apply(a, s, 3))
}

// An image whose channels are its own coordinates shows where each element came
// from: its place and the field's push there.
func TestTheFieldPushesAlongItsOwnAxes(t *testing.T) {
	for _, dims := range [][]int{{40}, {30, 40}, {12, 1, 40}, {10, 12, 14}} {
		s := Sample{Image: tensor.New(append(dims, 3)...), Labels: tensor.New(dims...)}
		g := gridOf(s.Image.Shape)
		for i := range s.Labels.Data {
			at := [3]int{i / g.dims[2] / g.dims[1], i / g.dims[2] % g.dims[1], i % g.dims[2]}
			for a, v := range at {
				s.Image.Data[3*i+a] = float32(v + 1) // 0 is outside
			}
		}
		m := still()
		m.field = newField(g, g.axes, 8, 1, rand.New(rand.NewPCG(1, 1)))
		got := Sample{Image: tensor.Zeros(s.Image.Shape), Labels: tensor.Zeros(s.Labels.Shape)}
		m.warp(got, s, g)
		push := make([]float32, g.dims[2]*g.axes)
		inside := 0
		for row := range g.rows() {
			m.field.row(push, row)
			for w := range g.dims[2] {
				i := row*g.dims[2] + w
				place := [3]float64{float64(i / g.dims[2] / g.dims[1]), float64(row % g.dims[1]), float64(w)}
				within := true
				for a, x := range push[w*g.axes : (w+1)*g.axes] {
					axis := 3 - g.axes + a
					place[axis] += float64(x)
					within = within && place[axis] >= 0 && place[axis] <= float64(g.dims[axis]-1)
				}
				for a := range place {
					if within {
						// Shares and their products are float32, of values up to 41.
						require.InDelta(t, place[a]+1, got.Image.Data[3*i+a], 41*8*math.Pow(2, -23), "%v at %d, axis %d", dims, i, a)
						inside++
					}
				}
			}
		}
		require.Greater(t, inside, 3*len(s.Labels.Data)/2, "%v", dims)
	}
}

func TestASliceIsTreatedAsTheImageThatItIs(t *testing.T) {
	flat := random(rand.New(rand.NewPCG(1, 1)), 1, 16, 19)
	volume := Sample{Subject: flat.Subject, Image: flat.Image.Reshape(16, 19, 1, 1), Labels: flat.Labels.Reshape(16, 19, 1)}
	a := thorough
	a.FlipAxis = 0
	require.Equal(t, apply(a, flat, 3).Image.Data, apply(a, volume, 3).Image.Data)
	require.Equal(t, apply(a, flat, 3).Labels.Data, apply(a, volume, 3).Labels.Data)
}

func TestAFieldHasTheDeviationAskedForAndIsSmooth(t *testing.T) {
	shape := tensor.NewShape(65, 65, 1)
	rng := rand.New(rand.NewPCG(1, 1))
	var sum, squares, steepest float64
	row := make([]float32, 65)
	const fields = 200
	for range fields {
		f := newField(gridOf(shape), 1, 16, 3, rng)
		for h := 0; h < 65; h += 16 {
			f.row(row, h)
			for w := 0; w < 65; w += 16 {
				sum += float64(row[w])
				squares += float64(row[w]) * float64(row[w])
			}
			for w := 1; w+1 < 65; w++ {
				steepest = max(steepest, math.Abs(float64(row[w-1]-2*row[w]+row[w+1])))
			}
		}
	}
	// 5000 values of a field whose neighbours are correlated, as are a
	// thousand that are not: the deviation is known to 1/sqrt(2000) = 2 %.
	n := float64(fields * 25)
	require.InDelta(t, 3, math.Sqrt(squares/n), 3*4*0.022)
	require.InDelta(t, 0, sum/n, 4*3/math.Sqrt(1000))
	// The second derivative of a cubic B-spline is at most the second
	// difference of its points, 4 times their greatest, over the square of
	// the spacing: with points of 3*2 times up to 5 deviations, 120/256.
	require.Less(t, steepest, 120.0/256)
}

func TestIntensitiesKeepTheirRangeWithoutNoiseOrBias(t *testing.T) {
	s := random(rand.New(rand.NewPCG(1, 1)), 1, 12, 9)
	got := apply(Augment{Gamma: 0.5}, s, 1)
	require.NotEqual(t, s.Image, got.Image)
	lo, hi := extremes(s.Image.Data)
	newLo, newHi := extremes(got.Image.Data)
	require.Equal(t, lo, newLo)
	require.InDelta(t, hi, newHi, 1e-7)
	for i := range s.Image.Data {
		for k := range s.Image.Data {
			if s.Image.Data[i] < s.Image.Data[k] && got.Image.Data[i] > got.Image.Data[k] {
				t.Fatalf("gamma changed the order of %v and %v", s.Image.Data[i], s.Image.Data[k])
			}
		}
	}
	require.Equal(t, s.Labels, got.Labels)

	constant := blob(3)
	clear(constant.Image.Data)
	require.Equal(t, constant, apply(Augment{Gamma: 1, Bias: 1, Noise: 1}, constant, 1), "an image without a range has no share of it")
}

func TestIntensitiesAreTheirDefinition(t *testing.T) {
	for _, dims := range grids {
		for _, channels := range []int{1, 3} {
			s := random(rand.New(rand.NewPCG(1, 1)), channels, dims...)
			a := Augment{Gamma: 0.5, Bias: 0.5, Spacing: 4}
			got := apply(a, s, 1)

			rng := rand.New(rand.NewPCG(1, 0)) // as they draw from it
			gamma := math.Exp(a.Gamma * rng.NormFloat64())
			rng.Float64() // noise
			g := gridOf(s.Image.Shape)
			bias, row := newField(g, 1, a.Spacing, a.Bias, rng), make([]float32, g.dims[2])
			lo, hi := extremes(s.Image.Data)
			if lo == hi { // a single element
				require.Equal(t, s.Image, got.Image)
				continue
			}
			for i, x := range s.Image.Data {
				place := i / channels
				bias.row(row, place/len(row))
				share := float64(x-lo) / float64(hi-lo)
				want := float64(lo) + float64(hi-lo)*math.Pow(share, gamma)*math.Exp(float64(row[place%len(row)]))
				require.InDelta(t, want, got.Image.Data[i], 1e-6*(1+math.Abs(want)), "%v, %d channels", dims, channels)
			}
		}
	}
}

func TestNoiseIsAShareOfTheRange(t *testing.T) {
	s := blob(100, 100)
	got := apply(Augment{Noise: 0.1}, s, 1)
	rng := rand.New(rand.NewPCG(1, 0))
	rng.NormFloat64() // of gamma
	want := 0.1 * rng.Float64() * 30
	sum := 0.0
	for i, v := range got.Image.Data {
		sum += math.Pow(float64(v-s.Image.Data[i]), 2)
	}
	// The deviation of 10000 normal numbers is known to 1/sqrt(20000) = 0.7 %.
	require.InEpsilon(t, want, math.Sqrt(sum/10000), 4*0.007)
}

func TestAugmentRefuses(t *testing.T) {
	s := blob(4, 5)
	apart := blob(4, 5)
	apart.Back = volume.Stay(volume.Grid{Shape: tensor.NewShape(1, 4, 5)})
	for _, c := range []struct {
		a        Augment
		dst, src Sample
		want     string
	}{
		{Augment{Flip: 1, FlipAxis: 2}, s, s, "augment of [4 5 1]: no spatial axis 2 to flip"},
		{Augment{Flip: 1, FlipAxis: -3}, s, s, "augment of [4 5 1]: no spatial axis -3 to flip"},
		{Augment{}, blob(5, 4), s, "augment of [5 4 1] and [4 5 1]: images of unlike shapes"},
		{Augment{}, s, Sample{Image: s.Image, Labels: tensor.New(5, 4)}, "sample of [4 5 1] and [5 4]: labels take the spatial axes of the image"},
		{Augment{}, s, apart, "augment of [4 5 1] and [4 5]: labels on a grid of their own"},
		{Augment{}, s, Sample{Image: tensor.New(4, 0, 1), Labels: tensor.New(4, 0)}, "sample of [4 0 1] and [4 0]: an image without elements"},
		{Augment{}, s, Sample{Image: tensor.New(3), Labels: tensor.New(1)}, "sample of [3] and [1]: an image has one to three spatial axes, and channels"},
	} {
		t.Run(c.want, func(t *testing.T) {
			defer func() {
				var shape *tensor.ShapeError
				err, _ := recover().(error)
				require.ErrorAs(t, err, &shape)
				require.EqualError(t, err, c.want)
			}()
			c.a.Apply(c.dst, c.src, rand.New(rand.NewPCG(1, 0)))
		})
	}
}
