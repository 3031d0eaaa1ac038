package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/optim"
)

// An Objective records the loss, a value of one element, of one part of a step
// on t. The note says what a person wants to know of it, as in "phi 0.23": it
// goes into the log and into errors.
type Objective func(t *autograd.Tape, step, part int) (loss autograd.Value, note string, err error)

// A Loop is what is trained and how.
type Loop struct {
	Params    *nn.Params
	Optimizer optim.Optimizer
	Schedule  optim.Schedule // step size of each step; nil is the constant 1e-3
	Objective Objective
	Validate  func(context.Context) (float64, error) // a score, higher is better; nil: none
}

// Config says how long a run lasts and what it leaves behind. Its zero value
// trains until the context is done and keeps nothing.
type Config struct {
	Steps    int           // steps in all; 0: no limit
	Limit    time.Duration // training time in all, resumed runs together; 0: no limit
	Parts    int           // objectives of a step, whose gradients are averaged; 0 is 1
	Clip     float64       // greatest norm of the gradient; 0: not clipped
	Every    int           // steps between validations and checkpoints; 0 is 100
	Patience int           // validations in a row without a better score before stopping early; 0: never

	Horizon int // steps that the schedule is for, if only Limit is given: the share of the time that has passed is mapped onto them

	Dir      string    // for log.jsonl, last.safetensors and best.safetensors; empty: none are kept
	Resume   bool      // go on from last.safetensors, if it is there
	Identity string    // what must be equal for a run to be resumed: a description of network and data
	Progress io.Writer // a bar on a terminal, lines on anything else; nil: none
}

// A Summary tells how a run ended.
type Summary struct {
	Steps   int           // steps done, resumed runs together
	Time    time.Duration // spent, resumed runs together
	Loss    float64       // mean over about the last twenty steps
	Score   float64       // the best validation's, NaN without one
	Best    []float32     // the parameters then, nil without one
	Stopped string        // why: "steps", "time" or "patience"
}

// A LossError tells that a loss or its gradient was not finite. The parameters
// and the last checkpoint are as they were before that step.
type LossError struct {
	Step  int
	Note  string // of the objective, as in "phi 0.23"
	What  string // "loss" or "gradient norm"
	Value float64
	Kept  string // the last good checkpoint, empty if there is none
}

func (e *LossError) Error() string {
	text := fmt.Sprintf("train: step %d", e.Step)
	if e.Note != "" {
		text += ", " + e.Note
	}
	text += fmt.Sprintf(": the %s is %v", e.What, e.Value)
	if e.Kept != "" {
		text += "; the last good checkpoint is " + e.Kept
	}
	return text
}

// Run trains until a limit of cfg is reached, and returns how it ended. If ctx
// is done or an error occurs first it returns that error beside the summary so
// far; in the first case a checkpoint was written.
func (l *Loop) Run(ctx context.Context, cfg Config) (Summary, error) {
	r := &run{Loop: l, cfg: cfg.withDefaults(), tape: autograd.NewTape(), score: math.NaN()}
	if r.Schedule == nil {
		r.Schedule = optim.Constant(1e-3)
	}
	if err := r.begin(); err != nil {
		return r.summary(""), err
	}
	why, err := r.loop(ctx)
	if end := r.end(); err == nil {
		err = end
	}
	return r.summary(why), err
}

func (c Config) withDefaults() Config {
	c.Parts = max(c.Parts, 1)
	if c.Every == 0 {
		c.Every = 100
	}
	return c
}

// run is the state of one call of Run.
type run struct {
	*Loop
	cfg  Config
	tape *autograd.Tape
	bar  *progress
	log  *log

	done  int           // steps
	spent time.Duration // before this call
	began time.Time
	loss  float64 // running mean
	score float64 // the best
	stale int     // validations since
	best  []float32
	kept  int // the step of the last checkpoint
}

func (r *run) begin() error {
	r.kept = -1
	if r.cfg.Dir != "" {
		if err := r.openDir(); err != nil {
			return err
		}
	}
	r.bar = newProgress(r.cfg, r.done, r.spent)
	r.began = time.Now()
	return nil
}

func (r *run) loop(ctx context.Context) (why string, err error) {
	for {
		if why = r.finished(); why != "" {
			return why, r.checkpoint()
		}
		if ctx.Err() != nil {
			return "", errors.Join(ctx.Err(), r.checkpoint())
		}
		if err := r.step(); err != nil {
			return "", err
		}
		if r.done%r.cfg.Every == 0 || r.finished() != "" {
			if err := r.validate(ctx); err != nil {
				return "", err
			}
			if err := r.checkpoint(); err != nil {
				return "", err
			}
		}
	}
}

func (r *run) finished() string {
	switch {
	case r.cfg.Steps > 0 && r.done >= r.cfg.Steps:
		return "steps"
	case r.cfg.Limit > 0 && r.time() >= r.cfg.Limit:
		return "time"
	case r.cfg.Patience > 0 && r.stale >= r.cfg.Patience:
		return "patience"
	}
	return ""
}

func (r *run) step() error {
	began := time.Now()
	r.tape.Reset()
	omega := r.Params.Leaf(r.tape)
	var loss float64
	var notes string
	for part := range r.cfg.Parts {
		y, note, err := r.Objective(r.tape, r.done, part)
		if err != nil {
			return fmt.Errorf("train: step %d: %w", r.done, err)
		}
		y = autograd.Scale(y, 1/float64(r.cfg.Parts))
		if x := float64(y.Item()); !finite(x) {
			return &LossError{r.done, note, "loss", x, r.lastGood()}
		}
		r.tape.Backward(y)
		loss += float64(y.Item())
		if part > 0 {
			notes += ", "
		}
		notes += note
	}
	gradient := omega.Grad().Data
	norm := optim.Clip(gradient, r.cfg.Clip)
	if !finite(norm) {
		return &LossError{r.done, notes, "gradient norm", norm, r.lastGood()}
	}
	rate := r.Schedule(r.place())
	r.Optimizer.Step(r.Params.Data, gradient, rate)
	r.done++
	if r.loss == 0 {
		r.loss = loss
	}
	r.loss += (loss - r.loss) / 20
	r.bar.step(r.done, r.loss, r.time())
	return r.log.step(r.done, loss, norm, rate, time.Since(began), notes)
}

// place returns where in its schedule the run is. Under a time limit alone
// that depends on the machine's speed, so such a run is not reproducible to the
// bit.
func (r *run) place() int {
	if r.cfg.Steps == 0 && r.cfg.Limit > 0 && r.cfg.Horizon > 0 {
		return int(float64(r.cfg.Horizon) * min(float64(r.time())/float64(r.cfg.Limit), 1))
	}
	return r.done
}

func (r *run) validate(ctx context.Context) error {
	if r.Validate == nil {
		return nil
	}
	score, err := r.Validate(ctx)
	if err != nil {
		return fmt.Errorf("train: validation after step %d: %w", r.done, err)
	}
	r.stale++
	if score > r.score || math.IsNaN(r.score) {
		r.score, r.stale = score, 0
		r.best = append(r.best[:0], r.Params.Data...)
	}
	r.bar.score(r.done, score, r.stale == 0)
	return r.log.score(r.done, score)
}

func (r *run) end() error {
	r.bar.end()
	return r.log.close()
}

func (r *run) time() time.Duration { return r.spent + time.Since(r.began) }

func (r *run) summary(why string) Summary {
	return Summary{r.done, r.time(), r.loss, r.score, r.best, why}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
