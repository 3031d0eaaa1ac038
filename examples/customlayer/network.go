package main

import (
	"context"
	"math"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/loss"
	"github.com/sshn-go/sshn/nn/optim"
	"github.com/sshn-go/sshn/nn/train"
	"github.com/sshn-go/sshn/rescale"
	"github.com/sshn-go/sshn/tensor"
)

// Denoiser is a network of a user's own. It does its work on a map that is
// shrunk by phi.
type Denoiser struct {
	in, out *nn.Conv
	body    *Residual
}

// NewDenoiser builds the network for images of one channel.
func NewDenoiser(b nn.Builder, channels int) *Denoiser {
	return &Denoiser{
		in:   nn.NewConv(b.In("in"), 1, channels, 3),
		body: NewResidual(b.In("body"), channels),
		out:  nn.NewConv(b.In("out"), channels, 1, 3),
	}
}

// Forward implements [nn.Layer]: x [N H W 1] -> y of the same shape.
func (d *Denoiser) Forward(p *nn.Pass, x autograd.Value) autograd.Value {
	size := x.Shape().Spatial()
	y := rescale.By(d.in.Forward(p, x), p.Factors.At(0, 0), p.Factors.At(0, 1))
	y = d.body.Forward(p, y)
	return d.out.Forward(p, rescale.Resize(y, size, rescale.Config{}))
}

// fit trains a hypernetwork to predict net's weights for every phi of a prior.
func fit(ctx context.Context, net nn.Layer, source hyper.Source, prior hyper.Prior, steps int) (train.Summary, error) {
	params := source.Params()
	loop := train.Loop{
		Params:    params,
		Optimiser: optim.NewAdam(len(params.Data), optim.AdamConfig{}),
		Schedule:  optim.Cosine(3e-3, 1e-4, steps),
		Objective: func(t *autograd.Tape, at train.Moment) (autograd.Value, string, error) {
			rng := nn.Stream(1, "step", uint64(at.Step))
			phi := prior.Sample(rng)
			pass := &nn.Pass{Theta: source.Theta(t, phi), Condition: phi, Factors: nn.Uniform(phi[0])}
			noisy, clean := waves(uint64(at.Step))
			return loss.MSE(net.Forward(pass, t.Const(noisy)), t.Const(clean), loss.Mean), "", nil
		},
	}
	return loop.Run(ctx, train.Config{Steps: steps})
}

// waves returns four images of long waves, with noise and without.
func waves(seed uint64) (noisy, clean tensor.Tensor) {
	const n, size = 4, 24
	rng := nn.Stream(seed, "waves")
	noisy, clean = tensor.New(n, size, size, 1), tensor.New(n, size, size, 1)
	for i := range n {
		down, right, start := 0.4*rng.Float64(), 0.4*rng.Float64(), 2*math.Pi*rng.Float64()
		for y := range size {
			for x := range size {
				wave := math.Sin(down*float64(y) + right*float64(x) + start)
				clean.Set(float32(wave), i, y, x, 0)
				noisy.Set(float32(wave+0.5*rng.NormFloat64()), i, y, x, 0)
			}
		}
	}
	return noisy, clean
}
