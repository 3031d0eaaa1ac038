package autograd

import (
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/tensor"
)

// Linear is the affine map of the last axis:
//
//	x [..., In], w [In, Out], b [Out] -> y [..., Out]
//
// b may be the zero Value: no bias. It panics with a [*tensor.ShapeError] if
// the shapes do not fit each other. The cost is In Out MACs for each row of x.
func Linear(x, w, b Value) Value {
	return Apply(linear{}, given([]Value{x, w}, b)...)
}

type linear struct{}

func (linear) Shape(in []tensor.Shape) tensor.Shape {
	x, w := in[0], in[1]
	if x.Rank() < 1 || w.Rank() != 2 || x.Dim(-1) != w.Dim(0) {
		refuse("linear", in, "x [..., In] takes a weight [In, Out]")
	}
	checkBias("linear", in, w.Dim(1))
	return x.With(-1, w.Dim(1))
}

func (linear) Cost(in []tensor.Shape) Cost {
	m, n, k := rows(in[0]), in[1].Dim(1), in[1].Dim(0)
	return Cost{MACs: int64(m) * int64(n) * int64(k), Bytes: kernel.GemmScratch(m, n, k, false, false)}
}

// backwardBytes implements [greedy].
func (linear) backwardBytes(in []tensor.Shape) int64 {
	m, n, k := rows(in[0]), in[1].Dim(1), in[1].Dim(0)
	return max(kernel.GemmScratch(m, k, n, false, true), kernel.GemmScratch(k, n, m, true, false))
}

func (linear) Needs(i int) bool  { return i < 2 }
func (linear) NeedsOutput() bool { return false }

func (linear) Forward(out tensor.Tensor, in []tensor.Tensor) {
	m, n, k := rows(in[0].Shape), in[1].Shape.Dim(1), in[1].Shape.Dim(0)
	b := optional(in, 2)
	setRows(out.Data, b)
	kernel.Gemm(out.Data, in[0].Data, in[1].Data, m, n, k, false, false, k, n, n, b != nil)
}

func (linear) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	m, n, k := rows(in[0].Shape), in[1].Shape.Dim(1), in[1].Shape.Dim(0)
	if gx := gin[0].Data; gx != nil {
		kernel.Gemm(gx, gout.Data, in[1].Data, m, k, n, false, true, n, n, k, true)
	}
	if gw := gin[1].Data; gw != nil {
		kernel.Gemm(gw, in[0].Data, gout.Data, k, n, m, true, false, k, n, n, true)
	}
	if gb := optional(gin, 2); gb != nil {
		kernel.Rectify(gout.Data, nil, 1, gb)
	}
}

// OuterRows implements [OuterProduct].
func (linear) OuterRows(in []tensor.Shape) int { return rows(in[0]) }

// rows returns the number of rows along the last axis of s.
func rows(s tensor.Shape) int {
	n := 1
	for i := range s.Rank() - 1 {
		n *= s.Dim(i)
	}
	return n
}

// setRows sets every row of y to b, to zeros if there is none.
func setRows(y, b []float32) {
	if b == nil {
		clear(y)
		return
	}
	for len(b) > 0 && len(y) > 0 {
		y = y[copy(y, b):]
	}
}

// optional returns the data of the input at i, nil if there is none.
func optional(in []tensor.Tensor, i int) []float32 {
	if i >= len(in) {
		return nil
	}
	return in[i].Data
}

// shapes returns the shapes of in.
func shapes(in []tensor.Tensor) []tensor.Shape {
	s := make([]tensor.Shape, len(in))
	for i, x := range in {
		s[i] = x.Shape
	}
	return s
}
