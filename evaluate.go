package sshn

import (
	"context"
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/pareto"
)

// An Evaluation is how well a predictor segments a data set, and what one image
// costs.
type Evaluation struct {
	Dice    *metric.Table  // of each subject and class
	MACs    int64          // of the network
	Bytes   int64          // of its weights and buffers
	Latency pareto.Latency // of forward passes, in seconds, two that warm up left out
}

// Evaluate segments every sample of d, which it holds in memory. All images
// must be of the same extents, for the cost to be one number; labels may lie on
// grids of their own ([data.Sample.Back]), where Dice is that of what is
// predicted and brought there. It returns an
// error that names the subject if an image or its labels are not what the model
// takes, or ctx's.
func (p *Predictor) Evaluate(ctx context.Context, d data.Dataset) (Evaluation, error) {
	samples, _, err := p.model.measured(d)
	if err != nil {
		return Evaluation{}, fmt.Errorf("sshn: evaluate: %w", err)
	}
	e, err := p.evaluate(ctx, samples)
	if err != nil {
		return Evaluation{}, fmt.Errorf("sshn: evaluate: %w", err)
	}
	return e, nil
}

func (p *Predictor) evaluate(ctx context.Context, samples data.Samples) (Evaluation, error) {
	table, seconds, err := p.dice(ctx, samples)
	if err != nil {
		return Evaluation{}, err
	}
	if seconds, err = p.time(ctx, seconds, samples); err != nil {
		return Evaluation{}, err
	}
	cost := p.cost(spatial(samples[0]))
	return Evaluation{Dice: table, MACs: cost.MACs, Bytes: cost.Bytes, Latency: pareto.NewLatency(seconds)}, nil
}

// spatial returns the extents of a sample's image, without channels.
func spatial(s data.Sample) []int {
	return s.Image.Shape.Dims()[:s.Image.Shape.Rank()-1]
}

// cost returns the cost of one image, weights included.
func (p *Predictor) cost(extents []int) autograd.Cost {
	cost := p.model.cost(extents, p.factors)
	cost.Bytes += 4 * int64(p.model.layout.Len())
	return cost
}

// dice returns the Dice of each subject, and the seconds of each forward pass
// but the first two, which warm up.
func (p *Predictor) dice(ctx context.Context, samples data.Samples) (*metric.Table, []float64, error) {
	overlaps := map[string]*metric.Overlap{}
	var seconds []float64
	for i, s := range samples {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		classes, took, err := p.classes(s.Image)
		if err != nil {
			return nil, nil, fmt.Errorf("subject %s: %w", s.Subject, err)
		}
		if i >= 2 {
			seconds = append(seconds, took)
		}
		o := overlaps[s.Subject]
		if o == nil {
			o = metric.NewOverlap(p.model.cfg.Network.Out)
			overlaps[s.Subject] = o
		}
		if err := o.Add(s.Labels, s.Restore(classes)); err != nil {
			return nil, nil, fmt.Errorf("subject %s: %w", s.Subject, err)
		}
	}
	table := &metric.Table{}
	for _, subject := range data.Subjects(samples) {
		table.Add(subject, overlaps[subject])
	}
	return table, seconds, nil
}

// latencies is the least number of forward passes that a latency is made of.
const latencies = 20

// time adds forward passes until there are enough.
func (p *Predictor) time(ctx context.Context, seconds []float64, samples data.Samples) ([]float64, error) {
	for i := 0; len(seconds) < latencies; i++ {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		_, took, err := p.classes(samples[i%len(samples)].Image)
		if err != nil {
			return nil, err
		}
		if i >= 2 { // the first allocates, the second is the first to reuse
			seconds = append(seconds, took)
		}
	}
	return seconds, nil
}
