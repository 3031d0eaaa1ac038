package nn_test

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
)

// A gate is a layer of one's own: it asks for its parameters by name, and keeps
// where they are in theta, not what they are.
type gate struct {
	conv *nn.Conv
	gain nn.Param
}

func newGate(b nn.Builder, channels int) *gate {
	return &gate{nn.NewConv(b.In("conv"), channels, channels, 3), b.Param("gain", nn.Ones, channels)}
}

func (l *gate) Forward(p *nn.Pass, x autograd.Value) autograd.Value {
	open := autograd.Sigmoid(l.conv.Forward(p, x))
	return autograd.ScaleChannels(autograd.Mul(x, open), p.Param(l.gain))
}

// The constructors fill a layout; a pass brings theta, here a trained leaf. Over
// two spatial axes or three, the layer is the same.
func Example() {
	for dims := 2; dims <= 3; dims++ {
		layout := nn.NewLayout()
		var layer nn.Layer = newGate(layout.Builder(dims).In("gate"), 2)
		for p := range layout.Params() {
			fmt.Println(p.Name, p.Shape, "from", p.Offset)
		}
		tape := autograd.NewTape()
		theta := layout.Init(1).Leaf(tape)
		x := tensor.New(append([]int{1, 5, 5, 5}[:1+dims:1+dims], 2)...)
		y := layer.Forward(&nn.Pass{Theta: theta}, tape.Const(x))
		tape.Backward(autograd.Mean(y))
		fmt.Println("y", y.Shape(), "and a gradient for each of", theta.Grad().Shape)
	}
	// Output:
	// gate.conv.weight [3 3 2 2] from 0
	// gate.conv.bias [2] from 36
	// gate.gain [2] from 38
	// y [1 5 5 2] and a gradient for each of [40]
	// gate.conv.weight [3 3 3 2 2] from 0
	// gate.conv.bias [2] from 108
	// gate.gain [2] from 110
	// y [1 5 5 5 2] and a gradient for each of [112]
}
