package main

import (
	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
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
