package nn

import "github.com/sshn-go/sshn/autograd"

// Norm normalises features and then scales and shifts each channel by a
// trained gain and bias: x [N, spatial..., C] -> y of the same shape.
type Norm struct {
	gain, bias Param
	apply      func(x, gain, bias autograd.Value) autograd.Value
}

const normEpsilon = 1e-5

// NewInstanceNorm asks b for a norm over the spatial axes of each sample and
// channel. Source: Ulyanov, Vedaldi and Lempitsky, 2016.
func NewInstanceNorm(b Builder, channels int) *Norm {
	return newNorm(b, channels, func(x, gain, bias autograd.Value) autograd.Value {
		return autograd.InstanceNorm(x, gain, bias, normEpsilon)
	})
}

// NewGroupNorm asks b for a norm over the spatial axes and the channels of each
// sample and group. It panics when it runs if groups does not divide channels.
// Source: Wu and He, ECCV 2018.
func NewGroupNorm(b Builder, channels, groups int) *Norm {
	return newNorm(b, channels, func(x, gain, bias autograd.Value) autograd.Value {
		return autograd.GroupNorm(x, gain, bias, groups, normEpsilon)
	})
}

func newNorm(b Builder, channels int, apply func(x, gain, bias autograd.Value) autograd.Value) *Norm {
	return &Norm{b.Param("gain", Ones, channels), b.Param("bias", Zeros, channels), apply}
}

// Forward implements [Layer].
func (l *Norm) Forward(p *Pass, x autograd.Value) autograd.Value {
	return l.apply(x, p.Param(l.gain), p.Param(l.bias))
}
