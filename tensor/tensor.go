package tensor

import (
	"fmt"
	"slices"
)

// A Tensor is a shape and its elements in row-major order, the last axis
// fastest. len(Data) is Shape.Len(); a Tensor without Data stands for "not
// wanted" where an operation documents it.
type Tensor struct {
	Shape Shape
	Data  []float32
}

// New returns a tensor of zeros.
func New(dims ...int) Tensor { return Zeros(NewShape(dims...)) }

// Zeros returns a tensor of zeros of the given shape.
func Zeros(s Shape) Tensor { return Tensor{s, make([]float32, s.Len())} }

// Scalar returns a tensor of rank 0.
func Scalar(x float32) Tensor { return Tensor{Data: []float32{x}} }

// From returns the tensor over data, which it shares. It panics with a
// [*ShapeError] if data has another length than the shape.
func From(data []float32, dims ...int) Tensor {
	return Tensor{NewShape(dims...), data}.check("from")
}

// At returns one element.
func (t Tensor) At(index ...int) float32 { return t.Data[t.Shape.Index(index...)] }

// Set changes one element.
func (t Tensor) Set(x float32, index ...int) { t.Data[t.Shape.Index(index...)] = x }

// Reshape returns the same elements under another shape. It panics with a
// [*ShapeError] if the shapes differ in their number of elements.
func (t Tensor) Reshape(dims ...int) Tensor {
	s := NewShape(dims...)
	if s.Len() != t.Shape.Len() {
		panic(&ShapeError{Op: "reshape", Shapes: []Shape{t.Shape, s},
			Problem: fmt.Sprintf("%d and %d elements", t.Shape.Len(), s.Len())})
	}
	return Tensor{s, t.Data}
}

// Range returns the elements [lo, hi) of the first axis, sharing them. It
// panics with a [*ShapeError] if they do not exist.
func (t Tensor) Range(lo, hi int) Tensor {
	n := t.Shape.Dim(0)
	if lo < 0 || hi < lo || hi > n {
		panic(&ShapeError{Op: "range", Shapes: []Shape{t.Shape}, Problem: fmt.Sprintf("no range %d:%d of the first axis", lo, hi)})
	}
	step := 0
	if n > 0 {
		step = t.Shape.Len() / n
	}
	return Tensor{t.Shape.With(0, hi-lo), t.Data[lo*step : hi*step : hi*step]}
}

// Clone returns a copy that shares nothing.
func (t Tensor) Clone() Tensor { return Tensor{t.Shape, slices.Clone(t.Data)} }

func (t Tensor) check(op string) Tensor {
	if len(t.Data) != t.Shape.Len() {
		panic(&ShapeError{Op: op, Shapes: []Shape{t.Shape},
			Problem: fmt.Sprintf("%d elements for a shape of %d", len(t.Data), t.Shape.Len())})
	}
	return t
}
