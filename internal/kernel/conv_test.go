package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// convCases are geometries with every kind of edge: odd and tiny sizes, even
// kernels, strides that leave a rest, kernels larger than the input, groups.
func convCases() []Conv {
	conv := func(n int, in, kernel, stride, pad, dilation [3]int, cin, cout, groups int) Conv {
		c := Conv{N: n, In: in, Kernel: kernel, Stride: stride, Pad: pad, Dilation: dilation, Cin: cin, Cout: cout, Groups: groups}
		for a := range 3 {
			c.Out[a] = OutSize(in[a], kernel[a], stride[a], pad[a], dilation[a])
		}
		return c
	}
	one, none := [3]int{1, 1, 1}, [3]int{}
	cases := []Conv{
		conv(1, one, one, one, none, one, 1, 1, 1),
		conv(2, [3]int{1, 1, 37}, [3]int{1, 1, 4}, [3]int{1, 1, 3}, [3]int{0, 0, 2}, [3]int{1, 1, 2}, 5, 7, 1),
		conv(2, [3]int{1, 5, 7}, one, one, none, one, 3, 24, 1),
		conv(1, [3]int{1, 2, 2}, [3]int{1, 5, 5}, one, [3]int{0, 2, 2}, one, 4, 6, 2),
		conv(1, [3]int{1, 9, 10}, [3]int{1, 3, 3}, [3]int{1, 2, 2}, [3]int{0, 1, 1}, one, 8, 33, 1),
		conv(1, [3]int{1, 9, 10}, [3]int{1, 2, 2}, [3]int{1, 3, 2}, none, one, 6, 5, 1),
		conv(1, [3]int{1, 8, 8}, [3]int{1, 3, 3}, one, [3]int{0, 1, 1}, one, 6, 6, 6),
		conv(1, [3]int{7, 5, 6}, [3]int{3, 3, 3}, [3]int{2, 1, 2}, [3]int{1, 2, 1}, [3]int{1, 2, 1}, 4, 12, 4),
		conv(2, [3]int{1, 6, 5}, [3]int{1, 3, 3}, one, [3]int{0, 4, 4}, one, 2, 3, 1), // outputs that see padding alone
		conv(1, [3]int{1, 2, 2}, [3]int{1, 5, 5}, one, [3]int{0, 2, 2}, one, 1, 6, 1),
		conv(1, [3]int{5, 9, 37}, [3]int{3, 5, 3}, [3]int{2, 2, 1}, [3]int{1, 2, 0}, one, 1, 17, 1),
		conv(1, [3]int{1, 11, 13}, [3]int{1, 3, 3}, one, [3]int{0, 2, 2}, [3]int{1, 2, 2}, 16, 32, 1),
		conv(2, [3]int{1, 1, 150}, [3]int{1, 1, 3}, one, [3]int{0, 0, 2}, one, 130, 17, 1), // rows in several blocks
		conv(1, [3]int{1, 2, 129}, [3]int{1, 1, 3}, one, [3]int{0, 0, 1}, one, 150, 20, 1),
		conv(1, [3]int{1, 3, 40}, [3]int{1, 2, 3}, one, [3]int{0, 0, 3}, one, 6, 20, 1), // more padding than triples leave out
		conv(2, [3]int{1, 4, 2}, [3]int{1, 1, 3}, one, [3]int{0, 0, 1}, one, 9, 33, 1),
		conv(1, [3]int{1, 1, 10000}, [3]int{1, 1, 5}, one, [3]int{0, 0, 2}, one, 8, 12, 2), // blocks in parts, copied and not
		conv(1, [3]int{1, 1, 3000}, [3]int{1, 1, 3}, one, [3]int{0, 0, 1}, one, 6, 18, 1),
		conv(1, [3]int{8, 8, 8}, one, [3]int{400, 1 << 30, 400}, none, one, 1, 2, 1), // strides beyond the input
		conv(2, [3]int{2, 3, 50}, [3]int{1, 1, 12}, [3]int{1, 1 << 30, 20}, [3]int{0, 0, 3}, one, 3, 5, 1),
	}
	for _, size := range []int{1, 2, 5, 10, 19, 37} {
		cases = append(cases, conv(1, [3]int{1, size, size + 1}, [3]int{1, 3, 3}, one, [3]int{0, 1, 1}, one, 32, 32, 1))
	}
	for _, channels := range [][2]int{{1, 16}, {3, 32}, {1, 33}, {16, 4}, {32, 24}, {17, 47}, {33, 65}, {40, 1}} {
		cases = append(cases,
			conv(2, [3]int{1, 7, 17}, [3]int{1, 3, 3}, one, [3]int{0, 1, 1}, one, channels[0], channels[1], 1),
			conv(1, [3]int{3, 5, 9}, [3]int{3, 3, 3}, one, one, one, channels[0], channels[1], 1),
			conv(1, [3]int{1, 3, 29}, one, one, none, one, channels[0], channels[1], 1))
	}
	return append(cases, winogradCases()...)
}

func (c Conv) String() string {
	return fmt.Sprintf("n=%d/in=%v/out=%v/k=%v/s=%v/p=%v/d=%v/c=%d,%d,%d", c.N, c.In, c.Out, c.Kernel, c.Stride, c.Pad, c.Dilation, c.Cin, c.Cout, c.Groups)
}

// naive visits every product of the convolution once, by the definition.
func (c *Conv) naive(visit func(y, x, w int)) {
	cin, cout := c.Cin/c.Groups, c.Cout/c.Groups
	out, kernel := volume(c.Out), volume(c.Kernel)
	for i := range c.N * out * kernel {
		t, o, n := i%kernel, i/kernel%out, i/kernel/out
		at, inside := n, true
		for a, op, tp := 0, unravel(o, c.Out), unravel(t, c.Kernel); a < 3; a++ {
			p := op[a]*c.Stride[a] - c.Pad[a] + tp[a]*c.Dilation[a]
			inside = inside && p >= 0 && p < c.In[a]
			at = at*c.In[a] + p
		}
		for oc := 0; inside && oc < c.Cout; oc++ {
			for ic := range cin {
				visit((n*out+o)*c.Cout+oc, at*c.Cin+oc/cout*cin+ic, (t*cin+ic)*c.Cout+oc)
			}
		}
	}
}

func random(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = 2*r.Float32() - 1
	}
	return s
}

// A sample is a convolution with operands, and what the definition makes of them
// in float64. The scales are sums of the products' magnitudes: rounding errors
// are in proportion to them.
type sample struct {
	*Conv
	x, w, b, gy, gx0, gw0, gb0        []float32
	y, gx, gw, gb                     []float64
	yScale, gxScale, gwScale, gbScale []float64
}

// samples are made once, for the definition is slow.
var samples = sync.OnceValue(func() (all []*sample) {
	for _, c := range convCases() {
		all = append(all, newSample(c))
	}
	return all
})

func newSample(c Conv) *sample {
	return newSampleOf(c, random(rand.New(rand.NewPCG(3, 4)), c.N*volume(c.In)*c.Cin))
}

func newSampleOf(c Conv, x []float32) *sample {
	r := rand.New(rand.NewPCG(1, 2))
	nx, ny, nw := len(x), c.N*volume(c.Out)*c.Cout, c.weights()
	s := &sample{Conv: &c, x: x, w: random(r, nw), b: random(r, c.Cout), gy: random(r, ny),
		gx0: random(r, nx), gw0: random(r, nw), gb0: random(r, c.Cout)}
	magnitude := func(v []float64) []float64 {
		m := make([]float64, len(v))
		for i := range v {
			m[i] = math.Abs(v[i])
		}
		return m
	}
	s.y = make([]float64, ny)
	for i := range s.y {
		s.y[i] = float64(s.b[i%c.Cout])
	}
	s.gx, s.gw, s.gb = widen(s.gx0), widen(s.gw0), widen(s.gb0)
	s.yScale, s.gxScale, s.gwScale, s.gbScale = magnitude(s.y), magnitude(s.gx), magnitude(s.gw), magnitude(s.gb)
	c.naive(func(y, x, w int) {
		vx, vw, vg := float64(s.x[x]), float64(s.w[w]), float64(s.gy[y])
		s.y[y] += vx * vw
		s.gx[x] += vw * vg
		s.gw[w] += vx * vg
		s.yScale[y] += math.Abs(vx * vw)
		s.gxScale[x] += math.Abs(vw * vg)
		s.gwScale[w] += math.Abs(vx * vg)
	})
	for i, g := range s.gy {
		s.gb[i%c.Cout] += float64(g)
		s.gbScale[i%c.Cout] += math.Abs(float64(g))
	}
	return s
}

func widen(s []float32) []float64 {
	w := make([]float64, len(s))
	for i, v := range s {
		w[i] = float64(v)
	}
	return w
}

// results runs the three passes; gradients begin at values that are not zero.
func (s *sample) results() (y, gx, gw, gb []float32) {
	y = make([]float32, len(s.y))
	for i := range y {
		y[i] = float32(math.NaN()) // must be overwritten
	}
	gx, gw, gb = clone(s.gx0), clone(s.gw0), clone(s.gb0)
	s.Forward(y, s.One(s.x), s.w, s.b, 1)
	s.InputGrad([]Grad{{gx, s.Cin, true}}, s.gy, s.w)
	s.WeightGrad(gw, s.One(s.x), s.gy, true)
	Rectify(s.gy, nil, 1, gb)
	return y, gx, gw, gb
}

func clone(s []float32) []float32 { return append([]float32(nil), s...) }

// close12 fails unless got is want to within 1e-12: sums of some hundred terms
// below 1, in float64.
func close12(t *testing.T, want, got []float64) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		if !(math.Abs(want[i]-got[i]) <= 1e-12) {
			t.Fatalf("[%d] is %g, want %g", i, got[i], want[i])
		}
	}
}

// same fails unless both hold the same bits.
func same(t *testing.T, want, got []float32) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
			t.Fatalf("[%d] is %g, want %g to the bit", i, got[i], want[i])
		}
	}
}

// near fails unless got is want up to rounding: a sum of n products in float32,
// in any order, errs by less than n 2^-24 times the sum of their magnitudes,
// and in practice by about its square root. 1e-6 is 17 roundings. With Winograd
// a block's outputs share their errors: the largest scale is for all.
func near(t *testing.T, what string, want, scale []float64, got []float32) {
	t.Helper()
	if winogradAsked != "" {
		scale = largest(scale)
	}
	for i := range want {
		if d := math.Abs(want[i] - float64(got[i])); !(d <= 1e-6*(scale[i]+1e-3)) {
			t.Fatalf("%s[%d] is %g, want %g (off by %g of %g)", what, i, got[i], want[i], d, scale[i])
		}
	}
}

func TestConvolutionIsItsDefinition(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for _, s := range samples() {
			t.Run(s.String(), func(t *testing.T) {
				y, gx, gw, gb := s.results()
				near(t, "y", s.y, s.yScale, y)
				near(t, "gx", s.gx, s.gxScale, gx)
				near(t, "gw", s.gw, s.gwScale, gw)
				near(t, "gb", s.gb, s.gbScale, gb)
			})
		}
	})
}

func TestPlainConvolutionInDoublePrecisionIsItsDefinition(t *testing.T) {
	for _, s := range samples() {
		y, gx, gw := make([]float64, len(s.y)), widen(s.gx0), widen(s.gw0)
		forwardPlain(s.Conv, y, widen(s.x), widen(s.w), widen(s.b))
		inputGradPlain(s.Conv, gx, widen(s.gy), widen(s.w))
		weightGradPlain(s.Conv, gw, widen(s.x), widen(s.gy))
		close12(t, s.y, y)
		close12(t, s.gx, gx)
		close12(t, s.gw, gw)
	}
}

func TestConvolutionHasTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	big := Conv{N: 2, In: [3]int{1, 31, 43}, Out: [3]int{1, 31, 43}, Kernel: [3]int{1, 3, 3}, Stride: [3]int{1, 1, 1},
		Pad: [3]int{0, 1, 1}, Dilation: [3]int{1, 1, 1}, Cin: 16, Cout: 24, Groups: 1}
	for _, s := range append(samples(), newSample(big)) {
		old := runtime.GOMAXPROCS(1)
		y1, gx1, gw1, gb1 := s.results()
		for _, procs := range []int{2, 5} {
			runtime.GOMAXPROCS(procs)
			y, gx, gw, gb := s.results()
			same(t, y1, y)
			same(t, gx1, gx)
			same(t, gw1, gw)
			same(t, gb1, gb)
		}
		runtime.GOMAXPROCS(old)
	}
}

func TestGradientsOfConvolutionAreAdjoints(t *testing.T) {
	for _, s := range samples() {
		y, gx, gw := make([]float32, len(s.y)), make([]float32, len(s.x)), make([]float32, len(s.w))
		s.Forward(y, s.One(s.x), s.w, nil, 1)
		s.InputGrad([]Grad{{X: gx, C: s.Cin}}, s.gy, s.w)
		s.WeightGrad(gw, s.One(s.x), s.gy, false)
		dot := func(a, b []float32) (sum, scale float64) {
			for i := range a {
				p := float64(a[i]) * float64(b[i])
				sum += p
				scale += math.Abs(p)
			}
			return sum, scale
		}
		want, scale := dot(y, s.gy)
		for _, p := range [][2][]float32{{s.x, gx}, {s.w, gw}} {
			got, other := dot(p[0], p[1])
			require.InDelta(t, want, got, 1e-6*(scale+other), "%v", s)
		}
	}
}

func TestMisuseOfConvolutionPanics(t *testing.T) {
	s := samples()[4]
	y := make([]float32, len(s.y))
	x := s.One(s.x)
	require.PanicsWithValue(t, "kernel: a bias of 2 for 33 channels", func() { s.Forward(y, x, s.w, s.b[:2], 1) })
	require.PanicsWithValue(t, "kernel: a slope of 2", func() { s.Forward(y, x, s.w, nil, 2) })
	require.Panics(t, func() { s.Forward(y, s.One(s.x[1:]), s.w, nil, 1) })
	require.Panics(t, func() { s.Forward(y, []Input{{X: s.x[:len(s.x)/2], C: 4}}, s.w, nil, 1) })
	require.Panics(t, func() { s.InputGrad([]Grad{{C: 4}, {C: 5}}, s.gy, s.w) })
	require.Panics(t, func() { s.WeightGrad(s.gw0[1:], x, s.gy, true) })
	small := &Resampling{1, 8, [3]*Taps{Identity(1), Identity(9), Identity(9)}}
	require.Panics(t, func() { s.Forward(y, []Input{{s.x[:648], 8, small}}, s.w, nil, 1) })
	c := *s.Conv
	c.Out[1]++
	require.Panics(t, func() { c.Forward(y, x, s.w, nil, 1) })
	c = *s.Conv
	c.Groups = 3
	require.PanicsWithValue(t, "kernel: 3 groups of 8 channels to 33", func() { c.Forward(y, x, s.w, nil, 1) })
}

// In steady state a pass allocates a closure or two and the like, and no data.
func TestConvolutionAllocatesNoData(t *testing.T) {
	if raceDetector {
		t.Skip("with the race detector, sync.Pool drops some of what it is given")
	}
	s := newSample(Conv{N: 2, In: [3]int{1, 40, 40}, Out: [3]int{1, 40, 40}, Kernel: [3]int{1, 3, 3}, Stride: [3]int{1, 1, 1},
		Pad: [3]int{0, 1, 1}, Dilation: [3]int{1, 1, 1}, Cin: 16, Cout: 24, Groups: 1})
	y := make([]float32, len(s.y))
	passes := func() {
		s.Forward(y, s.One(s.x), s.w, s.b, 0.01)
		s.InputGrad([]Grad{{s.gx0, s.Cin, true}}, s.gy, s.w)
		s.WeightGrad(s.gw0, s.One(s.x), s.gy, true)
		Rectify(s.gy, y, 0.01, s.gb0)
	}
	passes()
	// The least of some rounds: on a busy machine a worker may come late, and find
	// the scratch of the others in use.
	least := uint64(math.MaxUint64)
	for range 20 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		passes()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	// A copy of one block of the input alone would be 10 KB.
	require.Less(t, least, uint64(8<<10), "bytes allocated by three passes")
}

func ExampleConv() {
	c := Conv{N: 1, In: [3]int{1, 1, 5}, Out: [3]int{1, 1, 5}, Kernel: [3]int{1, 1, 3}, Stride: [3]int{1, 1, 1},
		Pad: [3]int{0, 0, 1}, Dilation: [3]int{1, 1, 1}, Cin: 1, Cout: 1, Groups: 1}
	y := make([]float32, 5)
	c.Forward(y, c.One([]float32{1, 2, 3, 4, 5}), []float32{-1, 0, 1}, nil, 1)
	fmt.Println(y, c.MACs())
	// Output: [2 2 2 2 -4] 15
}
