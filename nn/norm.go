package nn

import "github.com/sshn-go/sshn/autograd"

// Norm normalises features and then scales and shifts each channel by a
// trained gain and bias: x [N, spatial..., C] -> y of the same shape.
type Norm struct {
	gain, bias Param
	instance   bool
	groups     int // unless it is an instance norm
}

const normEpsilon = 1e-5

// NewInstanceNorm asks b for a norm over the spatial axes of each sample and
// channel. Source: Ulyanov, Vedaldi and Lempitsky, 2016.
func NewInstanceNorm(b Builder, channels int) *Norm {
	return &Norm{gain: b.Param("gain", Ones, channels), bias: b.Param("bias", Zeros, channels), instance: true}
}

// NewGroupNorm asks b for a norm over the spatial axes and the channels of each
// sample and group. It panics when it runs if groups does not divide channels.
// Source: Wu and He, ECCV 2018.
func NewGroupNorm(b Builder, channels, groups int) *Norm {
	return &Norm{gain: b.Param("gain", Ones, channels), bias: b.Param("bias", Zeros, channels), groups: groups}
}

// Forward implements [Layer].
func (l *Norm) Forward(p *Pass, x autograd.Value) autograd.Value {
	gain, bias := p.Param(l.gain), p.Param(l.bias)
	if l.instance {
		return autograd.InstanceNorm(x, gain, bias, normEpsilon)
	}
	return autograd.GroupNorm(x, gain, bias, l.groups, normEpsilon)
}
