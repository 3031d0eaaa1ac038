package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/nn/train"
)

// modelFile is a trained network, in a folder of its own.
const modelFile = "model.safetensors"

// A trial trains a network and measures it.
type trial struct {
	network
	*options
	set *set
	dir string // of its checkpoints and model
	log io.Writer
}

// missing are the places that none of the known lines of the network is of: all
// of them, or, of one that was trained already, those that were not asked for
// before.
func (n network) missing(known []result.Line) []place {
	return slices.DeleteFunc(slices.Clone(n.places), func(p place) bool {
		return slices.ContainsFunc(known, func(l result.Line) bool {
			return l.Network == n.name() && l.Phi.Equal(p.at) && l.Of.Equal(p.of)
		})
	})
}

// lines measures the network at places.
func (t *trial) lines(ctx context.Context, m *sshn.Model, length train.Summary, places []place) ([]result.Line, error) {
	var lines []result.Line
	for _, p := range places {
		l, err := t.measure(ctx, m, p)
		if err != nil {
			return nil, fmt.Errorf("measure at phi %v: %w", p.at, err)
		}
		l.Steps, l.Seconds = length.Steps, length.Time.Seconds()
		lines = append(lines, l)
	}
	return lines, nil
}

// model returns the trained network: from its file, if it was measured before,
// else from training, which goes on from its last checkpoint.
func (t *trial) model(ctx context.Context, known []result.Line) (*sshn.Model, train.Summary, error) {
	i := slices.IndexFunc(known, func(l result.Line) bool { return l.Network == t.name() })
	if i >= 0 {
		m, err := sshn.Load(filepath.Join(t.dir, modelFile))
		if !errors.Is(err, fs.ErrNotExist) {
			seconds := time.Duration(known[i].Seconds * float64(time.Second))
			return m, train.Summary{Steps: known[i].Steps, Time: seconds}, err
		}
	}
	m, err := sshn.New(t.cfg)
	if err != nil {
		return nil, train.Summary{}, err
	}
	summary, err := m.Train(ctx, t.set.train, t.training())
	return m, summary, err
}

// training is the same for all networks: each step has as many batches, of one
// phi or of several, so that data and their order are the same too.
func (t *trial) training() sshn.Training {
	c := t.settings
	training := sshn.Training{
		Steps: t.steps, Limit: time.Duration(t.minutes * float64(time.Minute)),
		Batch: c.batch, Parts: c.parts, Widen: t.widen, Rate: c.rate, HeadRate: c.headRate, Clip: 1,
		Val: t.set.val, Every: t.every, Dir: t.dir, Resume: true, Progress: t.log,
	}
	if t.widen == 0 {
		training.Widen = -1
	}
	if !c.plain {
		training.Augment = t.set.augment
	}
	return training
}

// measure measures the model at a place.
func (t *trial) measure(ctx context.Context, m *sshn.Model, at place) (result.Line, error) {
	of := at.of
	if of == nil {
		of = at.at
	}
	p, err := m.Transfer(of, at.at)
	if err != nil {
		return result.Line{}, err
	}
	e, err := p.Evaluate(ctx, t.set.test)
	if err != nil {
		return result.Line{}, err
	}
	l := result.Line{
		Network: t.name(), Method: t.method, Variant: t.variant, Seed: t.cfg.Seed,
		Lo: t.cfg.Prior.Lo, Hi: t.cfg.Prior.Hi, Phi: at.at, Of: at.of,
		Subjects: e.Dice.Subjects,
		Params:   len(m.Source().Params().Data), Weights: m.Layout().Len(),
		MACs: e.MACs, Bytes: e.Bytes, Latency: e.Latency.Median,
	}
	if t.jobs > 1 {
		l.Jobs = t.jobs
	}
	for _, dice := range e.Dice.Dice {
		scores := make(result.Scores, len(dice)-1) // without the background
		for i, x := range dice[1:] {
			scores[i] = math.Round(x*1e5) / 1e5 // two more digits than seeds agree in
		}
		l.Dice = append(l.Dice, scores)
	}
	return l, nil
}

// tidy removes the checkpoints in a network's folder, which take four times the
// model's room, and what a kill left of a model that was being written.
func tidy(dir string) error {
	for _, name := range []string{"last.safetensors", "best.safetensors"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return atomicfile.Sweep(filepath.Join(dir, modelFile))
}
