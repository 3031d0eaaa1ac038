package sshn

import (
	"context"
	"fmt"

	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
)

// Sweep measures the model on every subject of d at each of phis, and returns
// the curve, which it also keeps in m.Curve: Dice over subjects, and for one
// image MACs, memory (parameters and buffers) and latency. Phis that lead to
// the same feature-map sizes are the same network and are measured once, at the
// greatest. All images must be of the same extents, for a cost to be one number.
//
// progress, if not nil, is called after each point with the number done of all
// phis. If ctx is done the points so far are returned with its error.
func (m *Model) Sweep(ctx context.Context, d data.Dataset, phis []pareto.Phi, progress func(done, of int)) ([]pareto.Point, error) {
	samples, extents, err := m.measured(d)
	if err != nil {
		return nil, err
	}
	factors := map[string]nn.Factors{}
	for _, phi := range phis {
		if factors[phi.String()], err = m.Factors(phi); err != nil {
			return nil, err
		}
	}
	key := func(phi pareto.Phi) string {
		return unet.Key(extents, factors[phi.String()], m.cfg.Network.Levels())
	}
	done := 0
	points, err := pareto.Sweep(ctx, phis, key, func(ctx context.Context, phi pareto.Phi) (pareto.Point, error) {
		p, err := m.measure(ctx, samples, phi)
		if done++; progress != nil {
			progress(done, len(phis))
		}
		return p, err
	})
	if err != nil {
		return points, fmt.Errorf("sshn: %w", err)
	}
	m.Curve = points
	return points, nil
}

// measured loads the samples to measure on and returns their extents.
func (m *Model) measured(d data.Dataset) (data.Samples, []int, error) {
	samples, err := data.Collect(d)
	if err != nil {
		return nil, nil, fmt.Errorf("sshn: sweep: %w", err)
	}
	if len(samples) == 0 {
		return nil, nil, fmt.Errorf("sshn: sweep: no samples to measure on")
	}
	first := samples[0]
	for _, s := range samples {
		if s.Image.Shape != first.Image.Shape {
			return nil, nil, fmt.Errorf("sshn: sweep: subject %s has an image %v, subject %s %v; a cost takes equal extents",
				s.Subject, s.Image.Shape, first.Subject, first.Image.Shape)
		}
	}
	dims := first.Image.Shape.Dims()
	return samples, dims[:len(dims)-1], nil
}

// latencies is the least number of forward passes that a latency is made of.
const latencies = 20

func (m *Model) measure(ctx context.Context, samples data.Samples, phi pareto.Phi) (pareto.Point, error) {
	table, seconds, err := m.dice(ctx, samples, phi)
	if err != nil {
		return pareto.Point{}, err
	}
	dice := table.Mean()
	if dice.N == 0 {
		return pareto.Point{}, fmt.Errorf("no subject of %d has a structure, in truth or prediction", len(table.Subjects))
	}
	p, err := m.At(phi)
	if err != nil {
		return pareto.Point{}, err
	}
	for i := 0; len(seconds) < latencies; i++ {
		_, took, err := p.classes(samples[i%len(samples)].Image)
		if err != nil {
			return pareto.Point{}, err
		}
		if i >= 2 { // the first allocates, the second is the first to reuse
			seconds = append(seconds, took)
		}
	}
	dims := samples[0].Image.Shape.Dims()
	cost, err := m.Cost(dims[:len(dims)-1], phi)
	if err != nil {
		return pareto.Point{}, err
	}
	return pareto.Point{
		Phi: phi, Dice: dice.Mean, DiceSD: dice.SD,
		MACs: cost.MACs, Bytes: cost.Bytes + 4*int64(m.layout.Len()),
		Latency: pareto.NewLatency(seconds), Label: string(m.cfg.Method),
	}, nil
}
