package sshn_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/internal/memory"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/loss"
	"github.com/sshn-go/sshn/nn/optim"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
)

// A workload is a network and its input, as they are laid beside PyTorch's.
type workload struct {
	n, in   int
	extents []int
	width   int
	classes int
	phi     float64
	norm    unet.Norm // with one, maps are bounded too
}

func (w workload) String() string {
	size := ""
	for i, n := range w.extents {
		if i > 0 {
			size += "x"
		}
		size += fmt.Sprint(n)
	}
	text := fmt.Sprintf("dims=%d/n=%d/in=%d/size=%s/width=%d/classes=%d/phi=%v", len(w.extents), w.n, w.in, size, w.width, w.classes, w.phi)
	if w.norm != unet.NoNorm {
		text += "/norm=" + string(w.norm)
	}
	return text
}

func (w workload) model(b *testing.B, method sshn.Method) *sshn.Model {
	widths, coarsest := []int{w.width, w.width, w.width, w.width, w.width}, unet.Unbounded
	if w.norm != unet.NoNorm {
		coarsest = 16
	}
	return model(b, sshn.Config{Method: method, Network: unet.Config{Dims: len(w.extents), In: w.in, Out: w.classes, Widths: widths, Norm: w.norm, Coarsest: coarsest}, Hyper: hyper.Config{Hidden: []int{16, 64, 96}}})
}

func (w workload) input() (image, labels tensor.Tensor) {
	dims := append([]int{w.n}, w.extents...)
	image, labels = tensor.New(append(dims, w.in)...), tensor.New(dims...)
	rng := nn.Stream(1, "benchmark")
	for i := range image.Data {
		image.Data[i] = rng.Float32()
	}
	for i := range labels.Data {
		labels.Data[i] = float32(rng.IntN(w.classes))
	}
	return image, labels
}

// rate reports GFLOP/s by the convolutions' own count, forward and backward.
func rate(b *testing.B, macs int64) {
	b.ReportMetric(2*float64(macs)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func (w workload) forward(b *testing.B) {
	m := w.model(b, sshn.Fixed)
	image, _ := w.input()
	f, err := m.Factors(pareto.Phi{w.phi})
	require.NoError(b, err)
	tape := autograd.NewTape()
	step := func() {
		tape.Reset()
		tape.NoGrad(func() { m.Forward(tape, tape.Const(image), f).Tensor() })
	}
	step()
	for b.Loop() {
		step()
	}
	rate(b, tape.Cost().MACs)
}

func (w workload) train(b *testing.B, method sshn.Method) {
	m := w.model(b, method)
	image, labels := w.input()
	f, err := m.Factors(pareto.Phi{w.phi})
	require.NoError(b, err)
	params := m.Source().Params()
	adam := optim.NewAdam(len(params.Data), optim.AdamConfig{})
	tape := autograd.NewTape()
	var y autograd.Value
	step := func() {
		tape.Reset()
		y = loss.DiceCE(m.Forward(tape, tape.Const(image), f), tape.Const(labels), loss.Config{})
		tape.Backward(y)
		adam.Step(params.Data, params.Leaf(tape).Gradient(), 1e-3)
	}
	for range 2 { // the first touches the memory that the others use again
		step()
	}
	for b.Loop() {
		step()
	}
	rate(b, tape.TrainingCost(y).MACs)
}

// normed is w with what models of images have by default: an instance norm after
// each convolution, and no map more than 16 times coarser than the image.
func (w workload) normed() workload {
	w.norm = unet.InstanceNorm
	return w
}

func slices(phi float64, n int) workload {
	return workload{n, 1, []int{160, 192}, 32, 24, phi, unet.NoNorm}
}
func cells(phi float64) workload { return workload{8, 3, []int{128, 128}, 32, 3, phi, unet.NoNorm} }
func volumes(phi float64, n int) workload {
	return workload{1, 1, []int{n, n, n}, 16, 24, phi, unet.NoNorm}
}

func BenchmarkUNet(b *testing.B) {
	for _, phi := range []float64{0.25, 0.5} {
		for _, w := range []workload{slices(phi, 1), slices(phi, 8), cells(phi), volumes(phi, 96), slices(phi, 1).normed()} {
			b.Run(w.String()+"/pass=forward", w.forward)
		}
		for _, w := range []workload{slices(phi, 1), slices(phi, 8), cells(phi), volumes(phi, 64), cells(phi).normed()} {
			b.Run(w.String()+"/pass=train", func(b *testing.B) { w.train(b, sshn.Fixed) })
		}
	}
}

func BenchmarkSSHN(b *testing.B) {
	for _, phi := range []float64{0.25, 0.5} {
		for _, w := range []workload{slices(phi, 1), slices(phi, 8), cells(phi), volumes(phi, 64), cells(phi).normed()} {
			b.Run(w.String()+"/pass=train", func(b *testing.B) { w.train(b, sshn.SSHN) })
		}
	}
}

// BenchmarkVolume segments a whole brain of neurite-OASIS at once, from image to
// classes, with four levels. It reports the memory that the process takes for the
// first beyond what it held, image and weights among it.
func BenchmarkVolume(b *testing.B) {
	w := workload{1, 1, []int{160, 192, 224}, 16, 24, 0.25, unet.NoNorm}
	b.Run(w.String()+"/levels=4", func(b *testing.B) {
		_, before, _ := memory.Peak()
		image := tensor.New(append(w.extents, w.in)...)
		rng := nn.Stream(1, "benchmark")
		for i := range image.Data {
			image.Data[i] = rng.Float32()
		}
		m := model(b, sshn.Config{Method: sshn.Stochastic, Network: unet.Config{Dims: 3, In: 1, Out: w.classes, Widths: []int{16, 16, 16, 16}, Norm: unet.NoNorm, Coarsest: unet.Unbounded}})
		p, err := m.At(pareto.Phi{w.phi})
		require.NoError(b, err)
		segment := func() {
			_, err := p.Classes(image)
			require.NoError(b, err)
		}
		segment()
		peak, _, known := memory.Peak()
		for b.Loop() {
			segment()
		}
		cost, err := m.Cost(w.extents, pareto.Phi{w.phi})
		require.NoError(b, err)
		rate(b, cost.MACs)
		if known {
			b.ReportMetric(float64(peak-before)/1e6, "peak-MB")
		}
	})
}
