package autograd_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// gain is a user's own operation, y = factor x, that does a rectifier after it in
// the same pass, and a gain before it.
type gain struct {
	factor, slope float32 // a slope of 1: no rectifier
	runs          *int
}

func (gain) Shape(in []tensor.Shape) tensor.Shape { return in[0] }
func (gain) Cost([]tensor.Shape) autograd.Cost    { return autograd.Cost{} }
func (gain) Needs(int) bool                       { return false }
func (o gain) NeedsOutput() bool                  { return o.slope != 1 }

func (o gain) Forward(y tensor.Tensor, x []tensor.Tensor) {
	*o.runs++
	for i, v := range x[0].Data {
		v *= o.factor
		y.Data[i] = max(v, o.slope*v)
	}
}

func (o gain) Backward(gx []tensor.Tensor, gy, y tensor.Tensor, _ []tensor.Tensor) {
	for i, g := range gy.Data {
		if o.slope != 1 && y.Data[i] <= 0 {
			g *= o.slope
		}
		gx[0].Data[i] += o.factor * g
	}
}

// FuseOutput takes over whatever says that it is a rectifier.
func (o gain) FuseOutput(next autograd.Op) (autograd.Op, bool) {
	r, ok := next.(autograd.Rectifier)
	if !ok || o.slope != 1 {
		return nil, false
	}
	o.slope, ok = r.Slope()
	return o, ok
}

// FuseInput takes over a gain.
func (o gain) FuseInput(_ int, producer autograd.Op, _ []tensor.Shape) (autograd.Op, bool) {
	before, ok := producer.(gain)
	o.factor *= before.factor
	return o, ok && before.slope == 1
}

// The runs of a user's operation tell what is done in passing: its numbers are
// the same either way.
func TestAUsersOperationTakesOverItsNeighbours(t *testing.T) {
	for _, c := range []struct {
		fuse bool
		runs int
	}{{true, 1}, {false, 2}} {
		runs := 0
		tape := autograd.NewTape()
		tape.Fuse(c.fuse)
		x := tape.Leaf(tensor.From([]float32{1, -1}, 2))
		y := autograd.Apply(gain{3, 1, &runs}, autograd.Apply(gain{2, 1, &runs}, x))
		y = autograd.LeakyReLU(y, 0.5).Keep()
		tape.Backward(autograd.Sum(y))
		require.Equal(t, []float32{6, -3}, y.Tensor().Data, "fused: %t", c.fuse)
		require.Equal(t, []float32{6, 3}, x.Grad().Data, "fused: %t", c.fuse)
		require.Equal(t, c.runs, runs, "fused: %t", c.fuse)
	}
}

// counted counts the runs of an operation that the library's take over.
type counted struct {
	autograd.Op
	runs *int
}

func (o counted) Forward(y tensor.Tensor, x []tensor.Tensor) {
	*o.runs++
	o.Op.Forward(y, x)
}

type halving struct{ counted }

func (halving) Slope() (float32, bool) { return 0.5, true }

type joining struct{ counted }

func (joining) Joins([]tensor.Shape) bool { return true }

func TestAUsersOperationIsTakenOver(t *testing.T) {
	var other autograd.Tape // from which to have the library's operations
	half := other.Const(tensor.New(1, 2, 1))
	autograd.Concat(-1, half, half)
	autograd.LeakyReLU(half, 0.5)
	var ops []autograd.Op
	for _, r := range other.Records() {
		ops = append(ops, r.Op)
	}
	for _, c := range []struct {
		fuse bool
		runs int
	}{{true, 0}, {false, 2}} {
		runs := 0
		tape := autograd.NewTape()
		tape.Fuse(c.fuse)
		a, b := tape.Leaf(tensor.From([]float32{1, 2}, 1, 2, 1)), tape.Leaf(tensor.From([]float32{3, -5}, 1, 2, 1))
		w := tape.Const(tensor.From([]float32{1, 2}, 1, 2, 1))
		x := autograd.Apply(joining{counted{ops[1], &runs}}, a, b)
		y := autograd.Conv(x, w, autograd.Value{}, autograd.ConvConfig{})
		y = autograd.Apply(halving{counted{ops[2], &runs}}, y)
		loss := autograd.Sum(y)
		tape.Backward(loss)
		require.Equal(t, float32(7-4), loss.Item(), "fused: %t", c.fuse)
		require.Equal(t, []float32{1, 0.5}, a.Grad().Data, "fused: %t", c.fuse)
		require.Equal(t, []float32{2, 1}, b.Grad().Data, "fused: %t", c.fuse)
		require.Equal(t, c.runs, runs, "fused: %t", c.fuse)
	}
}

// What is kept after it was computed has the gradient that it would have had, and
// so has a loss.
func TestAValueKeptAfterItsRunHasItsGradient(t *testing.T) {
	for _, fuse := range []bool{true, false} {
		tape := autograd.NewTape()
		tape.Fuse(fuse)
		x := tape.Leaf(tensor.From([]float32{1, -1}, 1, 2, 1))
		w := tape.Leaf(tensor.From([]float32{1}, 1, 1, 1))
		y := autograd.LeakyReLU(autograd.Conv(x, w, autograd.Value{}, autograd.ConvConfig{}), 0.5)
		loss := autograd.Sum(y)
		tape.Run()
		y.Keep()
		tape.Backward(loss)
		require.Equal(t, []float32{1, 1}, y.Grad().Data, "fused: %t", fuse)
		require.Equal(t, []float32{1, 0.5}, x.Grad().Data, "fused: %t", fuse)
	}
}

// An operation of one's own takes part in fusion by what it declares: gain does
// the activation that follows it in its own pass.
func ExampleOutputFuser() {
	runs := 0
	tape := autograd.NewTape()
	x := tape.Const(tensor.From([]float32{1, -1}, 2))
	y := autograd.LeakyReLU(autograd.Apply(gain{3, 1, &runs}, x), 0.5)
	fmt.Println(y.Tensor(), runs)
	// Output:
	// [2] [3 -1.5] 1
}
