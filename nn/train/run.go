package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn/optim"
)

// run is the state of one call of Run.
type run struct {
	*Loop
	cfg     Config
	tape    *autograd.Tape
	bar     *progress
	log     *log
	began   time.Time
	release func()   // of the lock on Dir
	notes   []string // of the parts of the step

	done      int           // steps
	validated int           // the steps done at the last validation
	spent     time.Duration // before this call
	loss      float64       // running mean
	score     float64       // the best
	stale     int           // validations since
	best      []float32
	kept      int // the steps done at the last checkpoint
}

func (r *run) begin() error {
	if r.cfg.Dir != "" {
		if err := r.openDir(); err != nil {
			return err
		}
	}
	r.bar = newProgress(r.cfg, r.done, r.share())
	return nil
}

func (r *run) loop(ctx context.Context) (why string, err error) {
	for {
		why = r.finished()
		if r.validated < r.done && (why != "" || r.done%r.cfg.Every == 0) {
			if err := r.validate(ctx); err != nil {
				return "", r.interrupted(ctx, err)
			}
			if err := r.checkpoint(); err != nil {
				return "", err
			}
			why = r.finished() // as patience may have ended
		}
		if why != "" {
			return why, nil
		}
		if ctx.Err() != nil {
			return "", r.interrupted(ctx, nil)
		}
		if err := r.step(); err != nil {
			return "", r.interrupted(ctx, err)
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

// interrupted keeps what was done before the context ended the run, though that
// may come as the error of what was under way, or err did: the steps are sound,
// whatever a validation or the next batch lacks, unless a loss was not finite.
func (r *run) interrupted(ctx context.Context, err error) error {
	var loss *LossError
	if ctx.Err() == nil && errors.As(err, &loss) {
		return err
	}
	return r.keep(cmp.Or(ctx.Err(), err))
}

// keep writes a checkpoint of what was done before err ended the run, unless
// there is one or nothing was, and returns err.
func (r *run) keep(err error) error {
	if r.kept == r.done || r.done == 0 {
		return err
	}
	if broken := r.checkpoint(); broken != nil {
		return fmt.Errorf("%w (%w)", err, broken)
	}
	return err
}

func (r *run) step() error {
	began := time.Now()
	r.tape.Reset()
	loss, gradient, err := r.descend()
	if err != nil {
		return err
	}
	norm := optim.Clip(gradient, r.cfg.Clip)
	if !finite(norm) {
		return r.lossError(r.done, "gradient norm", norm)
	}
	rate := r.rate()
	if !finite(rate) {
		return r.lossError(r.done, "step size", rate)
	}
	if err := r.take(); err != nil {
		return err
	}
	r.Optimiser.Step(r.Params.Data, gradient, rate)
	if r.done == 0 {
		r.loss = loss
	}
	r.done++
	r.loss += (loss - r.loss) / 20
	r.bar.step(r.done, r.loss, r.share())
	return r.log.write(entry{Step: r.done, Loss: &loss, Norm: norm, Rate: rate, Seconds: time.Since(began).Seconds(), Note: r.note()})
}

// descend returns the mean loss of the parts of a step, and its gradient. The
// parts are on one tape, where each uses the memory of those before it.
func (r *run) descend() (loss float64, gradient autograd.Gradient, err error) {
	omega := r.Params.Leaf(r.tape)
	r.notes = r.notes[:0]
	at := Moment{Step: r.done, Share: r.share()}
	for at.Part = range r.cfg.Parts {
		y, note, err := r.Objective(r.tape, at)
		if err != nil {
			return 0, gradient, fmt.Errorf("train: step %d: %w", r.done, err)
		}
		x := float64(y.Item())
		if !finite(x) {
			r.notes = append(r.notes[:0], note)
			return 0, gradient, r.lossError(r.done, "loss", x)
		}
		if note != "" {
			r.notes = append(r.notes, note)
		}
		loss += x / float64(r.cfg.Parts)
		if r.cfg.Parts > 1 {
			y = autograd.Scale(y, 1/float64(r.cfg.Parts))
		}
		r.tape.Backward(y)
	}
	return loss, omega.Gradient(), nil
}

func (r *run) rate() float64 {
	step := r.done
	if r.cfg.Horizon > 0 {
		step = int(math.Round(r.share() * float64(r.cfg.Horizon)))
	}
	if r.Schedule == nil {
		return 1e-3
	}
	return r.Schedule(step)
}

// share returns how much of the nearer limit is used up, from 0 to 1; 0 where
// there is none.
func (r *run) share() float64 {
	share := 0.0
	if r.cfg.Steps > 0 {
		share = float64(r.done) / float64(r.cfg.Steps)
	}
	if r.cfg.Limit > 0 {
		share = max(share, float64(r.time())/float64(r.cfg.Limit))
	}
	return min(share, 1)
}

// validate takes a score that is not finite for none better.
func (r *run) validate(ctx context.Context) error {
	if r.Validate == nil {
		r.validated = r.done
		return nil
	}
	score, err := r.Validate(ctx)
	if err != nil {
		return fmt.Errorf("train: validation after %s: %w", steps(r.done), err)
	}
	r.validated = r.done
	r.stale++
	if finite(score) && (r.best == nil || score > r.score) {
		r.score, r.stale = score, 0
		r.best = append(r.best[:0], r.Params.Data...)
	}
	r.bar.score(r.done, score, r.stale == 0)
	return r.log.score(r.done, score)
}

func (r *run) lossError(step int, what string, value float64) error {
	e := &LossError{Step: step, Note: r.note(), What: what, Value: value}
	if r.kept >= 0 {
		e.Kept = fmt.Sprintf("%s, after %s", r.path(lastFile), steps(r.kept))
	}
	return e
}

func (r *run) note() string { return strings.Join(r.notes, ", ") }

func (r *run) time() time.Duration { return r.spent + time.Since(r.began) }

func (r *run) summary(why string) Summary {
	return Summary{r.done, r.time(), r.loss, r.score, r.best, why}
}

// steps writes a number of steps done.
func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprint(n, " steps")
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
