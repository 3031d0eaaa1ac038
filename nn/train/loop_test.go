package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn/optim"
	"github.com/sshn-go/sshn/tensor"
)

func TestRunFindsTheTruth(t *testing.T) {
	r := newRegression()
	s, err := r.loop().Run(t.Context(), Config{Steps: 200, Every: 50})
	require.NoError(t, err)
	require.Equal(t, "steps", s.Stopped)
	require.Equal(t, 200, s.Steps)
	// The noise of 0.1 leaves a loss of 0.01, and each weight known to
	// 0.1/sqrt(16*20) over the last twenty steps; Adam adds as much again.
	require.Less(t, s.Loss, 0.02)
	require.InDeltaSlice(t, []float32{3, -2, 1}, r.params.Data, 0.03)
	require.Greater(t, s.Score, -3*0.03*0.03)
}

func TestTheLossOfASummaryIsARunningMeanOfTwentySteps(t *testing.T) {
	r := newRegression()
	loop := r.loop()
	loop.Objective = func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
		y := autograd.Scale(r.loss(t, tensor.New(1, 2), tensor.New(1, 1)), 0)
		return autograd.Add(y, t.Const(tensor.Scalar(float32(min(at.Step, 1))))), "", nil
	}
	s, err := loop.Run(t.Context(), Config{Steps: 3}) // of losses 0, 1, 1
	require.NoError(t, err)
	require.InDelta(t, 1-0.95*0.95, s.Loss, 1e-12)
}

func TestASummaryPrintsWithoutParameters(t *testing.T) {
	s := Summary{Steps: 200, Time: 182 * time.Second, Loss: 0.12341, Score: 0.95, Best: make([]float32, 1000)}
	require.Equal(t, "200 steps in 3m2s, loss 0.1234, best score 0.9500", fmt.Sprintf("%+v", s))
	require.Equal(t, "1 step in 1s, loss 0.5000", fmt.Sprint(Summary{Steps: 1, Time: time.Second, Loss: 0.5, Score: math.NaN()}))
}

func TestAMomentTellsHowMuchOfARunIsOver(t *testing.T) {
	r := newRegression()
	loop := r.loop()
	var moments []Moment
	loop.Objective = func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
		moments = append(moments, at)
		return r.objective(t, at)
	}
	dir := t.TempDir()
	for _, steps := range []int{1, 4} { // the second goes on from the first
		_, err := loop.Run(t.Context(), Config{Steps: steps, Parts: 2, Dir: dir, Resume: true})
		require.NoError(t, err)
	}
	require.Equal(t, []Moment{
		{0, 0, 0}, {0, 1, 0},
		{1, 0, 0.25}, {1, 1, 0.25}, {2, 0, 0.5}, {2, 1, 0.5}, {3, 0, 0.75}, {3, 1, 0.75},
	}, moments)

	synctest.Test(t, func(t *testing.T) {
		loop := r.loop()
		var shares []float64
		loop.Objective = slow(func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
			shares = append(shares, at.Share)
			return r.objective(t, at)
		})
		_, err := loop.Run(t.Context(), Config{Limit: 4 * time.Second})
		require.NoError(t, err)
		require.Equal(t, []float64{0, 0.25, 0.5, 0.75}, shares)
	})
}

func TestPartsAreTheGradientOfOneBatch(t *testing.T) {
	gradient := func(parts, points int) ([]float32, float64) {
		r := newRegression()
		r.points = points
		copy(r.params.Data, []float32{0.5, 0.25, -1})
		// With SGD of rate 1 the gradient is what the parameters lose.
		loop := &Loop{Params: r.params, Optimiser: optim.NewSGD(3, optim.SGDConfig{}), Schedule: optim.Constant(1), Objective: r.objective}
		s, err := loop.Run(t.Context(), Config{Steps: 1, Parts: parts})
		require.NoError(t, err)
		return r.params.Data, s.Loss
	}
	want, loss := gradient(1, 24)
	got, mean := gradient(4, 6)
	// 24 terms up to 10, each off by 2^-24 of itself.
	require.InDeltaSlice(t, want, got, 24*10*math.Pow(2, -24))
	require.InDelta(t, loss, mean, 24*10*math.Pow(2, -24))
}

func TestClippedStepsAreShort(t *testing.T) {
	r := newRegression()
	dir := t.TempDir()
	loop := &Loop{Params: r.params, Optimiser: optim.NewSGD(3, optim.SGDConfig{}), Schedule: optim.Constant(1), Objective: r.objective}
	_, err := loop.Run(t.Context(), Config{Steps: 1, Clip: 0.5, Dir: dir})
	require.NoError(t, err)
	norm := 0.0
	for _, x := range r.params.Data {
		norm += float64(x) * float64(x)
	}
	require.InDelta(t, 0.5, math.Sqrt(norm), 1e-6)
	require.Greater(t, entries(t, dir)[0].Norm, 1.0, "the log has the norm from before")
}

func TestPatienceStopsEarlyAndTheBestIsKept(t *testing.T) {
	r := newRegression()
	loop := r.loop()
	scores := []float64{math.NaN(), 0.1, 0.5, 0.5, 0.4, math.Inf(1), 0.9}
	var at [][]float32
	loop.Validate = func(context.Context) (float64, error) {
		at = append(at, append([]float32(nil), r.params.Data...))
		return scores[len(at)-1], nil
	}
	dir := t.TempDir()
	s, err := loop.Run(t.Context(), Config{Steps: 1000, Every: 10, Patience: 3, Dir: dir})
	require.NoError(t, err)
	require.Equal(t, "patience", s.Stopped)
	require.Equal(t, 60, s.Steps)
	require.Equal(t, 0.5, s.Score)
	require.Equal(t, at[2], s.Best, "the first of equals")

	best := make([]float32, 3)
	require.NoError(t, Load(filepath.Join(dir, bestFile), best))
	require.Equal(t, at[2], best)
	require.NoError(t, Load(filepath.Join(dir, lastFile), best))
	require.Equal(t, at[5], best)
}

func TestTheFinalValidationRunsOnceAndAFinishedRunDoesNothing(t *testing.T) {
	for _, steps := range []int{20, 25} { // on a validation and between two
		r := newRegression()
		loop := r.loop()
		validated, stepped := 0, 0
		loop.Validate = func(ctx context.Context) (float64, error) { validated++; return r.score(ctx) }
		loop.Objective = func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
			stepped++
			return r.objective(t, at)
		}
		cfg := Config{Steps: steps, Every: 10, Dir: t.TempDir(), Resume: true}
		first, err := loop.Run(t.Context(), cfg)
		require.NoError(t, err)
		require.Equal(t, (steps+9)/10, validated)
		require.Equal(t, steps, stepped)
		log, last := read(t, cfg.Dir, logFile), read(t, cfg.Dir, lastFile)

		fresh := newRegression()
		loop.Params, loop.Optimiser = fresh.params, optim.NewAdam(3, optim.AdamConfig{})
		again, err := loop.Run(t.Context(), cfg)
		require.NoError(t, err)
		require.Equal(t, (steps+9)/10, validated)
		require.Equal(t, steps, stepped)
		require.Positive(t, again.Time)
		again.Time = first.Time
		require.Equal(t, first, again)
		require.Equal(t, r.params.Data, fresh.params.Data)
		require.Equal(t, log, read(t, cfg.Dir, logFile))
		require.Equal(t, last, read(t, cfg.Dir, lastFile))
	}
}

// slow makes each step take a second of the fake clock of synctest, in which
// sleeping takes no time.
func slow(o Objective) Objective {
	return func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
		time.Sleep(time.Second)
		return o(t, at)
	}
}

func TestATimeLimitHoldsAcrossResumedRunsAndEndsTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		run := func(cfg Config) (Summary, error) {
			r := newRegression()
			loop := r.loop()
			loop.Objective = slow(r.objective)
			loop.Schedule = func(step int) float64 { return 1e-3 * float64(step) }
			cfg.Dir, cfg.Resume, cfg.Limit, cfg.Horizon = dir, true, 20*time.Second, 1000
			return loop.Run(t.Context(), cfg)
		}
		s, err := run(Config{Steps: 5})
		require.NoError(t, err)
		require.Equal(t, "steps", s.Stopped)
		s, err = run(Config{Steps: 40})
		require.NoError(t, err)
		require.Equal(t, "time", s.Stopped)
		require.Equal(t, 20, s.Steps)
		require.Equal(t, 20*time.Second, s.Time)

		log := entries(t, dir)
		require.Len(t, log, 22) // and a validation at the end of either
		// Before the fifth step of 5, 4/5 are used up; then time is the nearer
		// limit, and a step descends at the end of its second.
		require.Equal(t, 0.8, log[4].Rate, "%+v", log[4])
		require.Equal(t, 1.0, log[20].Rate, "%+v", log[20])
		require.InDelta(t, 0.3, log[6].Rate, 1e-9, "%+v", log[6])
	})
}

func TestProgressIsPlainLinesWhereThereIsNoTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegression()
		loop := r.loop()
		loop.Objective = func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
			time.Sleep(time.Second)
			return autograd.Add(autograd.Scale(r.loss(t, tensor.New(1, 2), tensor.New(1, 1)), 0), t.Const(tensor.Scalar(0.25))), "", nil
		}
		loop.Validate = func(context.Context) (float64, error) { return 0.75, nil }
		var text bytes.Buffer
		_, err := loop.Run(t.Context(), Config{Steps: 25, Every: 15, Progress: &text})
		require.NoError(t, err)
		require.Equal(t, `step 1/25  loss 0.2500  1.00 steps/s  24s left
step 11/25  loss 0.2500  1.00 steps/s  14s left
step 15  validation 0.7500, the best so far
step 21/25  loss 0.2500  1.00 steps/s  4s left
step 25  validation 0.7500
step 25/25  loss 0.2500  1.00 steps/s  0s left
`, text.String())
	})
}

// huge is x -> 1e30 x, whose gradient float32 does not hold twice over.
type huge struct{}

func (huge) Shape(in []tensor.Shape) tensor.Shape { return in[0] }
func (huge) Cost([]tensor.Shape) autograd.Cost    { return autograd.Cost{} }
func (huge) Forward(out tensor.Tensor, in []tensor.Tensor) {
	copy(out.Data, in[0].Data)
}
func (huge) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, _ []tensor.Tensor) {
	for i, g := range gout.Data {
		gin[0].Data[i] += 1e30 * g
	}
}

func TestWhatIsNotFiniteStopsTheRunAndHarmsNothing(t *testing.T) {
	const bad = 25
	for _, c := range []struct {
		what   string
		parts  int
		mangle func(l *Loop)
		want   string
	}{
		{"loss", 1, func(l *Loop) {
			inner := l.Objective
			l.Objective = func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
				y, note, err := inner(t, at)
				if at.Step == bad {
					y = autograd.Scale(y, math.NaN())
				}
				return y, note, err
			}
		}, "train: step 25, phi 0.25: the loss is NaN; the last good checkpoint is %s, after 20 steps"},
		{"loss of the second part", 2, func(l *Loop) {
			inner := l.Objective
			l.Objective = func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
				y, _, err := inner(t, at)
				if at.Step == bad && at.Part == 1 {
					y = autograd.Scale(y, math.Inf(1))
				}
				return y, fmt.Sprintf("part %d", at.Part), err
			}
		}, "train: step 25, part 1: the loss is +Inf; the last good checkpoint is %s, after 20 steps"},
		{"gradient", 2, func(l *Loop) {
			inner := l.Objective
			l.Objective = func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
				y, note, err := inner(t, at)
				if at.Step == bad && at.Part == 0 {
					y = autograd.Apply(huge{}, autograd.Apply(huge{}, y))
				}
				return y, note, err
			}
		}, "train: step 25, phi 0.25, phi 0.25: the gradient norm is %v; the last good checkpoint is %s, after 20 steps"},
		{"rate", 1, func(l *Loop) {
			l.Schedule = func(step int) float64 { return 0.01 / float64(bad-step) }
		}, "train: step 25, phi 0.25: the step size is +Inf; the last good checkpoint is %s, after 20 steps"},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := t.TempDir()
			whole, broken := newRegression(), newRegression()
			steady := whole.loop()
			steady.Schedule = optim.Constant(0.05)
			l := broken.loop()
			l.Schedule = optim.Constant(0.05)
			c.mangle(l)
			if c.what == "rate" {
				steady.Schedule = l.Schedule
			}
			_, err := steady.Run(t.Context(), Config{Steps: bad, Every: 20, Parts: c.parts})
			require.NoError(t, err)
			s, err := l.Run(t.Context(), Config{Steps: 100, Every: 20, Parts: c.parts, Dir: dir})
			var loss *LossError
			require.ErrorAs(t, err, &loss)
			require.Equal(t, bad, loss.Step)
			want := fmt.Sprintf(c.want, filepath.Join(dir, lastFile))
			if c.what == "gradient" {
				require.False(t, finite(loss.Value))
				want = fmt.Sprintf(c.want, loss.Value, filepath.Join(dir, lastFile))
			}
			require.EqualError(t, err, want)
			require.Equal(t, bad, s.Steps)
			require.Equal(t, whole.params.Data, broken.params.Data, "as before the step")
			require.Equal(t, steady.Optimiser.State(), l.Optimiser.State(), "as before the step")

			again := newRegression()
			s, err = again.loop().Run(t.Context(), Config{Steps: 20, Dir: dir, Resume: true})
			require.NoError(t, err)
			require.Equal(t, 20, s.Steps)
			require.Len(t, entries(t, dir), 21)
		})
	}
}

func TestParametersThatAreNotFiniteAreNotKept(t *testing.T) {
	r := newRegression()
	loop := r.loop()
	loop.Schedule = func(step int) float64 {
		if step == 19 {
			return math.MaxFloat64
		}
		return 0.01
	}
	dir := t.TempDir()
	_, err := loop.Run(t.Context(), Config{Steps: 100, Every: 10, Dir: dir})
	require.ErrorContains(t, err, "train: step 19, phi 0.19: the parameter is ")
	require.ErrorContains(t, err, "the last good checkpoint is "+filepath.Join(dir, lastFile)+", after 10 steps")
	require.NoError(t, Load(filepath.Join(dir, lastFile), r.params.Data))
}

func TestErrorsSayWhatWasBeingDone(t *testing.T) {
	broken := errors.New("a wire came loose")
	r := newRegression()
	loop := r.loop()
	loop.Objective = func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
		if at.Step == 3 {
			return autograd.Value{}, "", broken
		}
		return r.objective(t, at)
	}
	_, err := loop.Run(t.Context(), Config{Steps: 5})
	require.ErrorIs(t, err, broken)
	require.EqualError(t, err, "train: step 3: a wire came loose")

	loop = r.loop()
	loop.Validate = func(context.Context) (float64, error) { return 0, broken }
	_, err = loop.Run(t.Context(), Config{Steps: 5, Every: 2})
	require.EqualError(t, err, "train: validation after 2 steps: a wire came loose")

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	_, err = r.loop().Run(t.Context(), Config{Steps: 5, Dir: file})
	require.ErrorContains(t, err, "train: mkdir "+file)
}

func TestASteadyStepAllocatesNoTensors(t *testing.T) {
	const n = 1 << 14
	big := newBig(n)
	var from, to runtime.MemStats
	loop := &Loop{Params: big.params, Optimiser: optim.NewAdam(n, optim.AdamConfig{})}
	loop.Objective = func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
		if at.Step == 10 && at.Part == 0 {
			runtime.ReadMemStats(&from)
		}
		if at.Step == 60 && at.Part == 0 {
			runtime.ReadMemStats(&to)
		}
		omega := big.params.Leaf(t)
		return autograd.Mean(autograd.Mul(omega, omega)), "phi 0.5", nil
	}
	_, err := loop.Run(t.Context(), Config{Steps: 61, Parts: 2, Clip: 1, Dir: t.TempDir(), Every: 100, Progress: &bytes.Buffer{}})
	require.NoError(t, err)
	// A vector of parameters is 64 KiB; what is left are handles, notes and a
	// line of the log.
	require.Less(t, (to.TotalAlloc-from.TotalAlloc)/50, uint64(8<<10), "bytes allocated for a step")
}

func TestALoopThatLacksSomethingIsRefused(t *testing.T) {
	_, err := (&Loop{}).Run(t.Context(), Config{Steps: 1})
	require.EqualError(t, err, "train: a loop takes Params, an Optimiser and an Objective")
	_, err = newRegression().loop().Run(t.Context(), Config{Steps: -1})
	require.ErrorContains(t, err, "train: -1 steps, ")
	require.ErrorContains(t, err, "none may be negative")
}
