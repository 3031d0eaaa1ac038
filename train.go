package sshn

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/loss"
	"github.com/sshn-go/sshn/nn/optim"
	"github.com/sshn-go/sshn/nn/train"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
)

// Training says how a model is trained. Its zero value but for Steps or Limit
// is the library's choice: Adam on the sum of cross-entropy and soft Dice.
type Training struct {
	Steps    int            // steps in all; 0: no limit, but one of Steps, Limit and Patience must be given
	Limit    time.Duration  // time in all; 0: no limit
	Batch    int            // images per phi; 0 is 8 over Parts, at least 1; of one phi and with a norm 4
	Parts    int            // phis per step, each with a batch of its own; 0 is 4, of a prior of one point 1
	Widen    float64        // share of Steps or Limit, at most 1, in which the range of each of phi's numbers grows from its middle tenth to all of it; 0 is 0.6, below 0 it is all of it throughout, as without Steps and Limit
	Rate     float64        // first step size of Adam, which falls along a cosine; 0 is 2e-3; of one phi and with a norm 4e-3
	HeadRate float64        // of the hypernetwork's last matrix, as a share of Rate; 0 is 0.1
	Clip     float64        // greatest norm of the gradient; 0: not clipped
	Patch    data.Patch     // that is cut from each image, anew each time; zero: all of it. Norms see no more, see unet.Config.Normed
	Augment  data.Transform // nil: none
	Val      data.Dataset   // to choose the best weights by; nil: the last are kept, also of a training resumed without
	Every    int            // steps between validations and checkpoints; 0 is 100
	Patience int            // validations without a better score before stopping; 0: never, as without Val
	Workers  int            // goroutines that make batches; 0: as many as autograd.Workers

	Dir      string    // for checkpoints and the log, of one training at a time; empty: none
	Resume   bool      // go on from Dir's last checkpoint, if there is one; Val should be the same, which is not checked
	Progress io.Writer // a bar on a terminal, lines elsewhere; nil: none. Trainings at once need one each
}

// Train trains the model: each step draws phis from the prior, one from each of
// Parts equally likely ranges, and descends on the mean loss of their batches.
// At first only the middle of the prior is drawn from, and over the share Widen
// of the training it grows to all of it. With Val, the model ends with the
// weights of the best validation, the mean Dice over phis across the prior's
// range. If ctx is done it returns with ctx's error, and the model as it is then.
// Until it returns it holds d and Val in memory, with a scaled copy of each image
// of d. What Augment panics with, it panics with.
//
// Where the defaults are from. Parts, and Rate without a norm: training on 28 brain
// slices, four tissues, mean Dice of 6 others, 8 images a step, the whole range
// throughout. After 500 steps Dice at phi 0.5 was 0.866 with two independent phis of 4 images
// each, and 0.872 with four of 2 from a range each; that of an ordinary network
// was 0.878. After 1000 steps, with four phis, it was over phi 0.1, 0.2, 0.3,
// 0.4, 0.5
//
//	Rate 1e-3, HeadRate 0.03  0.868  0.885  0.894  0.898  0.898
//	Rate 1e-3, HeadRate 0.1   0.861  0.897  0.897  0.904  0.902  (margin 0.2)
//	Rate 2e-3, HeadRate 0.1   0.877  0.895  0.898  0.901  0.902
//	ordinary, Rate 1e-3                                   0.903
//
// HeadRate is not 1 because an element of theta moves by the sum of the steps of
// a whole row of the last matrix: with one step size for all, theta's own would
// be far too large. Between 0.01 and 0.3 it decides little.
//
// Widen: what costs steps is the width of the prior, not the hypernetwork. On 180
// photographs of white blood cells, 96 x 96, after 600 steps of 8 images, one
// seed, Dice of 60 others was 0.930 with a prior of (0.2, 0.3] and with a
// hypernetwork of a constant, 0.920 with (0.1, 0.4], 0.91 with (0, 0.55], as it
// was of Stochastic and FiLM, whose ordinary network had 0.927; and 12 hats over
// the range in place of h made it worse (0.88 to 0.89). A network that first learns a few phis
// learns the others sooner, and sooner yet if its levels see much the same scale
// at all of them, as [unet.Config.Coarsest] makes them. Means of two seeds, of
// which one differs from the other by up to 0.01:
//
//	                           phi 0.1    0.2    0.3    0.4    0.5
//	Widen -1                     0.904  0.916  0.915  0.912  0.908
//	Widen 0.6                    0.914  0.918  0.920  0.919  0.916
//	Widen -1, Coarsest 16        0.922  0.922  0.921  0.920  0.915  (one seed)
//	Widen 0.6, Coarsest 16       0.923  0.926  0.926  0.926  0.921
//	ordinary networks            0.925                       0.931  (0.1: one seed)
//
// To begin with the range's upper end instead of its middle is no better (0.925,
// 0.928, 0.927, 0.924, 0.920, one seed), and to draw larger phis more often than
// small ones gives to one end what it takes from the other. Nor does a HeadRate
// of 0.03 with both differ from 0.1. At 128 x 128, means of three seeds whose
// deviation is 0.001 to 0.004 after 2000 steps and at most 0.001 after 4000:
//
//	Widen -1                     0.930  0.934  0.939  0.941  0.942
//	Widen 0.6, Coarsest 16       0.938  0.942  0.944  0.945  0.943
//	ordinary networks, unbounded 0.943  0.944  0.946  0.949  0.950
//	4000 steps, as by default    0.944  0.948  0.950  0.950  0.948
//	ordinary networks            0.947  0.949  0.951  0.952  0.952
//	8000 steps                   0.946  0.949  0.951  0.953  0.951
//	4000 steps, Widen 0.3        0.946  0.947  0.947  0.948  0.949  (one seed)
//	4000 steps, arcsine law      0.945  0.948  0.949  0.951  0.949  (two seeds)
//
// The arcsine law draws both ends of the range, as wide as it is, more often than
// its middle; what it gives to the ends, where the gap to ordinary networks is, is
// within noise. An exponential mean of the weights over the last 100 to 400 steps is
// far better in the midst of a training and no better at its end, where the step
// size is small (0.0003 on the subjects that weights are chosen by, 8000 steps).
//
// Norm, Batch and Rate: all of the above are of networks without a norm, 8 images a
// step. With instance norm, the default for images ([unet.Config.Normed]), both kinds
// of network learn several times sooner; and with half the images, twice the steps,
// which take about as long, and twice the Rate, ordinary networks learn more, and one
// for all phis as much, on the photographs and on the brain slices below. So these are
// the defaults of one phi alone. The photographs at 128 x 128, means of three seeds
// whose deviation is at most 0.002; of 1000 steps one seed:
//
//	                           phi 0.1    0.2    0.3    0.4    0.5
//	4000 steps of 4, Rate 4e-3   0.949  0.952  0.953  0.953  0.952
//	ordinary networks            0.950  0.953  0.953  0.954  0.953
//	8000 steps of 4, Rate 4e-3   0.951  0.954  0.954  0.954  0.953
//	ordinary networks            0.950         0.953         0.955
//	2000 steps of 8, Rate 2e-3   0.948  0.953  0.953  0.953  0.952
//	ordinary networks            0.948  0.950  0.951  0.952  0.953
//	1000 steps of 8, Rate 2e-3   0.943  0.949  0.950  0.949  0.947
//	ordinary networks            0.947         0.951
//	1000 steps, HeadRate 0.3     0.941  0.946  0.948  0.948  0.947
//	1000 steps, phi² evenly      0.935  0.946  0.948  0.949  0.948
//
// An ordinary network at phi 0.1, which learns most slowly, one seed, and its Dice of
// the 60 that weights are chosen by, the mean of the last fifth of the validations:
//
//	                           phi 0.1   to choose by
//	2000 steps of 8, Rate 2e-3   0.949   0.954
//	2000 steps of 8, Rate 4e-3   0.951   0.956
//	2000 steps of 8, Rate 8e-3   0.947   0.955
//	4000 steps of 8, Rate 2e-3   0.952   0.957
//	4000 steps of 4, Rate 2e-3   0.949   0.955
//	4000 steps of 4, Rate 4e-3   0.952   0.957
//	8000 steps of 4, Rate 2e-3   0.951   0.958
//	8000 steps of 4, Rate 4e-3   0.952   0.958
//
// And brain slices, 28 to train on, mean Dice of 6 others, 160 x 192, 8 images a
// step but where another number stands:
//
//	800 steps, NoNorm            0.907  0.913  0.911  0.912  0.911  (three seeds)
//	1600 steps, NoNorm           0.912  0.917  0.916  0.917  0.916  (three seeds)
//	800 steps                    0.918  0.921  0.922  0.921  0.921  (one seed)
//	1600 steps of 4, Rate 4e-3   0.918  0.921  0.921  0.921  0.921  (three seeds)
//	ordinary networks            0.921  0.921  0.922  0.922  0.923  (three seeds)
//	3200 steps of 4, Rate 4e-3   0.920  0.921  0.923  0.923  0.923  (three seeds)
//	ordinary networks            0.922                       0.924  (three seeds)
//
// So what one network for all phis lacks is steps: twice those of an ordinary network
// make up for it on both sets of images, and no other number that was tried does. Of the
// slices, 1600 steps of 4, one seed unless it says three, of which two differ by up to
// 0.002:
//
//	Rate 4e-3                    0.9175 0.9206 0.9202 0.9218 0.9202
//	Rate 2e-3                    0.9182 0.9212 0.9210 0.9221 0.9203
//	HeadRate 0.03                0.9181 0.9210 0.9209 0.9222 0.9206
//	HeadRate 1                   0.9168 0.9207 0.9197 0.9200 0.9189
//	Widen 0.3                    0.9180 0.9202 0.9202 0.9220 0.9203
//	Widen 0.6, three             0.9180 0.9209 0.9210 0.9213 0.9207
//	Widen -1, three              0.9196 0.9216 0.9206 0.9224 0.9217
//
// And of the photographs, 4000 steps of 4, Rate 4e-3, one seed:
//
//	Widen 0.6                    0.9504 0.9532 0.9539 0.9534 0.9522
//	Widen 0.3                    0.9494 0.9520 0.9531 0.9533 0.9535
//	Widen -1                     0.9489 0.9512 0.9517 0.9518 0.9509
func (m *Model) Train(ctx context.Context, d data.Dataset, t Training) (train.Summary, error) {
	err := t.check()
	if err == nil && d == nil {
		err = fmt.Errorf("no data to train on")
	}
	if err != nil {
		return train.Summary{}, fmt.Errorf("sshn: train: %w", err)
	}
	t = t.withDefaults(m.cfg.At != nil, m.cfg.Network.Norm != unet.NoNorm)
	trainer := &trainer{Model: m, Training: t, ctx: ctx, data: d, stop: func() {}}
	if err := trainer.prepare(); err != nil {
		return train.Summary{}, fmt.Errorf("sshn: train: %w", err)
	}
	defer func() { trainer.stop() }() // as objective sets it
	params := m.source.Params()
	horizon := t.Steps
	if horizon == 0 {
		horizon = nominal
	}
	loop := &train.Loop{
		Params:    params,
		Optimiser: optim.NewAdam(len(params.Data), optim.AdamConfig{Groups: m.groups(t.HeadRate)}),
		Schedule:  optim.Cosine(t.Rate, t.Rate/20, horizon),
		Objective: trainer.objective,
	}
	patience := 0
	if t.Val != nil {
		loop.Validate, patience = trainer.validate, t.Patience
	}
	identity, err := t.identity(m.cfg, d)
	if err != nil {
		return train.Summary{}, fmt.Errorf("sshn: train: %w", err)
	}
	summary, err := loop.Run(ctx, train.Config{
		Steps: t.Steps, Limit: t.Limit, Parts: t.Parts, Clip: t.Clip, Every: t.Every, Patience: patience,
		Dir: t.Dir, Resume: t.Resume, Identity: identity, Progress: t.Progress, Horizon: horizon,
	})
	if summary.Steps > 0 { // else nothing has changed
		m.Curve = Curve{}
	}
	if t.Val != nil && summary.Best != nil && err == nil {
		copy(params.Data, summary.Best)
	}
	return summary, err
}

// check returns an error if t is no training.
func (t Training) check() error {
	ends := t.Steps > 0 || t.Limit > 0 || t.Patience > 0 && t.Val != nil
	if t.Batch < 0 || t.Parts < 0 || t.Workers < 0 {
		return fmt.Errorf("Batch %d, Parts %d, Workers %d: none may be negative", t.Batch, t.Parts, t.Workers)
	}
	for _, x := range []float64{t.Rate, t.HeadRate, t.Clip} {
		if !(x >= 0) || math.IsInf(x, 1) {
			return fmt.Errorf("Rate %v, HeadRate %v, Clip %v: none may be negative or without an end", t.Rate, t.HeadRate, t.Clip)
		}
	}
	switch {
	case t.Steps < 0 || t.Limit < 0 || t.Every < 0 || t.Patience < 0:
		return fmt.Errorf("Steps %d, Limit %v, Every %d, Patience %d: none may be negative", t.Steps, t.Limit, t.Every, t.Patience)
	case !ends:
		return fmt.Errorf("no end: give Steps or Limit, or Patience with Val")
	case !(t.Widen <= 1):
		return fmt.Errorf("Widen %v: a share of at most 1 is possible", t.Widen)
	}
	return nil
}

// identity describes what must be the same for a training to be gone on with.
// How long it is to last is not part of it: more steps may be asked for. Step
// size and range of phi are then those of the longer training from there on.
func (t Training) identity(cfg Config, d data.Dataset) (string, error) {
	// Of an augmentation what JSON shows of it; of one that JSON cannot show, nothing.
	augment, err := json.Marshal(t.Augment)
	if err != nil || t.Augment == nil {
		augment = nil
	}
	subjects := fnv.New64a()
	for i := range d.Len() {
		fmt.Fprintf(subjects, "%q", d.Subject(i))
	}
	text, err := json.Marshal(struct {
		Config
		Batch    int     `json:"batch"`
		Parts    int     `json:"parts"`
		Widen    float64 `json:"widen,omitzero"` // 0: not at all
		Rate     float64 `json:"rate"`
		HeadRate float64 `json:"head_rate"`
		Clip     float64 `json:"clip"`
		Samples  int     `json:"samples"`
		Hash     string  `json:"subjects_hash"` // of them in order

		Patch   data.Patch      `json:"patch,omitzero"`
		Augment json.RawMessage `json:"augment,omitempty"`
	}{cfg, t.Batch, t.Parts, max(t.Widen, 0), t.Rate, t.HeadRate, t.Clip, d.Len(), fmt.Sprintf("%016x", subjects.Sum64()), t.Patch, augment})
	return string(text), err
}

// nominal is the length of a schedule where only a time limit is given: the
// share of the time that has passed is mapped onto it.
const nominal = 1 << 20

// withDefaults fills in what is zero, of a training for one phi or for many of a
// network with a norm or without one.
func (t Training) withDefaults(one, normed bool) Training {
	images, rate := 8, 2e-3
	if one && normed {
		images, rate = 4, 4e-3
	}
	if t.Parts == 0 {
		t.Parts = 4
		if one {
			t.Parts = 1
		}
	}
	if t.Batch == 0 {
		t.Batch = max(1, images/t.Parts)
	}
	switch {
	case t.Widen < 0 || one || t.Steps == 0 && t.Limit == 0:
		t.Widen = -1
	case t.Widen == 0:
		t.Widen = 0.6
	}
	if t.Rate == 0 {
		t.Rate = rate
	}
	if t.HeadRate == 0 {
		t.HeadRate = 0.1
	}
	if t.Workers == 0 {
		t.Workers = autograd.Workers()
	}
	return t
}

// groups gives the last matrix of a hypernetwork its own step size.
func (m *Model) groups(headRate float64) []optim.Group {
	if m.cfg.Method != SSHN {
		return nil
	}
	return optim.Groups(m.source.Params().Layout, func(p nn.Param) float64 {
		if p.Name == "head" {
			return headRate
		}
		return 1
	})
}

// trainer is the state of one call of Train.
type trainer struct {
	*Model
	Training
	ctx  context.Context
	data data.Dataset
	next func() (data.Batch, error, bool)
	stop func()
	val  data.Samples

	passes []*nn.Pass // of the parts of the step
}

// prepare scales the data once, in memory of its own, and looks through all
// samples, lest hours end with what is wrong with one.
func (t *trainer) prepare() error {
	samples, err := t.scaled(t.data)
	if err != nil {
		return err
	}
	t.data = samples
	if t.Val == nil {
		return nil
	}
	// Predictors scale images themselves.
	if t.val, err = data.Collect(t.Val); err != nil {
		return err
	}
	if len(t.val) == 0 {
		return fmt.Errorf("no samples to validate on")
	}
	for _, s := range t.val {
		err := t.fits(s)
		if err == nil {
			_, err = t.cfg.Scale.of(s.Image)
		}
		if err != nil {
			return fmt.Errorf("validation: subject %s: %w", s.Subject, err)
		}
	}
	return nil
}

func (t *trainer) scaled(d data.Dataset) (data.Samples, error) {
	var samples data.Samples
	var first tensor.Shape // of the patches of the first
	for s, err := range data.All(d) {
		if err != nil {
			return nil, err
		}
		patch, err := t.patch(s)
		switch {
		case err != nil:
			return nil, fmt.Errorf("subject %s: %w", s.Subject, err)
		case samples == nil:
			first = patch
		case t.Batch > 1 && patch != first:
			return nil, fmt.Errorf("subjects %s and %s: images of %v and %v to train on; batches of %d take equal shapes",
				samples[0].Subject, s.Subject, first, patch, t.Batch)
		}
		image := tensor.Zeros(s.Image.Shape)
		if err := t.cfg.Scale.apply(image, s.Image); err != nil {
			return nil, fmt.Errorf("subject %s: %w", s.Subject, err)
		}
		s.Image = image
		samples = append(samples, s)
	}
	if samples == nil {
		return nil, fmt.Errorf("no samples to train on")
	}
	return samples, nil
}

// patch returns the shape of what is trained on of a sample, or an error if it
// cannot be.
func (t *trainer) patch(s data.Sample) (tensor.Shape, error) {
	if err := t.fits(s); err != nil {
		return tensor.Shape{}, err
	}
	return t.Patch.Shape(s)
}

// objective implements [train.Objective]. Steps follow each other, so the loader
// begins at the first that is asked for and then goes on.
func (t *trainer) objective(tape *autograd.Tape, at train.Moment) (autograd.Value, string, error) {
	if t.next == nil {
		loader := &data.Loader{Data: t.data, Batch: t.Batch, Seed: t.cfg.Seed, Patch: t.Patch, Augment: t.Augment, Workers: t.Workers, Ahead: 2 * t.Workers}
		t.next, t.stop = iter.Pull2(loader.Batches(t.ctx, at.Step*t.Parts+at.Part))
	}
	batch, err, ok := t.next()
	if err != nil || !ok {
		return autograd.Value{}, "", err
	}
	if at.Part == 0 {
		if err := t.draw(tape, at); err != nil {
			return autograd.Value{}, "", err
		}
	}
	pass := t.passes[at.Part]
	logits := t.net.Forward(pass, tape.Const(batch.Image))
	return loss.DiceCE(logits, tape.Const(batch.Labels), loss.Config{}), fmt.Sprintf("phi %.4g", pass.Condition[0]), nil
}

// draw draws the phis of a step and records theta for all of them.
func (t *trainer) draw(tape *autograd.Tape, at train.Moment) error {
	t.passes = t.passes[:0]
	var conditions [][]float64
	for part := range t.Parts {
		rng := nn.Stream(t.cfg.Seed, "phi", uint64(at.Step), uint64(part))
		phi := t.cfg.At
		if phi == nil {
			phi = t.prior(at.Share).Stratum(rng, part, t.Parts)
		}
		f, err := t.Factors(phi)
		if err != nil {
			return err
		}
		t.passes = append(t.passes, &nn.Pass{Condition: f.Vector(), Factors: f, Train: true, Rand: rng})
		conditions = append(conditions, f.Vector())
	}
	for part, theta := range hyper.Thetas(t.source, tape, conditions...) {
		t.passes[part].Theta = theta
	}
	return nil
}

// prior is what phi is drawn from when the given share of the training is over.
func (t *trainer) prior(over float64) hyper.Prior {
	const first = 0.1 // half as wide as (0.2, 0.3], which was learned as soon as one phi
	if over >= t.Widen {
		return t.cfg.Prior
	}
	return t.cfg.Prior.Middle(first + (1-first)*over/t.Widen)
}

// validate returns the mean Dice over phis at a sixth, a half and five sixths
// of the prior's range, or at the model's one phi.
func (t *trainer) validate(ctx context.Context) (float64, error) {
	phis := []pareto.Phi{t.cfg.At}
	if t.cfg.At == nil {
		phis = phis[:0]
		for _, share := range []float64{1. / 6, 1. / 2, 5. / 6} {
			x := t.cfg.Prior.Lo + share*(t.cfg.Prior.Hi-t.cfg.Prior.Lo)
			phis = append(phis, slices.Repeat(pareto.Phi{x}, t.cfg.numbers()))
		}
	}
	var sum float64
	for _, phi := range phis {
		p, err := t.At(phi)
		if err != nil {
			return math.NaN(), err
		}
		dice, _, err := p.dice(ctx, t.val)
		if err != nil {
			return math.NaN(), err
		}
		sum += dice.Mean().Mean
	}
	return sum / float64(len(phis)), nil
}
