package autograd

import (
	"math"

	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/tensor"
)

// InstanceNorm brings each channel of each image to mean 0 and variance 1, then
// scales and shifts it:
//
//	x [N, spatial..., C], gain [C], bias [C] -> y like x
//	y = (x - mean) / sqrt(variance + eps) * gain + bias
//
// The variance is divided by the number of values, not by one less. gain and
// bias may be the zero Value: 1 and 0. Sums are taken in float64. A [ReLU], or a
// [LeakyReLU] of a slope from 0 to 1, that alone reads y is done in the same passes.
//
// Over a map of one element per channel normalising would erase it, whatever it
// holds: there it only scales and shifts.
//
// It panics with a [*tensor.ShapeError] if x has no channels' axis after the
// first or gain or bias another shape, and with a [*UseError] if eps is
// negative or no number. The cost is 2 MACs an element.
//
// Source: Ulyanov, Vedaldi and Lempitsky, Instance normalization, 2016.
func InstanceNorm(x, gain, bias Value, eps float64) Value {
	return normalise(norm{kind: "instancenorm", eps: eps}, x, gain, bias)
}

// GroupNorm is [InstanceNorm] with mean and variance over each of groups equal
// runs of channels, which must divide C. One group normalises whole images. As
// there, a group of one element is only scaled and shifted.
//
// Source: Wu and He, Group normalization, ECCV 2018, section 3.
func GroupNorm(x, gain, bias Value, groups int, eps float64) Value {
	return normalise(norm{kind: "groupnorm", count: groups, eps: eps}, x, gain, bias)
}

// LayerNorm brings what lies under the last axes of x, as many of them as axes
// says, to mean 0 and variance 1, then scales and shifts it element by element:
//
//	x [rows..., under...], gain [under...], bias [under...] -> y like x
//
// In all else it is as [InstanceNorm].
//
// Source: Ba, Kiros and Hinton, Layer normalization, 2016.
func LayerNorm(x, gain, bias Value, axes int, eps float64) Value {
	return normalise(norm{kind: "layernorm", count: axes, eps: eps}, x, gain, bias)
}

func normalise(o norm, x, gain, bias Value) Value {
	o.slope = 1
	o.gain, o.bias = gain != Value{}, bias != Value{}
	if !(o.eps >= 0) || math.IsInf(o.eps, 1) {
		panic(&UseError{Op: o.kind, Shape: x.Shape(), Problem: "eps must be 0 or positive"})
	}
	return Apply(o, given([]Value{x}, gain, bias)...)
}

type norm struct {
	kind       string
	count      int // groups, or axes of layernorm
	eps        float64
	gain, bias bool
	slope      float32 // of a rectifier after it; 1: none
}

// FuseOutput implements [OutputFuser].
func (o norm) FuseOutput(next Op) (Op, bool) {
	slope, ok := rectified(o.slope, next)
	o.slope = slope
	return o, ok
}

func (o norm) String() string { return o.kind }

func (o norm) Shape(in []tensor.Shape) tensor.Shape {
	o.geometry(in)
	for _, s := range in[1:] {
		if want := o.parameter(in[0]); s != want {
			refuse(o.kind, in, "gain and bias take %v", want)
		}
	}
	return in[0]
}

func (o norm) Cost(in []tensor.Shape) Cost {
	p := o.geometry(in)
	return Cost{MACs: 2 * int64(in[0].Len()), Bytes: p.Scratch(false)}
}

// backwardBytes implements [greedy].
func (o norm) backwardBytes(in []tensor.Shape) int64 {
	p := o.geometry(in)
	return p.Scratch(true)
}

func (o norm) Needs(i int) bool  { return i == 0 || i == 1 && o.gain }
func (o norm) NeedsOutput() bool { return o.slope != 1 }

// spoils implements [spoiler]: a rectifier's gradient is made in place.
func (o norm) spoils() bool { return o.slope != 1 }

func (o norm) State(in []tensor.Shape) int {
	p := o.geometry(in)
	return p.State()
}

// Forward and Backward without a state are never called: the norm is Stateful.
func (norm) Forward(tensor.Tensor, []tensor.Tensor) { panic("norm: Forward without state") }
func (norm) Backward([]tensor.Tensor, tensor.Tensor, tensor.Tensor, []tensor.Tensor) {
	panic("norm: Backward without state")
}

func (o norm) ForwardState(out tensor.Tensor, in []tensor.Tensor, state []float32) {
	p := o.geometry(shapes(in))
	gain, bias := o.parameters(in)
	p.Forward(out.Data, in[0].Data, gain, bias, state, o.slope)
}

func (o norm) BackwardState(gin []tensor.Tensor, gout, out tensor.Tensor, in []tensor.Tensor, state []float32) {
	o.backward(gin, false, gout, out, in, state)
}

// BackwardAssign implements [Assigner].
func (o norm) BackwardAssign(gin []tensor.Tensor, fresh []bool, gout, out tensor.Tensor, in []tensor.Tensor, state []float32) {
	for i := 1; i < len(gin); i++ {
		if fresh[i] {
			clear(gin[i].Data)
		}
	}
	o.backward(gin, fresh[0], gout, out, in, state)
}

func (o norm) backward(gin []tensor.Tensor, fresh bool, gout, out tensor.Tensor, in []tensor.Tensor, state []float32) {
	p := o.geometry(shapes(in))
	gain, _ := o.parameters(in)
	ggain, gbias := o.parameters(gin)
	p.Backward(gin[0].Data, ggain, gbias, gout.Data, out.Data, in[0].Data, gain, state, o.slope, !fresh)
}

// parameters returns the data of gain and bias, nil where there is none.
func (o norm) parameters(in []tensor.Tensor) (gain, bias []float32) {
	i := 1
	if o.gain {
		gain = in[i].Data
		i++
	}
	if o.bias {
		bias = in[i].Data
	}
	return gain, bias
}

// parameter returns the shape of gain and bias.
func (o norm) parameter(x tensor.Shape) tensor.Shape {
	if o.kind == "layernorm" {
		return tensor.NewShape(x.Dims()[x.Rank()-o.count:]...)
	}
	return tensor.NewShape(x.Channels())
}

// geometry checks the shape of x and returns what it says. A layer norm is a
// group norm of one group over images of one pixel.
func (o norm) geometry(in []tensor.Shape) kernel.Norm {
	x := in[0]
	if o.kind == "layernorm" {
		if o.count < 1 || o.count > x.Rank() {
			refuse(o.kind, in, "%d axes of %d", o.count, x.Rank())
		}
		size := o.parameter(x).Len()
		n := 1
		for i := range x.Rank() - o.count {
			n *= x.Dim(i)
		}
		return kernel.Norm{N: n, Pixels: 1, Channels: size, Groups: 1, Eps: o.eps}
	}
	if x.Rank() < 2 {
		refuse(o.kind, in, "x takes [N, spatial..., C]")
	}
	channels := x.Channels()
	p := kernel.Norm{N: x.Dim(0), Pixels: 1, Channels: channels, Groups: max(channels, 1), Eps: o.eps}
	for _, d := range x.Spatial() {
		p.Pixels *= d
	}
	if o.kind == "groupnorm" {
		if o.count < 1 || channels%o.count != 0 {
			refuse(o.kind, in, "%d groups do not divide %d channels", o.count, channels)
		}
		p.Groups = o.count
	}
	return p
}
