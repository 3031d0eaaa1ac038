package unet

import (
	"fmt"
	"slices"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/rescale"
	"github.com/sshn-go/sshn/tensor"
)

// A UNet maps an image [N, spatial..., In] to logits [N, spatial..., Out]. It
// is immutable, holds no data and implements [nn.Layer].
type UNet struct {
	cfg     Config
	encoder []*stage
	decoder []*stage // decoder[i] is at the level of encoder[i]
	head    *nn.Conv
	film    *nn.FiLM
}

// New asks b for the parameters of a U-Net. It panics with the error of
// [Config.Check], and if cfg and b differ in the number of spatial axes.
func New(b nn.Builder, cfg Config) *UNet {
	if err := cfg.Check(); err != nil {
		panic(&tensor.UseError{Problem: err.Error()})
	}
	cfg = cfg.withDefaults()
	if cfg.Dims != b.Dims() {
		panic(&tensor.UseError{Problem: fmt.Sprintf("unet: %d spatial axes on a builder for %d", cfg.Dims, b.Dims())})
	}
	u := &UNet{cfg: cfg}
	if f := cfg.FiLM; f != nil {
		u.film = nn.NewFiLM(b.In("film"), f.Condition, f.Encoding, f.Hidden...)
	}
	in := cfg.In
	for i, width := range cfg.Widths {
		u.encoder = append(u.encoder, u.newStage(b.In(fmt.Sprintf("encoder.%d", i)), in, width))
		in = width
	}
	u.decoder = make([]*stage, len(cfg.Widths)-1)
	for i := len(u.decoder) - 1; i >= 0; i-- {
		u.decoder[i] = u.newStage(b.In(fmt.Sprintf("decoder.%d", i)), cfg.Widths[i]+in, cfg.Widths[i])
		in = cfg.Widths[i]
	}
	u.head = nn.NewConv(b.In("head"), in, cfg.Out, 1)
	return u
}

// Config returns the configuration, defaults filled in.
func (u *UNet) Config() Config { return u.cfg }

// Forward implements [nn.Layer]: Head of Features. It panics with a
// [*tensor.ShapeError] if x is not [N, spatial..., In], and if a factor of p is
// not positive.
func (u *UNet) Forward(p *nn.Pass, x autograd.Value) autograd.Value {
	return u.Head(p, u.Features(p, x))
}

// Features returns all of the network but its head: images x [N, spatial...,
// In] -> the features [N, spatial..., Widths[0]] of the finest level. It panics
// as Forward does.
func (u *UNet) Features(p *nn.Pass, x autograd.Value) autograd.Value {
	if s := x.Shape(); s.Rank() != u.cfg.Dims+2 || s.Channels() != u.cfg.In || slices.Contains(s.Spatial(), 0) {
		panic(&tensor.ShapeError{Op: "u-net", Shapes: []tensor.Shape{s}, Problem: fmt.Sprintf("takes images of %d spatial axes, none of them empty, and %d channels", u.cfg.Dims, u.cfg.In)})
	}
	var modulation autograd.Value
	if u.film != nil {
		modulation = u.film.Forward(p)
	}
	skips := make([]autograd.Value, len(u.decoder))
	sizes := u.cfg.Sizes(x.Shape().Spatial(), p.Factors)
	for i := range skips {
		skips[i] = u.encoder[i].forward(p, x, modulation)
		x = u.resize(skips[i], sizes[i])
	}
	x = u.encoder[len(skips)].forward(p, x, modulation)
	for i := len(skips) - 1; i >= 0; i-- {
		x = u.resize(x, skips[i].Shape().Spatial())
		x = u.decoder[i].forward(p, autograd.Concat(-1, skips[i], x), modulation)
	}
	return x
}

// Head returns the logits [N, spatial..., Out] of features. It looks at each
// element by itself, so those of a part of the features are a part of the logits.
func (u *UNet) Head(p *nn.Pass, features autograd.Value) autograd.Value {
	return u.head.Forward(p, features)
}

func (u *UNet) resize(x autograd.Value, size []int) autograd.Value {
	return rescale.Resize(x, size, rescale.Config{Antialias: u.cfg.Antialias})
}
