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
// on t, as a function of a leaf of the loop's Params (their Leaf(t), or what a
// hyper.Source makes of them): what it records of a copy is not trained. The note
// says what a person wants to know of it, as in "phi 0.23": it goes into the log
// and into errors. The parts of a step are asked for in order from 0, each after
// the Backward of the one before, on a tape that was reset before the first: what
// part 0 records and holds, as hyper.Thetas does, is there for the others.
type Objective func(t *autograd.Tape, at Moment) (loss autograd.Value, note string, err error)

// A Moment is where in a run an objective is asked for.
type Moment struct {
	Step  int     // from 0, also where the first was run by an earlier process
	Part  int     // of the step, from 0
	Share float64 // of the run that is over, of the nearer limit, from 0 to 1; 0 where there is neither Steps nor Limit
}

// A Loop is what is trained and how.
type Loop struct {
	Params    *nn.Params
	Optimiser optim.Optimiser
	Schedule  optim.Schedule // step size of each step; nil is the constant 1e-3
	Objective Objective
	Validate  func(context.Context) (float64, error) // a score, higher is better; nil: none
}

// Config says how long a run lasts and what it leaves behind. Its zero value
// trains until the context is done and keeps nothing.
//
// With a Horizon the schedule follows the share of the nearer limit that is
// used up, mapped onto so many steps: optim.Cosine(rate, 0, 1000) with Horizon
// 1000 falls to 0 at the end of five minutes as at the end of 300 steps.
type Config struct {
	Steps    int           // steps in all; 0: no limit
	Limit    time.Duration // training time in all, resumed runs together; 0: no limit
	Horizon  int           // the steps that Schedule was made for; 0: it is asked for the step itself
	Parts    int           // objectives of a step, whose gradients are averaged; 0 is 1
	Clip     float64       // greatest norm of the gradient; 0: not clipped
	Every    int           // steps between validations and checkpoints; 0 is 100
	Patience int           // validations in a row without a better score before stopping early; 0: never

	Dir      string    // for log.jsonl, last.safetensors and best.safetensors, of one run at a time, by .lock; empty: none are kept
	Resume   bool      // go on from last.safetensors, if it is there; else the first step replaces these files
	Identity string    // what must be equal for a run to be resumed: a description of network and data; of JSON, an error names the fields that differ
	Progress io.Writer // a bar on a terminal, lines on anything else; nil: none
}

// A Summary tells how a run ended.
type Summary struct {
	Steps   int           // steps done, resumed runs together
	Time    time.Duration // spent, resumed runs together
	Loss    float64       // running mean, over about the last twenty steps
	Score   float64       // the best validation's; NaN without one
	Best    []float32     // the parameters then, which the caller owns; nil without one
	Stopped string        // why: "steps", "time" or "patience"; empty with an error
}

// String is as in "200 steps in 3m2s, loss 0.1234, best score 0.9512". It leaves
// the parameters out.
func (s Summary) String() string {
	text := fmt.Sprintf("%s in %v, loss %.4f", steps(s.Steps), s.Time.Round(time.Second), s.Loss)
	if s.Best != nil {
		text += fmt.Sprintf(", best score %.4f", s.Score)
	}
	return text
}

// A LossError tells that a number without which a run cannot go on was not
// finite. The parameters are as they were before the step, unless they are what
// is not finite, and the last checkpoint is whole.
type LossError struct {
	Step  int    // as the objective was given it
	Note  string // of the objective, as in "phi 0.23"
	What  string // "loss", "gradient norm", "step size" or "parameter"
	Value float64
	Kept  string // the last checkpoint; empty if there is none
}

// Error implements error.
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

// Run trains until a limit of cfg is reached, and returns how it ended. The
// parameters are left as of the last step; those of the best score are in the
// summary. A run that had ended already does nothing.
//
// If ctx is done or an error occurs first, Run returns that error beside the
// summary so far, and has written a checkpoint of the steps done, unless the
// error is a [*LossError].
func (l *Loop) Run(ctx context.Context, cfg Config) (Summary, error) {
	if err := l.check(cfg); err != nil {
		return Summary{Score: math.NaN()}, err
	}
	r := &run{Loop: l, cfg: cfg.withDefaults(), tape: autograd.NewTape(), began: time.Now(), score: math.NaN(), kept: -1, release: func() {}}
	defer func() { r.release() }()
	if err := r.begin(); err != nil {
		return r.summary(""), err
	}
	defer func() { r.log.close() }() // where an objective panics; else it is closed by then
	why, err := r.loop(ctx)
	r.bar.end(r.done, r.loss, r.share())
	if end := r.log.close(); err == nil {
		err = end
	}
	return r.summary(why), err
}

// check returns an error if there is no such run.
func (l *Loop) check(c Config) error {
	switch {
	case l.Params == nil || l.Optimiser == nil || l.Objective == nil:
		return errors.New("train: a loop takes Params, an Optimiser and an Objective")
	case c.Steps < 0 || c.Limit < 0 || c.Horizon < 0 || c.Parts < 0 || c.Every < 0 || c.Patience < 0 || !(c.Clip >= 0):
		return fmt.Errorf("train: %d steps, a limit of %v, a horizon of %d, %d parts, clipped at %v, every %d steps, a patience of %d: none may be negative",
			c.Steps, c.Limit, c.Horizon, c.Parts, c.Clip, c.Every, c.Patience)
	}
	return nil
}

func (c Config) withDefaults() Config {
	c.Parts = max(c.Parts, 1)
	if c.Every == 0 {
		c.Every = 100
	}
	return c
}
