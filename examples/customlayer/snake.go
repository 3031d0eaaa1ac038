package main

import (
	"math"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// Snake is a user's own operation, x + sin²(ax)/a element by element, of any
// shape. The tape records it as it does the library's own. Source: Ziyin,
// Hartwig and Ueda, NeurIPS 2020.
type Snake struct{ A float64 }

// Shape implements [autograd.Op].
func (Snake) Shape(in []tensor.Shape) tensor.Shape { return in[0] }

// Forward implements [autograd.Op].
func (s Snake) Forward(out tensor.Tensor, in []tensor.Tensor) {
	for i, x := range in[0].Data {
		sin := math.Sin(s.A * float64(x))
		out.Data[i] = x + float32(sin*sin/s.A)
	}
}

// Backward implements [autograd.Op]: y' = 1 + sin(2ax).
func (s Snake) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	for i := range gin[0].Data { // none if the gradient is not wanted
		gin[0].Data[i] += gout.Data[i] * float32(1+math.Sin(2*s.A*float64(in[0].Data[i])))
	}
}

// Cost implements [autograd.Op].
func (Snake) Cost(in []tensor.Shape) autograd.Cost {
	return autograd.Cost{MACs: int64(in[0].Len())}
}

// Needs implements [autograd.Frugal]: Backward reads x.
func (Snake) Needs(int) bool { return true }

// NeedsOutput implements [autograd.Frugal]: it does not read y.
func (Snake) NeedsOutput() bool { return false }
