package optest_test

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/autograd/optest"
	"github.com/sshn-go/sshn/tensor"
)

// cube is y = x³, with a gradient of slope x².
type cube struct{ slope float32 }

func (cube) Shape(in []tensor.Shape) tensor.Shape { return in[0] }
func (cube) Cost([]tensor.Shape) autograd.Cost    { return autograd.Cost{} }
func (cube) Forward(out tensor.Tensor, in []tensor.Tensor) {
	for i, x := range in[0].Data {
		out.Data[i] = x * x * x
	}
}
func (c cube) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	for i := range gin[0].Data { // none if the gradient is not wanted
		gin[0].Data[i] += gout.Data[i] * c.slope * in[0].Data[i] * in[0].Data[i]
	}
}

func ExampleCase_Check() {
	for _, slope := range []float32{3, 3.1} {
		c := optest.Case{Name: "cube", Op: cube{slope}, In: optest.Shapes([]int{2, 3, 1})}
		fmt.Println(slope, "is right:", c.Check() == nil)
	}
	// Output:
	// 3 is right: true
	// 3.1 is right: false
}
