package optest

import (
	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// Dot is the loss <y, r> of tests, y and r of one shape: the gradient by y is r
// to the last bit. R takes no gradient.
func Dot(y, r autograd.Value) autograd.Value { return autograd.Apply(dot{}, y, r) }

type dot struct{}

func (dot) Shape([]tensor.Shape) tensor.Shape { return tensor.Shape{} }
func (dot) Cost([]tensor.Shape) autograd.Cost { return autograd.Cost{} }
func (dot) Forward(out tensor.Tensor, in []tensor.Tensor) {
	out.Data[0] = float32(inner(in[0].Data, in[1].Data))
}
func (dot) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	for k, r := range in[1].Data {
		gin[0].Data[k] += gout.Data[0] * r
	}
}
