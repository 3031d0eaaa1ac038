package autograd

import (
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// Concat joins values along an axis, -1 the last:
//
//	axis -1: x [N, spatial..., C], [N, spatial..., D] -> y [N, spatial..., C+D]
//
// It panics with a [*tensor.ShapeError] if they differ in another axis or have
// no such axis. It copies, unless there is one value alone, which it returns, and
// costs no MACs.
func Concat(axis int, x ...Value) Value {
	if len(x) == 1 {
		concat{axis}.Shape([]tensor.Shape{x[0].Shape()})
		return x[0]
	}
	return Apply(concat{axis}, x...)
}

type concat struct{ axis int }

func (o concat) Shape(in []tensor.Shape) tensor.Shape {
	axis := checkAxis("concat", in, o.axis)
	n := 0
	for _, s := range in {
		if s.Rank() != in[0].Rank() || s.With(axis, 0) != in[0].With(axis, 0) {
			refuse("concat", in, "the shapes may differ in axis %d only", o.axis)
		}
		n += s.Dim(axis)
	}
	return in[0].With(axis, n)
}

func (concat) Cost([]tensor.Shape) Cost { return Cost{} }
func (concat) Needs(int) bool           { return false }
func (concat) NeedsOutput() bool        { return false }

func (o concat) Forward(out tensor.Tensor, in []tensor.Tensor) {
	o.stretches(out, in, func(y, x []float32) { copy(y, x) })
}

func (o concat) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, _ []tensor.Tensor) {
	o.stretches(gout, gin, func(gy, gx []float32) { kernel.Add(gx, gy) })
}

// BackwardAssign implements [Assigner].
func (o concat) BackwardAssign(gin []tensor.Tensor, fresh []bool, gout, _ tensor.Tensor, _ []tensor.Tensor, _ []float32) {
	added, written := make([]tensor.Tensor, len(gin)), make([]tensor.Tensor, len(gin))
	for i, g := range gin {
		added[i].Shape, written[i].Shape = g.Shape, g.Shape
		if fresh[i] {
			written[i] = g
		} else {
			added[i] = g
		}
	}
	o.stretches(gout, added, func(gy, gx []float32) { kernel.Add(gx, gy) })
	o.stretches(gout, written, func(gy, gx []float32) { copy(gx, gy) })
}

// Joins implements [Joiner].
func (o concat) Joins(in []tensor.Shape) bool {
	return o.axis == -1 || o.axis == in[0].Rank()-1
}

// stretches calls f for each stretch of the whole and the part that it is, of
// the parts that have data.
func (o concat) stretches(whole tensor.Tensor, parts []tensor.Tensor, f func(whole, part []float32)) {
	line := under(whole.Shape, o.axis)
	if line == 0 {
		return
	}
	parallel.For(whole.Shape.Len()/line, max(1, chunk/line), func(lo, hi int) {
		at := 0
		for _, p := range parts {
			n := under(p.Shape, o.axis)
			if p.Data != nil {
				for r := lo; r < hi; r++ {
					f(whole.Data[r*line+at:][:n], p.Data[r*n:][:n])
				}
			}
			at += n
		}
	})
}

// checkAxis returns axis counted from the first, if in[0] has it.
func checkAxis(op string, in []tensor.Shape, axis int) int {
	rank := in[0].Rank()
	if axis < -rank || axis >= rank {
		refuse(op, in, "no axis %d", axis)
	}
	if axis < 0 {
		return axis + rank
	}
	return axis
}

// under returns the number of elements under one index of the axes before axis.
func under(s tensor.Shape, axis int) int {
	if axis < 0 {
		axis += s.Rank()
	}
	n := 1
	for ; axis < s.Rank(); axis++ {
		n *= s.Dim(axis)
	}
	return n
}
