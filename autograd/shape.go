package autograd

import (
	"fmt"

	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// Reshape returns the elements of x under another shape, as a view: nothing is
// copied. It panics with a [*tensor.ShapeError] if the shapes differ in their
// number of elements.
func Reshape(x Value, dims ...int) Value {
	s := tensor.NewShape(dims...)
	if n := x.Shape().Len(); n != s.Len() {
		refuse("reshape", []tensor.Shape{x.Shape(), s}, "%d and %d elements", n, s.Len())
	}
	return x.View(0, s)
}

// Slice returns the elements [lo, hi) along an axis, -1 the last:
//
//	axis 1: x [N, H, W, C] -> y [N, hi-lo, W, C]
//
// Where they lie together, because the axes before have one element, y is a
// view; else they are copied. It panics with a [*tensor.ShapeError] if x has no
// such axis or elements.
func Slice(x Value, axis, lo, hi int) Value {
	s := x.Shape()
	o := slice{axis, lo, hi}
	y := o.Shape([]tensor.Shape{s})
	if line := under(s, axis); line == s.Len() {
		return x.View(lo*under(s.With(axis, 1), axis), y)
	}
	return Apply(o, x)
}

type slice struct{ axis, lo, hi int }

func (o slice) String() string { return fmt.Sprintf("slice(%d, %d:%d)", o.axis, o.lo, o.hi) }

func (o slice) Shape(in []tensor.Shape) tensor.Shape {
	axis := checkAxis("slice", in, o.axis)
	if o.lo < 0 || o.hi < o.lo || o.hi > in[0].Dim(axis) {
		refuse("slice", in, "no range %d:%d of axis %d", o.lo, o.hi, o.axis)
	}
	return in[0].With(axis, o.hi-o.lo)
}

func (slice) Cost([]tensor.Shape) Cost { return Cost{} }
func (slice) Needs(int) bool           { return false }
func (slice) NeedsOutput() bool        { return false }

func (o slice) Forward(out tensor.Tensor, in []tensor.Tensor) {
	o.stretches(out, in[0], func(y, x []float32) { copy(y, x) })
}

func (o slice) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, _ []tensor.Tensor) {
	if gin[0].Data != nil {
		o.stretches(gout, gin[0], func(gy, gx []float32) { kernel.Add(gx, gy) })
	}
}

// stretches calls f for each stretch of the part and where it is in the whole.
func (o slice) stretches(part, whole tensor.Tensor, f func(part, whole []float32)) {
	n, line := under(part.Shape, o.axis), under(whole.Shape, o.axis)
	if n == 0 {
		return
	}
	at := o.lo * (n / (o.hi - o.lo))
	parallel.For(len(part.Data)/n, max(1, chunk/n), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			f(part.Data[r*n:][:n], whole.Data[r*line+at:][:n])
		}
	})
}
