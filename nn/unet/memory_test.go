package unet_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/loss"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/tensor"
)

// steps trains at each of phis in turn, on one tape. It returns the most memory
// that the books of a step say, and all that was allocated on the way.
func steps(phis []float64) (books, allocated int64) {
	layout := nn.NewLayout()
	net := unet.New(layout.Builder(2), unet.Config{In: 1, Out: 4, Widths: []int{16, 16, 16, 16}})
	theta := layout.Init(1)
	image, labels := tensor.New(2, 96, 80, 1), tensor.New(2, 96, 80)
	tape := autograd.NewTape()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, phi := range phis {
		tape.Reset()
		p := &nn.Pass{Theta: theta.Leaf(tape), Factors: nn.Uniform(phi)}
		l := loss.DiceCE(net.Forward(p, tape.Const(image)), tape.Const(labels), loss.Config{})
		books = max(books, tape.TrainingCost(l).Bytes)
		tape.Backward(l)
	}
	runtime.ReadMemStats(&after)
	return books, int64(after.TotalAlloc - before.TotalAlloc)
}

// Were each size of buffer kept for itself, fifty phis would take four times
// what the largest does. Beside the buffers there are the tape's lists, the
// tables of resampling and the kernels' scratch.
func TestManyPhisShareTheMemoryOfTheLargest(t *testing.T) {
	rng := nn.Stream(1, "phis")
	var phis []float64
	for range 50 {
		phis = append(phis, 0.55*(1-rng.Float64()))
	}
	books, once := steps(phis[:1])
	t.Logf("one phi: the books say %d KB, %d KB were allocated", books>>10, once>>10)
	books, all := steps(phis)
	t.Logf("fifty phis: the books say %d KB, %d KB were allocated", books>>10, all>>10)
	require.Less(t, all, 3*books)
}
