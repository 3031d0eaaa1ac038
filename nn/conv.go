package nn

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// Conv is a convolution with bias over the builder's spatial axes:
// x [N, spatial..., Cin] -> y [N, spatial..., Cout].
type Conv struct {
	weight, bias Param
	cfg          autograd.ConvConfig
}

// NewConv asks b for a convolution of an odd kernel size along every axis,
// with stride 1 and the padding that keeps extents as they are. The weight
// [taps..., in, out] starts by Kaiming's normal distribution over the fan-in,
// for a LeakyReLU of slope 0.01. It panics if kernel is even: no padding would be
// the same on both sides.
func NewConv(b Builder, in, out, kernel int) *Conv {
	if kernel%2 == 0 {
		panic(&tensor.UseError{Problem: fmt.Sprintf("nn: a convolution that keeps extents takes an odd kernel, not %d", kernel)})
	}
	return NewConvWith(b, in, out, kernel, autograd.ConvConfig{Same: true})
}

// NewConvWith is NewConv with another stride, padding, dilation or groups. It
// panics if there is no such kernel, or if the groups do not divide the channels.
func NewConvWith(b Builder, in, out, kernel int, cfg autograd.ConvConfig) *Conv {
	if groups := max(cfg.Groups, 1); kernel < 1 || in < 1 || out < 1 || in%groups != 0 || out%groups != 0 {
		panic(&tensor.UseError{Problem: fmt.Sprintf("nn: a convolution of %d to %d channels in %d groups with a kernel of %d", in, out, groups, kernel)})
	}
	dims := make([]int, b.Dims(), b.Dims()+2)
	for i := range dims {
		dims[i] = kernel
	}
	dims = append(dims, in/max(cfg.Groups, 1), out)
	return &Conv{
		b.Param("weight", KaimingNormal(0.01, FanIn), dims...),
		b.Param("bias", Zeros, out),
		cfg,
	}
}

// Forward implements [Layer].
func (l *Conv) Forward(p *Pass, x autograd.Value) autograd.Value {
	return autograd.Conv(x, p.Param(l.weight), p.Param(l.bias), l.cfg)
}
