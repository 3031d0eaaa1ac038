package train

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/lockfile"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/optim"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/safetensors"
)

func newBig(n int) *regression {
	l := nn.NewLayout()
	l.Builder(1).Param("w", nn.Ones, n)
	return &regression{params: l.Init(1)}
}

var whole = Config{Steps: 36, Every: 6, Identity: "regression", Resume: true, Clip: 3, Parts: 2, Patience: 100}

// A finished run, for others to be compared with.
type finished struct {
	*regression
	*Loop
	Summary
	dir string
}

// wavering has a score that rises and falls, so that the best is seldom the last.
func wavering() (*regression, *Loop) {
	r := newRegression()
	loop := r.loop()
	loop.Validate = func(context.Context) (float64, error) { return math.Sin(9 * float64(r.params.Data[0])), nil }
	return r, loop
}

// alone runs without a break.
func alone(t *testing.T) finished {
	r, loop := wavering()
	cfg := whole
	cfg.Dir = t.TempDir()
	s, err := loop.Run(t.Context(), cfg)
	require.NoError(t, err)
	return finished{r, loop, s, cfg.Dir}
}

// requireSame resumes in dir with everything new, as a new process would, and
// checks that the run ends with the bits of one left alone.
func (want finished) requireSame(t *testing.T, dir string) {
	t.Helper()
	r, loop := wavering()
	if _, err := os.Stat(filepath.Join(dir, lastFile)); err == nil {
		copy(r.params.Data, []float32{7, 7, 7}) // what they were may not matter, but for a run that begins anew
	}
	cfg := whole
	cfg.Dir = dir
	got, err := loop.Run(t.Context(), cfg)
	require.NoError(t, err)

	got.Time = want.Time
	require.Equal(t, want.Summary, got)
	require.Equal(t, want.params.Data, r.params.Data)
	require.Equal(t, want.Loop.Optimiser.State(), loop.Optimiser.State())
	require.Equal(t, entries(t, want.dir), entries(t, dir))
	for _, name := range []string{lastFile, bestFile} {
		wantTensors, wantBooks := contents(t, want.dir, name)
		gotTensors, gotBooks := contents(t, dir, name)
		require.Equal(t, wantTensors, gotTensors, name)
		require.Equal(t, wantBooks, gotBooks, name)
	}
}

// contents returns what a checkpoint holds, but for the time spent, which no two
// runs share.
func contents(t *testing.T, dir, name string) (map[string]tensor.Tensor, books) {
	f, err := safetensors.Open(filepath.Join(dir, name))
	require.NoError(t, err)
	defer f.Close()
	all := map[string]tensor.Tensor{}
	for _, n := range f.Names() {
		all[n], err = f.Tensor(n)
		require.NoError(t, err)
	}
	var b books
	require.NoError(t, json.Unmarshal([]byte(f.Metadata[booksKey]), &b))
	b.Spent = 0
	return all, b
}

func TestARunInterruptedAndResumedEndsWithTheSameBits(t *testing.T) {
	want := alone(t)
	for _, at := range []int{0, 5, 6, 35} {
		dir := t.TempDir()
		r, loop := wavering()
		ctx, cancel := context.WithCancel(t.Context())
		loop.Objective = func(t *autograd.Tape, m Moment) (autograd.Value, string, error) {
			if m.Step == at {
				cancel()
				if m.Part == 1 { // as a loader does
					return autograd.Value{}, "", ctx.Err()
				}
			}
			return r.objective(t, m)
		}
		cfg := whole
		cfg.Dir = dir
		s, err := loop.Run(ctx, cfg)
		require.Equal(t, context.Canceled, err)
		require.Equal(t, at, s.Steps)
		require.Empty(t, s.Stopped)
		want.requireSame(t, dir)
	}
}

func TestAValidationInterruptedIsMadeUpFor(t *testing.T) {
	dir := t.TempDir()
	_, loop := wavering()
	validate := loop.Validate
	ctx, cancel := context.WithCancel(t.Context())
	loop.Validate = func(c context.Context) (float64, error) {
		if cancel(); c.Err() != nil {
			return 0, c.Err()
		}
		return validate(c)
	}
	cfg := whole
	cfg.Dir = dir
	s, err := loop.Run(ctx, cfg)
	require.Equal(t, context.Canceled, err)
	require.Equal(t, 6, s.Steps)
	require.NoFileExists(t, filepath.Join(dir, bestFile))
	alone(t).requireSame(t, dir)
}

func TestStepsBeforeAFailedValidationAreKept(t *testing.T) {
	dir := t.TempDir()
	_, loop := wavering()
	loop.Validate = func(context.Context) (float64, error) { return 0, errors.New("a label of no class") }
	cfg := whole
	cfg.Dir = dir
	_, err := loop.Run(t.Context(), cfg)
	require.EqualError(t, err, "train: validation after 6 steps: a label of no class")
	alone(t).requireSame(t, dir)
}

func TestARunKilledAndResumedEndsWithTheSameBits(t *testing.T) {
	want := alone(t)
	for _, at := range []int{0, 12, 24} { // steps done at the last checkpoint
		dir, later := t.TempDir(), t.TempDir()
		for _, run := range []struct {
			dir   string
			steps int
		}{{dir, at}, {later, at + 6}} {
			cfg := whole
			cfg.Dir, cfg.Steps = run.dir, run.steps
			if run.steps > 0 {
				_, loop := wavering()
				_, err := loop.Run(t.Context(), cfg)
				require.NoError(t, err)
			}
		}
		// The kill struck the checkpoint of step at+6: the log has its lines,
		// the last of them torn, and the best is newer than the last.
		log := append(read(t, later, logFile), `{"step":99,"lo`...)
		require.NoError(t, os.WriteFile(filepath.Join(dir, logFile), log, 0o666))
		require.NoError(t, os.WriteFile(filepath.Join(dir, bestFile), read(t, later, bestFile), 0o666))
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".last.safetensors.0.tmp"), []byte("half"), 0o666))
		want.requireSame(t, dir)
	}
}

func TestARunAnewReplacesWhatWasThereWithItsFirstStep(t *testing.T) {
	want := alone(t)
	for _, fails := range []int{0, 1} {
		dir := t.TempDir()
		require.NoError(t, os.CopyFS(dir, os.DirFS(want.dir)))
		r, loop := wavering()
		loop.Objective = func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
			if at.Step == fails {
				return autograd.Value{}, "", os.ErrClosed
			}
			return r.objective(t, at)
		}
		cfg := whole
		cfg.Dir, cfg.Resume = dir, false
		_, err := loop.Run(t.Context(), cfg)
		require.ErrorIs(t, err, os.ErrClosed)
		if fails == 0 {
			for _, name := range []string{lastFile, bestFile, logFile} {
				require.Equal(t, read(t, want.dir, name), read(t, dir, name), name)
			}
			continue
		}
		require.NoFileExists(t, filepath.Join(dir, bestFile))
		require.Len(t, entries(t, dir), 1)
		want.requireSame(t, dir) // and not the run of before
	}
}

func TestARunThatIsOverBeforeItsFirstStepReplacesNothing(t *testing.T) {
	want := alone(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cfg := whole
	cfg.Dir, cfg.Resume = t.TempDir(), false
	require.NoError(t, os.CopyFS(cfg.Dir, os.DirFS(want.dir)))
	_, loop := wavering()
	_, err := loop.Run(ctx, cfg)
	require.Equal(t, context.Canceled, err)
	for _, name := range []string{lastFile, bestFile, logFile} {
		require.Equal(t, read(t, want.dir, name), read(t, cfg.Dir, name), name)
	}
}

func TestARunThatFindsNothingToResumeKeepsNoOthersBest(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(alone(t).dir)))
	require.NoError(t, os.Remove(filepath.Join(dir, lastFile)))
	cfg := whole
	cfg.Dir, cfg.Steps, cfg.Identity = dir, 2, "another"
	loop := newRegression().loop()
	loop.Validate = nil
	_, err := loop.Run(t.Context(), cfg)
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(dir, bestFile))
}

func TestStepsBeforeAFailedOneAreKept(t *testing.T) {
	dir := t.TempDir()
	r, loop := wavering()
	loop.Objective = func(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
		if at.Step == 10 {
			return autograd.Value{}, "", errors.New("a batch of unequal extents")
		}
		return r.objective(t, at)
	}
	cfg := whole
	cfg.Dir = dir
	_, err := loop.Run(t.Context(), cfg)
	require.EqualError(t, err, "train: step 10: a batch of unequal extents")
	_, books := contents(t, dir, lastFile)
	require.Equal(t, 10, books.Steps)
	alone(t).requireSame(t, dir)
}

func TestAFolderIsOfOneRunAtATime(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "."+lastFile+".0.tmp") // of a run that was killed
	require.NoError(t, os.WriteFile(left, nil, 0o666))
	release, err := lockfile.Take(dir)
	require.NoError(t, err)
	cfg := whole
	cfg.Dir = dir
	_, err = newRegression().loop().Run(t.Context(), cfg)
	require.ErrorIs(t, err, lockfile.ErrHeld)
	require.ErrorContains(t, err, "train: "+dir+": another run is at work there, process ")
	release()
	_, err = newRegression().loop().Run(t.Context(), cfg)
	require.NoError(t, err)
	require.NoFileExists(t, left)
	_, err = newRegression().loop().Run(t.Context(), cfg)
	require.NoError(t, err, "the lock ended with the run")
}

func TestOnlyTheSameRunIsResumed(t *testing.T) {
	dir := alone(t).dir
	last, log := read(t, dir, lastFile), read(t, dir, logFile)
	path := filepath.Join(dir, lastFile)
	for _, c := range []struct {
		what   string
		mangle func(cfg *Config, l *Loop)
		want   string
	}{
		{"identity", func(cfg *Config, _ *Loop) { cfg.Identity = "classification" },
			path + ` is of another run: it was "regression", this is "classification"`},
		{"parameters", func(_ *Config, l *Loop) { l.Params = newBig(4).params },
			path + `: params holds 3 parameters, the network has 4`},
		{"optimiser", func(_ *Config, l *Loop) { l.Optimiser = optim.NewSGD(3, optim.SGDConfig{}) }, path + `: `},
		{"optimiser's options", func(_ *Config, l *Loop) { l.Optimiser = optim.NewAdam(3, optim.AdamConfig{Largest: true}) }, path + `: `},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := newRegression()
			loop := r.loop()
			cfg := whole
			cfg.Dir = dir
			c.mangle(&cfg, loop)
			_, err := loop.Run(t.Context(), cfg)
			require.ErrorContains(t, err, "train: resume: "+c.want)
			require.Equal(t, make([]float32, 3), r.params.Data, "nothing has changed")
			require.Equal(t, last, read(t, dir, lastFile))
			require.Equal(t, log, read(t, dir, logFile))
		})
	}
}

func TestABrokenCheckpointIsAnErrorAndStays(t *testing.T) {
	dir := alone(t).dir
	path := filepath.Join(dir, lastFile)
	good, log := read(t, dir, lastFile), read(t, dir, logFile)
	try := func(bad []byte) error {
		require.NoError(t, os.WriteFile(path, bad, 0o666))
		r := newRegression()
		cfg := whole
		cfg.Dir = dir
		_, err := r.loop().Run(t.Context(), cfg)
		require.Error(t, err)
		require.ErrorContains(t, err, "train: resume: ")
		require.ErrorContains(t, err, path)
		require.Equal(t, bad, read(t, dir, lastFile))
		require.Equal(t, log, read(t, dir, logFile))
		require.Equal(t, make([]float32, 3), r.params.Data)
		return err
	}
	for n := range good {
		try(good[:n])
	}
	require.ErrorContains(t, try([]byte("no safetensors")), "not a safetensors file")

	x := newRegression().params
	entry := entryOf("params", x.Data)
	for text, want := range map[string]string{
		``:                                `expected a checkpoint ("sshn checkpoint 1"), found ""`,
		`[`:                               `expected a checkpoint ("sshn checkpoint 1"), found ""`,
		`{"format": "sshn checkpoint 2"}`: `expected a checkpoint ("sshn checkpoint 1"), found "sshn checkpoint 2"`,
		`{"format": "sshn checkpoint 1", "identity": "regression", "steps": -1}`:                            `-1 steps, validated after 0`,
		`{"format": "sshn checkpoint 1", "identity": "regression", "steps": 1, "validated": 2}`:             `1 steps, validated after 2`,
		`{"format": "sshn checkpoint 1", "identity": "regression", "steps": 1, "validated": 1, "score": 1}`: `no tensor "best"`,
		`{"format": "sshn checkpoint 1", "identity": "regression", "steps": 1}`:                             `in the state`,
	} {
		require.NoError(t, safetensors.WriteFile(path, map[string]string{booksKey: text}, entry))
		require.ErrorContains(t, try(read(t, dir, lastFile)), want)
	}
}

func TestLoadRefusesWhatDoesNotFit(t *testing.T) {
	dir := alone(t).dir
	path := filepath.Join(dir, bestFile)
	x := []float32{1, 2}
	require.EqualError(t, Load(path, x), "train: load: "+path+": params holds 3 parameters, the network has 2")
	require.Equal(t, []float32{1, 2}, x)
	require.ErrorIs(t, Load(path+".none", x), os.ErrNotExist)
}

func TestALogKeepsWhatTheCheckpointHasSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), logFile)
	text := "{\"step\":1,\"loss\":1}\nnoise\n{\"step\":2,\"loss\":1}\n{\"step\":2,\"score\":1}\n{\"step\":3,\"loss\":1}\n{\"step\":2,\"note\":\"the score is NaN\"}\n{\"st"
	for _, c := range []struct {
		done, validated int
		want            string
	}{
		{0, 0, ""},
		{1, 0, "{\"step\":1,\"loss\":1}\n"},
		{2, 0, "{\"step\":1,\"loss\":1}\n{\"step\":2,\"loss\":1}\n"},
		{2, 2, "{\"step\":1,\"loss\":1}\n{\"step\":2,\"loss\":1}\n{\"step\":2,\"score\":1}\n{\"step\":2,\"note\":\"the score is NaN\"}\n"},
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		l, err := openLog(path, c.done, c.validated)
		require.NoError(t, err)
		require.NoError(t, l.close())
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, c.want, string(got))
	}
}
