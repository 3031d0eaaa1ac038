package autograd

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

const outerRows, outerColumns = 40, 200

// layers records the sum of squares of x W + b for each x, W and b stretches of
// omega with one element before and two between.
func layers(tape *Tape, omega tensor.Tensor, x ...float32) (Value, Value) {
	leaf := tape.Leaf(omega)
	w := leaf.View(1, tensor.NewShape(outerRows, outerColumns))
	b := leaf.View(3+outerRows*outerColumns, tensor.NewShape(outerColumns))
	var losses []Value
	for _, v := range x {
		in := tensor.New(1, outerRows)
		for i := range in.Data {
			in.Data[i] = v + float32(i)/10
		}
		y := Linear(tape.Const(in), w, b)
		losses = append(losses, Apply(total{}, Apply(square{}, y)))
	}
	return leaf, Apply(total{}, losses...)
}

func omegaOf() tensor.Tensor {
	omega := tensor.New(3 + outerRows*outerColumns + outerColumns + 4)
	for i := range omega.Data {
		omega.Data[i] = float32(i%17)/17 - 0.5
	}
	return omega
}

// matrix returns g element by element.
func (g Gradient) matrix() []float32 {
	if g.Outer == nil {
		return g.Dense
	}
	o := g.Outer
	all := append([]float32(nil), g.Dense[:o.Offset]...)
	m := make([]float32, o.Len())
	for k, left := range o.Left {
		for i, l := range left {
			for j, r := range o.Right[k] {
				m[i*o.Columns+j] += l * r
			}
		}
	}
	return append(append(all, m...), g.Dense[o.Offset:]...)
}

func TestAnInputWhoseGradientMovesWithAnothersIsReachedWhereItLies(t *testing.T) {
	omega := omegaOf()
	tape := NewTape()
	leaf := tape.Leaf(omega)
	pair := Apply(total{}, leaf.View(0, tensor.NewShape(1)), leaf.View(5, tensor.NewShape(2))) // beside the matrix, and in it
	_, loss := layers(tape, omega, 1)
	tape.Backward(Apply(total{}, pair, loss)) // the layers first, whose products wait
	require.Nil(t, leaf.Gradient().Outer)
	require.Equal(t, float32(1), leaf.Grad().Data[0])
}

func TestOuterProductsAreTheGradientOfALargeMatrix(t *testing.T) {
	omega := omegaOf()
	tape := NewTape()
	leaf, loss := layers(tape, omega, 1, 2)
	want := tape.TrainingCost(loss).Bytes
	want -= tape.dry.scratch
	tape.Backward(loss)
	require.Equal(t, want, tape.run.bytes(), "the rehearsal keeps products too")
	_, again := layers(tape, omega, 3)
	tape.Backward(again)
	g := leaf.Gradient()
	require.NotNil(t, g.Outer)
	require.Len(t, g.Outer.Left, 3)
	require.Equal(t, len(omega.Data), g.Len())
	require.Less(t, want, int64(4*len(omega.Data)), "the matrix was never made")

	// The same element by element, because another operation reads all of omega.
	dense := NewTape()
	all := dense.Leaf(omega)
	zero := Scale(Sum(all, 0), 0)
	same, loss := layers(dense, omega, 1, 2, 3)
	dense.Backward(Apply(total{}, loss, zero))
	require.Nil(t, same.Gradient().Outer)
	require.InDeltaSlice(t, same.Grad().Data, g.matrix(), 2e-3, "of gradients of up to 1e3")
	// Grad makes the matrix, and so does another use of what it is a part of.
	require.InDeltaSlice(t, same.Grad().Data, leaf.Grad().Data, 2e-3)
	require.Nil(t, leaf.Gradient().Outer)
}

func TestAnotherUseOfTheMatrixMakesIt(t *testing.T) {
	omega := omegaOf()
	tape, dense := NewTape(), NewTape()
	leaf, loss := layers(tape, omega, 1)
	tape.Backward(loss)
	require.NotNil(t, leaf.Gradient().Outer)
	tape.Backward(Sum(leaf.View(10, tensor.NewShape(50)), 0))
	require.Nil(t, leaf.Gradient().Outer)

	all := dense.Leaf(omega)
	dense.Backward(Sum(all.View(10, tensor.NewShape(50)), 0))
	_, loss = layers(dense, omega, 1)
	dense.Backward(loss)
	require.InDeltaSlice(t, all.Grad().Data, leaf.Grad().Data, 2e-3)
}

func TestWhatWasReadOfAGradientStaysThereWhenTheMatrixIsMade(t *testing.T) {
	tape := NewTape()
	leaf, loss := layers(tape, omegaOf(), 1, 2)
	tape.Backward(loss)
	g := leaf.Gradient()
	want := slices.Clone(g.matrix())
	leaf.Grad()
	for range 20 { // buffers that were given back would be used again
		Scale(tape.Const(tensor.New(len(g.Dense))), 3).Keep().Tensor()
		Scale(tape.Const(tensor.New(outerColumns)), 3).Keep().Tensor()
	}
	require.Equal(t, want, g.matrix())
}

func TestSmallMatricesAndOtherValuesHaveNoOuterProducts(t *testing.T) {
	tape := NewTape()
	leaf := tape.Leaf(tensor.New(4))
	y := Linear(tape.Const(tensor.New(1, 2)), leaf.View(0, tensor.NewShape(2, 2)), Value{})
	tape.Backward(Apply(total{}, y))
	require.Nil(t, leaf.Gradient().Outer)
	require.PanicsWithError(t, "gradient of [1 2]: it is no leaf; Grad serves other values", func() { y.Gradient() })
}
