// Command customlayer shows a layer and an operation of a user's own. The layer
// asks for its parameters by name, and by that alone it is counted, saved under
// its names, and runs under a hypernetwork; the operation brings its own
// backward. The program checks the gradient of all of it by differences.
package main

import (
	"fmt"
	"io"
	"math"
	"os"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
)

// Residual adds to x what a convolution makes of it, by a gain per channel.
type Residual struct {
	conv *nn.Conv
	gain nn.Param
}

// NewResidual asks b for a convolution of 3 taps along each axis and a gain.
func NewResidual(b nn.Builder, channels int) *Residual {
	return &Residual{nn.NewConv(b.In("conv"), channels, channels, 3), b.Param("gain", nn.Ones, channels)}
}

// Forward implements [nn.Layer]: x [N, spatial..., C] -> y of the same shape.
func (l *Residual) Forward(p *nn.Pass, x autograd.Value) autograd.Value {
	y := autograd.Apply(Snake{A: 1}, l.conv.Forward(p, x))
	return autograd.Add(x, autograd.ScaleChannels(y, p.Param(l.gain)))
}

func main() { run(os.Stdout) }

// run returns the least relative error of the differences.
func run(w io.Writer) float64 {
	layout := nn.NewLayout()
	layer := NewResidual(layout.Builder(2).In("residual"), 4)
	for p := range layout.Params() {
		fmt.Fprintln(w, p.Name, p.Shape)
	}
	net := hyper.NewNet(layout, 1, hyper.Config{Hidden: []int{8}, Encoding: nn.Encoding{Max: 0.5}}, 1)
	omega := net.Params().Data
	fmt.Fprintf(w, "%d weights, predicted from phi by %d\n\n", layout.Len(), len(omega))

	rng := nn.Stream(1, "data")
	x := tensor.New(2, 9, 7, 4)
	for i := range x.Data {
		x.Data[i] = float32(rng.NormFloat64())
	}
	tape := autograd.NewTape()
	loss := func() autograd.Value { // the mean square of what the layer puts out at phi 0.3
		tape.Reset()
		y := layer.Forward(&nn.Pass{Theta: net.Theta(tape, []float64{0.3})}, tape.Const(x))
		return autograd.Mean(autograd.Mul(y, y))
	}

	y := loss()
	fmt.Fprintf(w, "loss %.4f, %d MACs\n", y.Item(), tape.Cost().MACs)
	tape.Backward(y)
	gradient := append([]float32(nil), net.Params().Leaf(tape).Grad().Data...)

	// Along a direction d, the difference of the loss over 2h tends to <gradient, d>.
	d := make([]float64, len(omega))
	slope, start := 0.0, append([]float32(nil), omega...)
	for i, g := range gradient {
		d[i] = float64(g)
		slope += float64(g) * d[i]
	}
	at := func(h float64) float64 {
		for i := range omega {
			omega[i] = start[i] + float32(h*d[i])
		}
		return float64(loss().Item())
	}
	best := math.Inf(1)
	for _, h := range []float64{0.04, 0.02, 0.01} {
		difference := (at(h) - at(-h)) / (2 * h)
		e := math.Abs(difference-slope) / slope
		best = min(best, e)
		fmt.Fprintf(w, "h %.2f: differences %.5f, backward %.5f, relative error %.1e\n", h, difference, slope, e)
	}
	copy(omega, start)
	return best
}
