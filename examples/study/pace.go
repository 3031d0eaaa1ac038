package main

import (
	"context"
	"slices"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/hyper"
)

// paced is how many steps tell how fast a network trains, after a first one, which
// makes the buffers.
const paced = 4

// expect returns about how many seconds by all processors a network takes to train,
// before one has: by some steps of the first, whose result is thrown away, and the
// multiply-adds of the others beside its. It returns nil if training all steps would
// hardly take longer.
func (c *crew) expect(ctx context.Context, first network) (func(network) float64, error) {
	if c.minutes > 0 {
		return func(network) float64 { return 60 * c.minutes / float64(c.jobs) }, nil
	}
	if c.steps < 10*paced {
		return nil, nil
	}
	seconds := func(steps int) (float64, error) {
		m, err := sshn.New(first.cfg)
		if err != nil {
			return 0, err
		}
		t := (&trial{network: first, options: c.options, set: c.set}).training()
		t.Steps, t.Val, t.Dir, t.Progress = steps, nil, "", nil
		summary, err := m.Train(ctx, c.set.train, t)
		return summary.Time.Seconds(), err
	}
	one, err := seconds(1)
	if err != nil {
		return nil, err
	}
	more, err := seconds(1 + paced)
	if err != nil {
		return nil, err
	}
	step := max(0, more-one) / paced / c.macs(first)
	return func(n network) float64 {
		return step * c.macs(n) * float64(c.steps) / float64(c.jobs)
	}, nil
}

// macs are those of the network's forward pass in the middle of its range of phi.
func (c *crew) macs(n network) float64 {
	plain := n.cfg // without the hypernetwork, which would be made for nothing
	middle := (n.cfg.Prior.Lo + n.cfg.Prior.Hi) / 2
	plain.Method, plain.At, plain.Prior = sshn.Fixed, slices.Repeat(phi(middle), len(n.places[0].at)), hyper.Prior{}
	m, err := sshn.New(plain)
	if err != nil {
		return 1 // training says what is wrong
	}
	cost, err := m.Cost(c.set.train[0].Image.Shape.Dims()[:2], plain.At)
	if err != nil {
		return 1
	}
	return float64(cost.MACs)
}
