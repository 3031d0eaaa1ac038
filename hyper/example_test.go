package hyper_test

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
)

// A layer whose weights a hypernetwork predicts from phi.
func Example() {
	layout := nn.NewLayout()
	layer := nn.NewLinear(layout.Builder(1), 3, 2, nn.XavierNormal)
	net := hyper.NewNet(layout, 1, hyper.Config{Encoding: nn.Encoding{Max: 0.5}}, 1)
	fmt.Println(layout.Len(), "weights are a function of phi with", len(net.Params().Data))

	tape := autograd.NewTape()
	x := tape.Const(tensor.From([]float32{1, 2, 3}, 1, 3))
	at := func(phi float64) tensor.Tensor {
		return layer.Forward(&nn.Pass{Theta: net.Theta(tape, []float64{phi})}, x).Tensor()
	}
	fmt.Println("the same output at another phi:", at(0.1).At(0, 0) == at(0.5).At(0, 0))

	frozen := hyper.Freeze(net, layout, []float64{0.5})
	y := layer.Forward(&nn.Pass{Theta: frozen.Const(tape)}, x)
	fmt.Println("frozen at 0.5, the same as there:", y.Tensor().At(0, 0) == at(0.5).At(0, 0))
	// Output:
	// 8 weights are a function of phi with 8152
	// the same output at another phi: false
	// frozen at 0.5, the same as there: true
}

// Losses at several phis, one Backward after another: the weights for all of them
// are one product with the largest matrix there is, and their gradients another.
func ExampleThetas() {
	layout := nn.NewLayout()
	layer := nn.NewLinear(layout.Builder(1), 3, 1, nn.XavierNormal)
	net := hyper.NewNet(layout, 1, hyper.Config{Encoding: nn.Encoding{Max: 0.5}}, 1)

	tape := autograd.NewTape()
	x := tape.Const(tensor.From([]float32{1, 2, 3}, 1, 3))
	for _, theta := range hyper.Thetas(net, tape, []float64{0.1}, []float64{0.3}, []float64{0.5}) {
		y := layer.Forward(&nn.Pass{Theta: theta}, x)
		tape.Backward(autograd.Mean(autograd.Mul(y, y))) // what this phi took is free now
	}
	g := net.Params().Leaf(tape).Gradient() // after the last
	fmt.Println("one number for each parameter of the hypernetwork:", g.Len() == len(net.Params().Data))
	// Output:
	// one number for each parameter of the hypernetwork: true
}
