package autograd

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

// counted is square, and counts how often its gradient was asked for.
type counted struct {
	square
	n *int
}

func (c counted) Backward(gin []tensor.Tensor, gout, out tensor.Tensor, in []tensor.Tensor) {
	*c.n++
	c.square.Backward(gin, gout, out, in)
}

func TestAHeldValueIsPassedOnceForAllLosses(t *testing.T) {
	n := 0
	tape := NewTape()
	leaf := tape.Leaf(tensor.From(three, 3))
	y := Apply(counted{square{}, &n}, leaf).Hold()
	for i := range 2 {
		tape.Backward(Apply(total{}, Apply(square{}, y.View(i, tensor.NewShape(2))))) // y0² + y1², then y1² + y2²
	}
	require.Zero(t, n)
	require.Equal(t, []float32{2, 16, 18}, y.Grad().Data, "2 y, of the middle twice")
	require.Zero(t, n, "to look at it does not pass it on")
	require.Equal(t, []float32{2 * 2 * 1, 16 * 2 * 2, 18 * 2 * 3}, leaf.Grad().Data)
	require.Equal(t, 1, n)
	require.Equal(t, leaf.Grad().Data, leaf.Gradient().Dense)
	require.Equal(t, 1, n)
	require.PanicsWithError(t, "backward of [3]: counted was held until a gradient beyond it was read; read that after the last Backward",
		func() { tape.Backward(Apply(total{}, y)) })
}

func TestWhatIsHeldWhenATapeIsResetIsForgotten(t *testing.T) {
	n := 0
	tape := NewTape()
	tape.Backward(Apply(total{}, Apply(counted{square{}, &n}, tape.Leaf(tensor.From(three, 3))).Hold()))
	tape.Reset()
	leaf := tape.Leaf(tensor.From(three, 3))
	tape.Backward(Apply(total{}, leaf))
	require.Equal(t, []float32{1, 1, 1}, leaf.Grad().Data)
	require.Zero(t, n)
}

func TestAGradientThatIsRefusedIsRefusedAgain(t *testing.T) {
	tape := NewTape()
	x := tape.Leaf(tensor.From(three, 3))
	z := Apply(square{}, x)
	h := Apply(square{}, z).Hold()
	tape.Backward(Apply(total{}, z))
	tape.Backward(Apply(total{}, h))
	for range 2 {
		require.PanicsWithError(t, "backward of [3]: square was passed by an earlier Backward, and each takes what it needs with it; add the losses, or hold what they share (Value.Hold)",
			func() { x.Grad() })
	}
}

func TestHeldValuesMayDependOnEachOther(t *testing.T) {
	tape := NewTape()
	leaf := tape.Leaf(tensor.From(three, 3))
	x2 := Apply(square{}, leaf).Keep()
	y := Apply(scaled{}, x2).Hold() // 3 x²
	z := Apply(square{}, y).Hold()  // 9 x⁴
	tape.Backward(Apply(total{}, z))
	tape.Backward(Apply(total{}, y))
	require.Equal(t, []float32{1, 1, 1}, z.Grad().Data)
	require.Equal(t, []float32{1 + 6*1, 1 + 6*4, 1 + 6*9}, y.Grad().Data, "with what z held")
	tape.Backward(Apply(total{}, y))
	require.Equal(t, []float32{3 * 8, 3 * 26, 3 * 56}, x2.Grad().Data, "of a value that was kept")
	require.Equal(t, []float32{2 * 3 * 8, 4 * 3 * 26, 6 * 3 * 56}, leaf.Gradient().Dense)
	require.Equal(t, leaf, leaf.Hold(), "a leaf has nothing to hold")
}

func TestALeafBesideAHeldValuePassesNothingOn(t *testing.T) {
	n := 0
	tape := NewTape()
	y := Apply(counted{square{}, &n}, tape.Leaf(tensor.From(three, 3))).Hold()
	beside := tape.Leaf(tensor.From([]float32{4}, 1))
	for range 2 {
		tape.Backward(Apply(total{}, y, beside))
		beside.Grad()
	}
	require.Equal(t, []float32{2}, beside.Grad().Data)
	require.Zero(t, n)
}

func TestTheBooksPassHeldValuesOn(t *testing.T) {
	record := func(hold bool) (*Tape, Value, Value) {
		tape := NewTape()
		leaf := tape.Leaf(tensor.From(three, 3))
		y := Apply(square{}, leaf).Keep()
		if hold {
			y.Hold()
		}
		return tape, leaf, Apply(total{}, Apply(square{}, y))
	}
	tape, leaf, loss := record(true)
	plain, _, same := record(false)
	want := tape.TrainingCost(loss)
	scratch := tape.dry.scratch
	require.Equal(t, plain.TrainingCost(same), want)
	tape.Backward(loss)
	leaf.Gradient()
	require.Equal(t, want.Bytes-scratch, tape.run.bytes())
}
