package autograd

import (
	"math"

	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// Softmax returns exp(x) over its sum along the channels, the last axis:
//
//	x [..., C] -> y [..., C]
//
// Sums are taken in float64. What is below the least normal float32 becomes 0.
// It panics with a [*tensor.ShapeError] if x has no channels. It counts no MACs.
func Softmax(x Value) Value { return Apply(softmax{}, x) }

// LogSoftmax returns the logarithm of [Softmax], x - log(sum of exp(x)), which
// stays exact where the softmax is 0.
func LogSoftmax(x Value) Value { return Apply(softmax{log: true}, x) }

type softmax struct{ log bool }

func (o softmax) String() string {
	if o.log {
		return "logsoftmax"
	}
	return "softmax"
}

func (o softmax) Shape(in []tensor.Shape) tensor.Shape {
	if in[0].Rank() == 0 || in[0].Channels() == 0 {
		refuse(o.String(), in, "x takes channels: [..., C]")
	}
	return in[0]
}

func (softmax) Cost([]tensor.Shape) Cost { return Cost{} }
func (softmax) Needs(int) bool           { return false }
func (softmax) NeedsOutput() bool        { return true }

func (o softmax) Forward(out tensor.Tensor, in []tensor.Tensor) {
	const block = 64 // rows
	channels := out.Shape.Channels()
	parallel.For(rows(out.Shape), max(block, chunk/8/channels), func(lo, hi int) {
		var logSum [block]float64
		for ; lo < hi; lo += block {
			n := min(block, hi-lo)
			x, y := in[0].Data[lo*channels:][:n*channels], out.Data[lo*channels:][:n*channels]
			kernel.SoftmaxRows(y, x, logSum[:n], channels)
			for i := range x {
				if !o.log {
					break
				}
				y[i] = float32(float64(x[i]) - logSum[i/channels])
			}
		}
	})
}

// Backward: with s = softmax(x), the gradient of the softmax by x is
// gx = s (gy - <gy, s>), and of its logarithm gx = gy - s sum(gy).
func (o softmax) Backward(gin []tensor.Tensor, gout, out tensor.Tensor, _ []tensor.Tensor) {
	if gin[0].Data == nil {
		return
	}
	channels := out.Shape.Channels()
	parallel.For(rows(out.Shape), max(1, chunk/8/channels), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			gx, gy, y := gin[0].Data[r*channels:][:channels], gout.Data[r*channels:][:channels], out.Data[r*channels:][:channels]
			if o.log {
				logSoftmaxBackward(gx, gy, y)
			} else {
				softmaxBackward(gx, gy, y)
			}
		}
	})
}

func softmaxBackward(gx, gy, y []float32) {
	sum := 0.0
	for c, g := range gy {
		sum += float64(g) * float64(y[c])
	}
	for c, g := range gy {
		gx[c] += float32(float64(y[c]) * (float64(g) - sum))
	}
}

func logSoftmaxBackward(gx, gy, y []float32) {
	sum := 0.0
	for _, g := range gy {
		sum += float64(g)
	}
	for c, g := range gy {
		gx[c] += float32(float64(g) - math.Exp(float64(y[c]))*sum)
	}
}
