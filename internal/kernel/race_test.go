//go:build race

package kernel

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A collision is a kernel, and another goroutine that writes what it touches.
type collision struct {
	name  string
	f     func()
	rival func()
}

func collisions() (all []collision) {
	r := rand.New(rand.NewPCG(1, 2))
	const channels, n = 4, 4 * 64
	add := func(name string, f func(x [][]float32, wide [][]float64), sizes []int, wide ...int) {
		for i := range len(sizes) + len(wide) {
			var x [][]float32
			var w [][]float64
			for _, n := range sizes {
				x = append(x, make([]float32, n))
			}
			for _, n := range wide {
				w = append(w, make([]float64, n))
			}
			c := collision{name: name + "/" + string(rune('a'+i)), f: func() { f(x, w) }}
			c.rival = func() { // not by clear, which the detector does not see
				if i < len(x) {
					for j := range x[i] {
						x[i][j] = 1
					}
				} else {
					for j := range w[i-len(x)] {
						w[i-len(x)][j] = 1
					}
				}
			}
			all = append(all, c)
		}
	}
	alike := func(k int) (sizes []int) {
		for range k {
			sizes = append(sizes, n)
		}
		return sizes
	}
	add("axpy", func(x [][]float32, _ [][]float64) { Axpy(x[0], x[1], 2) }, alike(2))
	add("add", func(x [][]float32, _ [][]float64) { Add(x[0], x[1]) }, alike(2))
	add("scale", func(x [][]float32, _ [][]float64) { Scale(x[0], 2) }, alike(1))
	add("dot", func(x [][]float32, _ [][]float64) { Dot(x[0], x[1]) }, alike(2))
	add("dotwide", func(x [][]float32, _ [][]float64) { DotWide(x[0], x[1]) }, alike(2))
	add("leaky", func(x [][]float32, _ [][]float64) { LeakyReLU(x[0], x[1], 0.1) }, alike(2))
	add("gradient", func(x [][]float32, _ [][]float64) { LeakyReLUGradient(x[0], x[1], x[2], 0.1, false) }, alike(3))
	add("rectify", func(x [][]float32, _ [][]float64) { Rectify(x[0], x[1], 0.1, x[2]) }, []int{n, n, channels})
	add("columns", func(x [][]float32, w [][]float64) { SumColumns(w[0], x[0]) }, alike(1), channels)
	add("adam", func(x [][]float32, _ [][]float64) { new(Adam).Step(x[0], x[1], x[2], x[3], x[4]) }, alike(5))
	add("descent", func(x [][]float32, _ [][]float64) { new(Descent).Move(x[0], 1, x[1], x[2]) }, alike(3))
	add("softmax", func(x [][]float32, w [][]float64) { SoftmaxRows(x[0], x[1], w[0], channels) }, alike(2), n/channels)
	add("labels", func(x [][]float32, w [][]float64) { LabelGradient(x[0], x[1], x[2], w[0], x[3], 1, false) },
		[]int{n, n, channels, n / channels}, n/channels)
	norm := Norm{N: 1, Pixels: n / channels, Channels: channels, Groups: channels, Eps: 1}
	add("norm", func(x [][]float32, _ [][]float64) { norm.Forward(x[0], x[1], nil, nil, x[2], 1) }, []int{n, n, norm.State()})
	add("norm's", func(x [][]float32, _ [][]float64) {
		norm.Backward(x[0], nil, nil, x[1], nil, x[2], nil, x[3], 1, false)
	},
		[]int{n, n, n, norm.State()})
	add("rectified-norm", func(x [][]float32, _ [][]float64) { norm.Forward(x[0], x[1], nil, nil, x[2], 0.1) }, []int{n, n, norm.State()})
	add("rectified-norm's", func(x [][]float32, _ [][]float64) {
		norm.Backward(x[0], nil, nil, x[1], x[2], x[3], nil, x[4], 0.1, false)
	}, []int{n, n, n, n, norm.State()})
	add("gemm", func(x [][]float32, _ [][]float64) { Gemm(x[0], x[1], x[2], 16, 16, 16, false, true, 16, 16, 16, false) }, alike(3))
	double := &Resampling{1, channels, [3]*Taps{Identity(1), Identity(4), someTaps(r, 16, 16, 2)}}
	add("resampling", func(x [][]float32, _ [][]float64) { double.Apply(x[0], x[1], false) }, alike(2))
	s := newSample(Conv{N: 1, In: [3]int{1, 9, 9}, Out: [3]int{1, 9, 9}, Kernel: [3]int{1, 3, 3}, Stride: [3]int{1, 1, 1},
		Pad: [3]int{0, 1, 1}, Dilation: [3]int{1, 1, 1}, Cin: 16, Cout: 16, Groups: 1})
	sizes := []int{len(s.y), len(s.x), len(s.w), len(s.b)}
	add("conv", func(x [][]float32, _ [][]float64) { s.Forward(x[0], s.One(x[1]), x[2], x[3], 0.1) }, sizes)
	add("input", func(x [][]float32, _ [][]float64) { s.InputGrad([]Grad{{X: x[1], C: 16}}, x[0], x[2]) }, sizes[:3])
	add("weight", func(x [][]float32, _ [][]float64) { s.WeightGrad(x[2], s.One(x[1]), x[0], false) }, sizes[:3])
	return all
}

// The collisions are made in a process of its own, for they fail the tests there.
func TestTheRaceDetectorSeesWhatAssemblyTouches(t *testing.T) {
	const variable = "SSHN_TEST_COLLIDE"
	if os.Getenv(variable) != "" {
		for _, c := range collisions() {
			t.Run(c.name, func(t *testing.T) {
				done := make(chan bool)
				go func() {
					c.f()
					close(done)
				}()
				c.rival()
				<-done
			})
		}
		return
	}
	child := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), variable+"=1", "GORACE=suppress_equal_stacks=0")
	text, err := child.CombinedOutput()
	require.Error(t, err, "%s", text)
	for _, c := range collisions() {
		if !strings.Contains(string(text), "--- FAIL: "+t.Name()+"/"+c.name+" ") {
			t.Errorf("%s: a collision goes unseen", c.name)
		}
	}
}
