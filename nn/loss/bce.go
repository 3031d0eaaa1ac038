package loss

import (
	"math"
	"slices"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// BCEWithLogits returns the binary cross-entropy of the sigmoid of x, in nats,
// the mean over the elements or their sum:
//
//	x, target, weight [..., C] -> []
//	l = -weight (positive target log σ(x) + (1-target) log(1 - σ(x)))
//
// target lies in 0 to 1. weight, as a mask of what counts, may be the zero
// Value: 1. positive holds a factor for each channel by which the positive
// cases count more; nil means 1. The mean divides by the number of elements,
// whatever they weigh. It panics with a [*tensor.ShapeError] if the shapes, or
// the number of factors, do not fit.
func BCEWithLogits(x, target, weight autograd.Value, positive []float64, r Reduction) autograd.Value {
	in := []autograd.Value{x, target}
	if weight != (autograd.Value{}) {
		in = append(in, weight)
	}
	return autograd.Apply(bce{slices.Clone(positive), r}, in...)
}

type bce struct {
	positive  []float64
	reduction Reduction
}

func (bce) String() string                    { return "bcewithlogits" }
func (bce) Cost([]tensor.Shape) autograd.Cost { return autograd.Cost{} }
func (bce) Needs(int) bool                    { return true }
func (bce) NeedsOutput() bool                 { return false }
func (o bce) Shape(in []tensor.Shape) tensor.Shape {
	if n := len(o.positive); o.positive != nil && n != in[0].Channels() {
		panic(&tensor.ShapeError{Op: o.String(), Shapes: []tensor.Shape{in[0], tensor.NewShape(n)},
			Problem: "one positive factor is wanted for each channel"})
	}
	return scalar(o.String(), in)
}

func (o bce) Forward(out tensor.Tensor, in []tensor.Tensor) {
	x, target := in[0].Data, in[1].Data
	sum := parallel.Sum(len(x), elementGrain, func(lo, hi int) float64 {
		sum := 0.0
		for i := lo; i < hi; i++ {
			sum += weightAtElement(in, i) * o.loss(float64(x[i]), float64(target[i]), i)
		}
		return sum
	})
	out.Data[0] = float32(sum * o.reduction.scale(len(x)))
}

func (o bce) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	x, target, gx, gtarget := in[0].Data, in[1].Data, gin[0].Data, gin[1].Data
	var gweight []float32
	if len(gin) > 2 {
		gweight = gin[2].Data
	}
	unit := float64(gout.Data[0]) * o.reduction.scale(len(x))
	parallel.For(len(x), elementGrain, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			v, t, scale := float64(x[i]), float64(target[i]), unit*weightAtElement(in, i)
			if gx != nil {
				p := o.factor(i)
				gx[i] += float32(scale * ((1 - t) - (1+(p-1)*t)/(1+math.Exp(v))))
			}
			if gtarget != nil {
				gtarget[i] += float32(scale * ((o.factor(i)-1)*softplus(-v) - v))
			}
			if gweight != nil {
				gweight[i] += float32(unit * o.loss(v, t, i))
			}
		}
	})
}

// loss returns the loss of element i: with log σ(x) = -softplus(-x) and
// log(1-σ(x)) = -x - softplus(-x), which neither overflow nor cancel.
func (o bce) loss(x, t float64, i int) float64 {
	return (1-t)*x + (1+(o.factor(i)-1)*t)*softplus(-x)
}

func (o bce) factor(i int) float64 {
	if o.positive == nil {
		return 1
	}
	return o.positive[i%len(o.positive)]
}

func weightAtElement(in []tensor.Tensor, i int) float64 {
	if len(in) < 3 {
		return 1
	}
	return float64(in[2].Data[i])
}

// softplus returns log(1 + exp(x)).
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
