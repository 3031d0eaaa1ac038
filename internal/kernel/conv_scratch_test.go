package kernel

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/parallel"
)

// largeCases are layers of networks, whose scratch counts.
func largeCases() (cases []Conv) {
	layer := func(n int, in, kernel, stride [3]int, cin, cout int) {
		c := Conv{N: n, In: in, Kernel: kernel, Stride: stride, Dilation: [3]int{1, 1, 1}, Cin: cin, Cout: cout, Groups: 1}
		for a, k := range kernel {
			c.Pad[a] = k / 2
			c.Out[a] = OutSize(in[a], k, stride[a], k/2, 1)
		}
		cases = append(cases, c)
	}
	one, flat, deep := [3]int{1, 1, 1}, [3]int{1, 3, 3}, [3]int{3, 3, 3}
	for _, size := range []int{3, 10, 37, 91} {
		for _, channels := range [][2]int{{1, 32}, {32, 32}, {64, 32}, {32, 4}, {32, 24}} {
			layer(2, [3]int{1, size, size + 1}, flat, one, channels[0], channels[1])
			layer(1, [3]int{1, size, size}, flat, [3]int{1, 2, 2}, channels[0], channels[1])
			layer(1, [3]int{1, size, size}, one, one, channels[0], channels[1])
		}
	}
	for _, size := range []int{3, 7, 19} {
		for _, channels := range [][2]int{{1, 16}, {16, 16}, {32, 16}, {16, 4}} {
			layer(1, [3]int{size, size, size + 2}, deep, one, channels[0], channels[1])
		}
	}
	return cases
}

// The books of a convolution are at least what it takes, on any number of
// workers, and where that counts, on one worker, hardly more.
func TestScratchIsWhatAConvolutionTakes(t *testing.T) {
	const counts = 1 << 16
	r := rand.New(rand.NewPCG(1, 1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	check := func(t *testing.T, c *Conv, x []Input) {
		w, gy := random(r, c.weights()), random(r, c.N*volume(c.Out)*c.Cout)
		parts := make([]Grad, len(x))
		for i := range x {
			parts[i] = Grad{X: make([]float32, c.N*volume(c.In)*x[i].C), C: x[i].C}
		}
		for workers := 1; workers <= 3; workers++ {
			runtime.GOMAXPROCS(workers)
			forward := parallel.Watch(func() { c.Forward(gy, x, w, nil, 1) })
			input := parallel.Watch(func() { c.InputGrad(parts, gy, w) })
			weight := parallel.Watch(func() { c.WeightGrad(w, x, gy, false) })
			for _, pass := range []struct {
				name         string
				taken, books int64
			}{{"forward", forward, c.Scratch(x)}, {"backward", max(input, weight), c.GradScratch(x)}} {
				assert.LessOrEqual(t, pass.taken, pass.books, "%v %s of %d inputs, %d workers", c, pass.name, len(x), workers)
				if workers == 1 && pass.books > counts {
					assert.Less(t, float64(pass.books), 1.15*float64(pass.taken), "%v %s of %d inputs", c, pass.name, len(x))
				}
			}
		}
	}
	onEveryLevel(t, func(t *testing.T) {
		cases := convCases()
		if fast.available() && !raceDetector { // others are slow
			cases = append(cases, largeCases()...)
		}
		for _, c := range cases {
			check(t, &c, c.One(random(r, c.N*volume(c.In)*c.Cin)))
			if c.Cin%2 == 0 && c.Groups == 1 {
				half := func() []float32 { return random(r, c.N*volume(c.In)*c.Cin/2) }
				check(t, &c, []Input{{X: half(), C: c.Cin / 2}, {X: half(), C: c.Cin / 2}})
			}
		}
	})
}

// Geometries at the edge of what there is, of inputs side by side.
func TestScratchOfOddConvolutionsIsNotLess(t *testing.T) {
	one, r := [3]int{1, 1, 1}, rand.New(rand.NewPCG(1, 1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, odd := range []struct {
		name string
		Conv
		unwanted bool // the gradient by the last input
	}{
		{"padding alone", Conv{N: 1, In: one, Out: [3]int{1, 1, 2}, Kernel: [3]int{1, 1, 2}, Pad: [3]int{0, 0, 2}, Dilation: [3]int{1, 1, 3}, Cin: 4, Cout: 32, Groups: 1}, false},
		{"unlike groups", Conv{N: 1, In: [3]int{1, 4, 3}, Out: [3]int{1, 4, 3}, Kernel: [3]int{1, 3, 3}, Pad: [3]int{0, 1, 1}, Dilation: one, Cin: 6, Cout: 4, Groups: 2}, false},
		{"projected alone", Conv{N: 1, In: [3]int{1, 1, 146}, Out: [3]int{1, 1, 151}, Kernel: [3]int{1, 1, 2}, Pad: [3]int{0, 0, 4}, Dilation: [3]int{1, 1, 3}, Cin: 2, Cout: 24, Groups: 1}, true},
		{"strips of unlike width", Conv{N: 1, In: [3]int{1, 15, 65}, Out: [3]int{1, 15, 65}, Kernel: [3]int{1, 3, 3}, Pad: [3]int{0, 1, 1}, Dilation: one, Cin: 257, Cout: 8, Groups: 1, Exact: true}, false},
		{"no images", Conv{In: one, Out: one, Kernel: one, Dilation: one, Cin: 2, Cout: 3, Groups: 1}, false},
	} {
		c := odd.Conv
		c.Stride = one
		size := c.N * volume(c.In)
		x := []Input{{X: random(r, size*(c.Cin-1)), C: c.Cin - 1}, {X: random(r, size), C: 1}}
		parts := []Grad{{X: make([]float32, len(x[0].X)), C: x[0].C}, {X: make([]float32, len(x[1].X)), C: 1}}
		if odd.unwanted {
			parts[1].X = nil
		}
		w, gy := parallel.Aligned(c.weights()), random(r, c.N*volume(c.Out)*c.Cout)
		onEveryLevel(t, func(t *testing.T) {
			forward, backward := c.Scratch(x), c.GradScratch(x)
			assert.LessOrEqual(t, parallel.Watch(func() { c.Forward(gy, x, w, nil, 1) }), forward, odd.name)
			assert.LessOrEqual(t, parallel.Watch(func() { c.InputGrad(parts, gy, w) }), backward, odd.name)
			assert.LessOrEqual(t, parallel.Watch(func() { c.WeightGrad(w, x, gy, false) }), backward, odd.name)
		})
	}
}

// A buffer may be larger than what was asked for.
func TestScratchOfFloat64IsReleasedAsTaken(t *testing.T) {
	parallel.Forget()
	parallel.Release(parallel.Scratch(3000))
	require.EqualValues(t, 4*1000, parallel.Watch(func() {
		release64(scratch64(400))
		parallel.Release(parallel.Scratch(1000))
	}))
}
