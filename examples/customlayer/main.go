// Command customlayer shows an operation, a layer and a network of a user's
// own. The operation brings its own backward. The layer asks for its parameters
// by name, and by that alone it is counted, saved under its names, and runs
// under a hypernetwork; the program checks the gradient of all of it by
// differences. The network, which sshn.Config cannot describe, is trained for
// every phi, frozen at one and saved.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/loss"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/safetensors"
)

func main() {
	check(os.Stdout)
	dir, err := os.MkdirTemp("", "customlayer") // of its own, lest it overwrite anything
	if err != nil {
		log.Fatal(err)
	}
	if _, err := own(context.Background(), os.Stdout, filepath.Join(dir, "denoiser.safetensors")); err != nil {
		log.Fatal(err)
	}
}

// own trains a network of one's own for every phi, prints its error over phi,
// and saves the ordinary network of phi 0.25, whose parameters it returns.
func own(ctx context.Context, w io.Writer, path string) (*nn.Params, error) {
	layout := nn.NewLayout()
	net := NewDenoiser(layout.Builder(2), 8)
	prior := hyper.Uniform(0, 0.5)
	source := hyper.NewNet(layout, 1, hyper.Config{Hidden: []int{16, 32}, Encoding: nn.Encoding{Max: prior.Hi}}, 1)
	if _, err := fit(ctx, net, source, prior, 300); err != nil {
		return nil, err
	}
	fmt.Fprintln(w, "\nmean square of what is left of noise of 0.25, by phi:")
	for _, phi := range []float64{0.1, 0.25, 0.5} {
		rest, cost := measure(net, hyper.Freeze(source, layout, []float64{phi}), phi)
		fmt.Fprintf(w, "phi %.2f: %.4f, %d MACs for four images\n", phi, rest, cost.MACs)
	}

	theta := hyper.Freeze(source, layout, []float64{0.25})
	var entries []safetensors.Entry
	for p := range layout.Params() {
		entries = append(entries, safetensors.FromTensor(p.Name, theta.Tensor(p)))
	}
	metadata := map[string]string{"network": "Denoiser of 8 channels", "phi": "0.25"}
	fmt.Fprintf(w, "the ordinary network of phi 0.25 is in %s\n", path)
	return theta, safetensors.WriteFile(path, metadata, entries...)
}

// measure returns the mean square error of a network at phi, on images that it
// was not trained on, and what a pass costs.
func measure(net nn.Layer, theta *nn.Params, phi float64) (float32, autograd.Cost) {
	noisy, clean := waves(1 << 40)
	tape := autograd.NewTape()
	var rest float32
	tape.NoGrad(func() {
		pass := &nn.Pass{Theta: theta.Const(tape), Factors: nn.Uniform(phi)}
		y := net.Forward(pass, tape.Const(noisy))
		rest = loss.MSE(y, tape.Const(clean), loss.Mean).Item()
	})
	return rest, tape.Cost()
}

// check compares the gradient of a layer under a hypernetwork with differences,
// and returns the least relative error of the differences.
func check(w io.Writer) float64 {
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
