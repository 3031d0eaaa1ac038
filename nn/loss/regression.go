package loss

import (
	"math"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// elementGrain is how many elements a chunk takes.
const elementGrain = 1 << 14

// MSE returns the squared difference of two values of one shape, the mean over
// the elements or their sum:
//
//	x, target [...] -> []
//
// It panics with a [*tensor.ShapeError] if the shapes differ.
func MSE(x, target autograd.Value, r Reduction) autograd.Value {
	return autograd.Apply(mse{r}, x, target)
}

type mse struct{ reduction Reduction }

func (mse) Shape(in []tensor.Shape) tensor.Shape { return scalar("mse", in) }
func (mse) Cost([]tensor.Shape) autograd.Cost    { return autograd.Cost{} }
func (mse) Needs(int) bool                       { return true }
func (mse) NeedsOutput() bool                    { return false }

func (o mse) Forward(out tensor.Tensor, in []tensor.Tensor) {
	x, target := in[0].Data, in[1].Data
	sum := parallel.Sum(len(x), elementGrain, func(lo, hi int) float64 {
		sum := 0.0
		for i := lo; i < hi; i++ {
			d := float64(x[i]) - float64(target[i])
			sum += d * d
		}
		return sum
	})
	out.Data[0] = float32(sum * o.reduction.scale(len(x)))
}

func (o mse) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	slope := 2 * float64(gout.Data[0]) * o.reduction.scale(len(in[0].Data))
	difference(gin, in, func(d float64) float64 { return slope * d })
}

// SmoothL1 returns, for the difference d of two values of one shape, |d| less
// beta/2 where that is beta or more and d²/(2 beta) below, the mean over the
// elements or their sum; beta 0 makes it |d|:
//
//	x, target [...] -> []
//
// It panics with a [*tensor.ShapeError] if the shapes differ, and with a
// [*autograd.UseError] if beta is negative or no number.
//
// Source: Girshick, Fast R-CNN, ICCV 2015, equation 3, where beta is 1.
func SmoothL1(x, target autograd.Value, beta float64, r Reduction) autograd.Value {
	if !positive(beta) {
		panic(&autograd.UseError{Op: "smoothl1", Shape: x.Shape(), Problem: "beta must be 0 or positive"})
	}
	return autograd.Apply(smoothL1{beta, r}, x, target)
}

type smoothL1 struct {
	beta      float64
	reduction Reduction
}

func (smoothL1) Shape(in []tensor.Shape) tensor.Shape { return scalar("smoothl1", in) }
func (smoothL1) Cost([]tensor.Shape) autograd.Cost    { return autograd.Cost{} }
func (smoothL1) Needs(int) bool                       { return true }
func (smoothL1) NeedsOutput() bool                    { return false }

func (o smoothL1) Forward(out tensor.Tensor, in []tensor.Tensor) {
	x, target := in[0].Data, in[1].Data
	sum := parallel.Sum(len(x), elementGrain, func(lo, hi int) float64 {
		sum := 0.0
		for i := lo; i < hi; i++ {
			d := math.Abs(float64(x[i]) - float64(target[i]))
			if d < o.beta {
				sum += d * d / (2 * o.beta)
			} else {
				sum += d - o.beta/2
			}
		}
		return sum
	})
	out.Data[0] = float32(sum * o.reduction.scale(len(x)))
}

func (o smoothL1) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	slope := float64(gout.Data[0]) * o.reduction.scale(len(in[0].Data))
	difference(gin, in, func(d float64) float64 {
		switch {
		case math.Abs(d) < o.beta:
			return slope * d / o.beta
		case d == 0:
			return 0
		case math.IsNaN(d):
			return d
		}
		return math.Copysign(slope, slope*d)
	})
}

// difference adds f(x - target) to the gradient of x, and takes it from that of
// target.
func difference(gin, in []tensor.Tensor, f func(d float64) float64) {
	x, target, gx, gtarget := in[0].Data, in[1].Data, gin[0].Data, gin[1].Data
	parallel.For(len(x), elementGrain, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			g := float32(f(float64(x[i]) - float64(target[i])))
			if gx != nil {
				gx[i] += g
			}
			if gtarget != nil {
				gtarget[i] -= g
			}
		}
	})
}

// scalar is the shape rule of a loss over inputs of one shape.
func scalar(op string, in []tensor.Shape) tensor.Shape {
	for _, s := range in {
		if s != in[0] {
			panic(&tensor.ShapeError{Op: op, Shapes: append([]tensor.Shape(nil), in...), Problem: "the shapes must be equal"})
		}
	}
	return tensor.Shape{}
}
