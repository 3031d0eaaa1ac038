package unet_test

import (
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/loss"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/tensor"
)

// steps trains at each of phis in turn, on one tape, or only predicts. It returns
// the most memory that the books of a step say, what the heap holds more in the
// end but for the kernels' scratch, which a process has once and more of with more
// workers, and the least that a step allocates.
func steps(phis []float64, train bool) (books, held, allocated int64) {
	layout := nn.NewLayout()
	net := unet.New(layout.Builder(2), unet.Config{In: 1, Out: 4, Widths: []int{16, 16, 16, 16}})
	theta := layout.Init(1)
	image, labels := tensor.New(2, 96, 80, 1), tensor.New(2, 96, 80)
	tape := autograd.NewTape()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	scratch := parallel.Kept()
	allocated = math.MaxInt64
	for _, phi := range phis {
		var from, to runtime.MemStats
		runtime.ReadMemStats(&from)
		tape.Reset()
		p := &nn.Pass{Theta: theta.Leaf(tape), Factors: nn.Uniform(phi)}
		if train {
			l := loss.DiceCE(net.Forward(p, tape.Const(image)), tape.Const(labels), loss.Config{})
			books = max(books, tape.TrainingCost(l).Bytes)
			tape.Backward(l)
		} else {
			tape.NoGrad(func() { net.Forward(p, tape.Const(image)).Keep() })
			books = max(books, tape.Cost().Bytes)
			tape.Run()
		}
		runtime.ReadMemStats(&to)
		allocated = min(allocated, int64(to.TotalAlloc-from.TotalAlloc))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(tape)
	scratch = parallel.Kept() - scratch
	return books, int64(after.HeapAlloc) - int64(before.HeapAlloc) - scratch, allocated
}

// Were each size of buffer kept for itself, fifty phis would take four times
// what the largest does. Beside the buffers there are the tables of resampling
// and what the tape remembers of each node.
func TestATapeHoldsWhatItsBooksSay(t *testing.T) {
	const beside = 1 << 20
	for _, train := range []bool{true, false} {
		books, held, _ := steps([]float64{0.5, 0.5}, train)
		t.Logf("one phi: the books say %d KB, %d KB are held", books>>10, held>>10)
		require.Less(t, float64(held), 1.02*float64(books)+beside)
		require.Greater(t, float64(held), 0.98*float64(books))
	}
	rng := nn.Stream(1, "phis")
	var phis []float64
	for range 50 {
		phis = append(phis, 0.55*(1-rng.Float64()))
	}
	books, held, _ := steps(phis, true)
	t.Logf("fifty phis: the books say %d KB, %d KB are held", books>>10, held>>10)
	require.Less(t, float64(held), 1.1*float64(books)+beside, "the slab grows by a tenth at a time")
}
