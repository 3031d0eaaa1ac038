package unet_test

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/loss"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/tensor"
)

// A memoryCase is a network and what it is given.
type memoryCase struct {
	batch    int
	extents  []int
	width    int
	phis     []float64 // of one step each
	training bool
	norm     unet.Norm
}

// steps trains at each phi in turn, on one tape, or only predicts. It returns the
// most memory that the books of a step say, what the heap holds more in the end
// and the least that a step allocates.
func (c memoryCase) steps() (books, held, allocated int64) {
	layout := nn.NewLayout()
	widths := slices.Repeat([]int{c.width}, 5)
	net := unet.New(layout.Builder(len(c.extents)), unet.Config{Dims: len(c.extents), In: 1, Out: 4, Widths: widths, Norm: c.norm})
	theta := layout.Init(1)
	labels := append([]int{c.batch}, c.extents...)
	image, truth := tensor.New(append(labels, 1)...), tensor.New(labels...)
	tape := autograd.NewTape()
	var before, after runtime.MemStats
	parallel.Forget()
	runtime.GC()
	runtime.GC() // what pools hold goes in two steps
	runtime.ReadMemStats(&before)
	allocated = math.MaxInt64
	total := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.TotalAlloc)
	}
	for _, phi := range c.phis {
		start := total()
		tape.Reset()
		p := &nn.Pass{Theta: theta.Leaf(tape), Factors: nn.Uniform(phi)}
		cost, run := tape.Cost, tape.Run
		if c.training {
			l := loss.DiceCE(net.Forward(p, tape.Const(image)), tape.Const(truth), loss.Config{})
			cost, run = func() autograd.Cost { return tape.TrainingCost(l) }, func() { tape.Backward(l) }
		} else {
			tape.NoGrad(func() { net.Forward(p, tape.Const(image)).Keep() })
		}
		recorded := total() - start
		books = max(books, cost().Bytes)
		start = total()
		run()
		allocated = min(allocated, recorded+total()-start)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(tape)
	return books, int64(after.HeapAlloc) - int64(before.HeapAlloc), allocated
}

// beside is what the books do not know: tables of resampling, and what the tape
// remembers of each node.
const beside = 1 << 19

// On one worker, for others may come too late to take scratch of their own.
func TestWhatIsHeldIsWhatTheBooksSay(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, c := range []memoryCase{
		{1, []int{160, 192}, 32, []float64{0.25, 0.25}, false, ""},
		{1, []int{160, 192}, 32, []float64{0.5, 0.5}, false, ""},
		{1, []int{91, 37}, 32, []float64{0.4, 0.4}, false, ""},
		{8, []int{96, 80}, 16, []float64{0.4, 0.4}, false, ""},
		{1, []int{48, 48, 48}, 16, []float64{0.25, 0.25}, false, ""},
		{1, []int{160, 192}, 32, []float64{0.5, 0.5}, true, ""},
		{2, []int{96, 80}, 16, []float64{0.5, 0.5}, true, ""},
		{1, []int{32, 32, 32}, 16, []float64{0.5, 0.5}, true, ""},
		{1, []int{160, 192}, 32, []float64{0.5, 0.5}, false, unet.InstanceNorm},
		{2, []int{96, 80}, 16, []float64{0.4, 0.4}, true, unet.InstanceNorm},
		{1, []int{160, 192}, 32, []float64{0.5, 0.5}, true, unet.GroupNorm},
	} {
		books, held, _ := c.steps()
		t.Logf("%+v: the books say %d KB, %d KB are held", c, books>>10, held>>10)
		require.Greater(t, float64(held), 0.9*float64(books), "%+v", c)
		require.Less(t, float64(held), 1.1*float64(books)+beside, "%+v", c)
	}
}

// Were each size of buffer kept for itself, fifty phis would take four times
// what the largest does. On one worker: with two, the scratch held depends on when
// each of them came.
func TestManyPhisTakeHardlyMoreThanTheLargest(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	rng := nn.Stream(1, "phis")
	var phis []float64
	for range 50 {
		phis = append(phis, 0.55*(1-rng.Float64()))
	}
	books, held, _ := memoryCase{2, []int{96, 80}, 16, phis, true, unet.InstanceNorm}.steps()
	t.Logf("the books say %d KB, %d KB are held", books>>10, held>>10)
	require.Less(t, float64(held), 1.1*float64(books)+2*beside, "the slab grows by a tenth at a time")
}
