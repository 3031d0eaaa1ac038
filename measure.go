package sshn

import (
	"context"
	"fmt"

	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/pareto"
)

// Measure measures the model on every subject of d at each of phis: Dice over
// subjects, and for one image MACs, memory (parameters and buffers) and
// latency. It changes nothing; to keep the curve with the model, assign it to
// m.Curve. Phis that lead to the same feature-map sizes are the same network
// and are measured once, at the last given ([pareto.Sweep]). All images must be
// of the same extents, for a cost to be one number, and d is held in memory.
// Labels may lie on grids of their own, as for [Predictor.Evaluate].
//
// progress, if not nil, is called after each point with the number done of all
// points. If ctx is done the points so far are returned with its error.
func (m *Model) Measure(ctx context.Context, d data.Dataset, phis []pareto.Phi, progress func(done, of int)) (Curve, error) {
	if len(phis) == 0 {
		return Curve{}, fmt.Errorf("sshn: measure: no phis")
	}
	samples, extents, err := m.measured(d)
	if err != nil {
		return Curve{}, fmt.Errorf("sshn: measure: %w", err)
	}
	factors := map[string]nn.Factors{}
	for _, phi := range phis {
		if factors[phi.String()], err = m.Factors(phi); err != nil {
			return Curve{}, err
		}
		if err := m.frozenAt(phi); err != nil {
			return Curve{}, err
		}
	}
	key := func(phi pareto.Phi) string {
		return m.cfg.Network.Key(extents, factors[phi.String()])
	}
	points := map[string]bool{}
	for _, phi := range phis {
		points[key(phi)] = true
	}
	curve := Curve{Subjects: len(data.Subjects(samples)), Extents: extents}
	var tables []*metric.Table
	curve.Points, err = pareto.Sweep(ctx, phis, key, func(ctx context.Context, phi pareto.Phi) (pareto.Point, error) {
		p, table, err := m.measure(ctx, samples, phi)
		if tables = append(tables, table); progress != nil {
			progress(len(tables), len(points))
		}
		return p, err
	})
	curve.Structures = structures(m.cfg.Labels, samples, tables[:len(curve.Points)])
	if err != nil {
		return curve, fmt.Errorf("sshn: %w", err)
	}
	return curve, nil
}

// measured loads the samples to measure on and returns their extents.
func (m *Model) measured(d data.Dataset) (data.Samples, []int, error) {
	samples, err := data.Collect(d)
	if err != nil {
		return nil, nil, err
	}
	if len(samples) == 0 {
		return nil, nil, fmt.Errorf("no samples")
	}
	first := samples[0]
	for _, s := range samples {
		if err := m.fits(s); err != nil {
			return nil, nil, fmt.Errorf("subject %s: %w", s.Subject, err)
		}
		if s.Image.Shape != first.Image.Shape {
			return nil, nil, fmt.Errorf("subject %s has an image %v, subject %s %v; a cost takes equal extents",
				s.Subject, s.Image.Shape, first.Subject, first.Image.Shape)
		}
	}
	return samples, spatial(first), nil
}

func (m *Model) measure(ctx context.Context, samples data.Samples, phi pareto.Phi) (pareto.Point, *metric.Table, error) {
	p, err := m.At(phi)
	if err != nil {
		return pareto.Point{}, nil, err
	}
	e, err := p.evaluate(ctx, samples)
	if err != nil {
		return pareto.Point{}, nil, err
	}
	dice := e.Dice.Mean()
	if dice.N == 0 {
		return pareto.Point{}, nil, fmt.Errorf("no subject of %d has a structure, in truth or prediction", len(e.Dice.Subjects))
	}
	return pareto.Point{
		Phi: phi, Dice: dice.Mean, DiceSD: dice.SD,
		MACs: e.MACs, Bytes: e.Bytes, Latency: e.Latency, Label: string(m.cfg.Method),
	}, e.Dice, nil
}
