package rescale

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/tensor"
)

// Op is what [Resize] records: x [N, In..., C] -> y [N, Size..., C]. It is
// exported for those who read a tape. Made by hand it serves too; Shape then
// makes the checks that Resize does.
type Op struct {
	Size   tensor.Shape // the spatial extents of the output
	Config Config
}

func newOp(x tensor.Shape, size []int, cfg Config) Op {
	for _, n := range size {
		if n < 1 {
			panic(&tensor.ShapeError{Op: "rescale", Shapes: []tensor.Shape{x}, Problem: fmt.Sprintf("no size %v", size)})
		}
	}
	if len(size) > 3 {
		panic(&tensor.ShapeError{Op: "rescale", Shapes: []tensor.Shape{x}, Problem: fmt.Sprintf("size %v has over 3 axes", size)})
	}
	return Op{tensor.NewShape(size...), cfg}
}

// String returns the name for people, as in "rescale linear".
func (op Op) String() string { return "rescale " + op.Config.Mode.String() }

// Shape implements [autograd.Op].
func (op Op) Shape(in []tensor.Shape) tensor.Shape {
	fail := func(problem string) {
		panic(&tensor.ShapeError{Op: op.String(), Shapes: append(in[:len(in):len(in)], op.Size), Problem: problem})
	}
	axes := op.Size.Rank()
	switch cfg := op.Config; {
	case len(in) != 1:
		fail(fmt.Sprintf("takes one input, not %d", len(in)))
	case axes < 1 || axes > 3 || in[0].Rank() != axes+2:
		fail(fmt.Sprintf("a size of %d axes for x [N, spatial..., C] of rank %d", axes, in[0].Rank()))
	case op.Size.Len() == 0:
		fail("an output axis is empty")
	case cfg.Mode > Cubic:
		fail(fmt.Sprintf("no mode %d", cfg.Mode))
	case (cfg.Mode == Nearest || cfg.Mode == NearestFloor) && (cfg.AlignCorners || cfg.Antialias):
		fail("takes neither AlignCorners nor Antialias")
	}
	out := in[0]
	for a := range axes {
		if in[0].Dim(1+a) == 0 {
			fail("an input axis is empty")
		}
		out = out.With(1+a, op.Size.Dim(a))
	}
	return out
}

// Forward implements [autograd.Op].
func (op Op) Forward(out tensor.Tensor, in []tensor.Tensor) {
	forward, _ := op.tables(in[0].Shape)
	forward.Apply(out.Data, in[0].Data, false)
}

// Backward implements [autograd.Op].
func (op Op) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, _ []tensor.Tensor) {
	if gin[0].Data == nil {
		return
	}
	_, adjoint := op.tables(gin[0].Shape)
	adjoint.Apply(gin[0].Data, gout.Data, true)
}

// BackwardAssign implements [autograd.Assigner].
func (op Op) BackwardAssign(gin []tensor.Tensor, fresh []bool, gout, _ tensor.Tensor, _ []tensor.Tensor, _ []float32) {
	if gin[0].Data == nil {
		return
	}
	_, adjoint := op.tables(gin[0].Shape)
	adjoint.Apply(gin[0].Data, gout.Data, !fresh[0])
}

// Resampling returns the linear map for inputs of shape x, and its adjoint, so
// that a convolution may do it while it reads. It is for this module: outside it
// the kernel's type has no name.
func (op Op) Resampling(x tensor.Shape) (forward, adjoint kernel.Resampling) { return op.tables(x) }

// Cost implements [autograd.Op]. What is merely copied costs no MACs; the
// bytes are the row of scratch of one worker.
func (op Op) Cost(in []tensor.Shape) autograd.Cost {
	forward, _ := op.tables(in[0])
	return autograd.Cost{MACs: forward.MACs(), Bytes: 4 * int64(forward.Scratch())}
}

// Needs implements [autograd.Frugal]: a linear map needs no input.
func (op Op) Needs(int) bool { return false }

// NeedsOutput implements [autograd.Frugal].
func (op Op) NeedsOutput() bool { return false }

// tables returns the map for inputs of shape x, and its adjoint.
func (op Op) tables(x tensor.Shape) (forward, adjoint kernel.Resampling) {
	forward = kernel.Resampling{N: x.Dim(0), C: x.Channels()}
	adjoint = forward
	unused := 3 - op.Size.Rank()
	for a := range 3 {
		k := axisKey{in: 1, out: 1}
		if a >= unused {
			k = axisKey{x.Dim(1 + a - unused), op.Size.Dim(a - unused), op.Config}
		}
		t := tablesOf(k)
		forward.Axes[a], adjoint.Axes[a] = t.forward, t.adjoint
	}
	return forward, adjoint
}
