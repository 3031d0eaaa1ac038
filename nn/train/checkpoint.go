package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/internal/lockfile"
	"github.com/sshn-go/sshn/nn/optim"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/safetensors"
)

const (
	lastFile = "last.safetensors" // params, best, and optimiser.* of the optimiser's state
	bestFile = "best.safetensors" // params
	logFile  = "log.jsonl"
)

// books is what a checkpoint says beside tensors, as JSON under the key "sshn"
// of its metadata. The state of every random source is Steps, for streams are
// derived from seed and step.
type books struct {
	Format    string        `json:"format"`
	Identity  string        `json:"identity"`
	Steps     int           `json:"steps"`
	Validated int           `json:"validated"` // steps done at the last validation
	Spent     time.Duration `json:"nanoseconds"`
	Loss      float64       `json:"loss"`
	Score     *float64      `json:"score"` // null before the first
	Stale     int           `json:"stale"`
}

const (
	booksKey = "sshn"
	format   = "sshn checkpoint 1"
)

// Load reads the parameters of a checkpoint, last.safetensors or
// best.safetensors, into x, which must have their number. With an error x is as
// it was.
func Load(path string, x []float32) error {
	f, err := safetensors.Open(path)
	if err != nil {
		return fmt.Errorf("train: load: %w", err)
	}
	defer f.Close()
	params, err := vector(f, path, "params", len(x))
	if err != nil {
		return fmt.Errorf("train: load: %w", err)
	}
	copy(x, params)
	return nil
}

// openDir makes the folder of the run, and resumes what is in it if that is
// asked for.
func (r *run) openDir() error {
	if err := os.MkdirAll(r.cfg.Dir, 0o777); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	release, err := lockfile.Take(r.cfg.Dir)
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	r.release = release
	for _, name := range []string{lastFile, bestFile, logFile} { // that a kill left half written
		if err := atomicfile.Sweep(r.path(name)); err != nil {
			return fmt.Errorf("train: %w", err)
		}
	}
	if !r.cfg.Resume {
		return nil
	}
	found, err := r.resume()
	if err != nil {
		return fmt.Errorf("train: resume: %w", err)
	}
	if found {
		r.log, err = openLog(r.path(logFile), r.done, r.validated)
	}
	return err
}

// take makes the folder that of a run that begins anew, before its first step: a
// run that cannot do one destroys nothing. An earlier run's files go, for they
// must not be resumed in place of this run.
func (r *run) take() (err error) {
	if r.cfg.Dir == "" || r.log != nil {
		return nil
	}
	for _, name := range []string{lastFile, bestFile} {
		if err := os.Remove(r.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("train: %w", err)
		}
	}
	r.log, err = openLog(r.path(logFile), 0, 0)
	return err
}

// checkpoint writes best.safetensors if the best is new, and last.safetensors,
// each replaced whole or not at all. The last comes last: whatever it counts as
// done is in the log and in the best. If a kill leaves it behind them, the run
// that resumes drops those lines of the log and finds the same best again.
func (r *run) checkpoint() error {
	for _, x := range r.Params.Data {
		if !finite(float64(x)) {
			return r.lossError(r.done-1, "parameter", float64(x))
		}
	}
	if r.cfg.Dir == "" {
		return nil
	}
	if err := r.write(); err != nil {
		return fmt.Errorf("train: checkpoint after %s: %w", steps(r.done), err)
	}
	r.kept = r.done
	return nil
}

func (r *run) write() error {
	b := books{format, r.cfg.Identity, r.done, r.validated, r.time(), r.loss, nil, r.stale}
	entries := []safetensors.Entry{entryOf("params", r.Params.Data)}
	for _, s := range r.Optimiser.State() {
		entries = append(entries, safetensors.FromTensor(statePrefix+s.Name, s.Tensor))
	}
	if r.best != nil {
		b.Score = &r.score
		entries = append(entries, entryOf("best", r.best))
	}
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	metadata := map[string]string{booksKey: string(text)}
	if err := r.log.sync(); err != nil {
		return err
	}
	if r.best != nil && r.stale == 0 && r.validated == r.done {
		if err := safetensors.WriteFile(r.path(bestFile), metadata, entryOf("params", r.best)); err != nil {
			return err
		}
	}
	return safetensors.WriteFile(r.path(lastFile), metadata, entries...)
}

const statePrefix = "optimiser."

// resume takes up the state of last.safetensors; where that is not found, the
// run begins anew. With an error nothing has changed.
func (r *run) resume() (found bool, err error) {
	path := r.path(lastFile)
	f, err := safetensors.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	b, err := r.readBooks(f, path)
	if err != nil {
		return false, err
	}
	params, err := vector(f, path, "params", len(r.Params.Data))
	if err != nil {
		return false, err
	}
	var best []float32
	if b.Score != nil {
		if best, err = vector(f, path, "best", len(params)); err != nil {
			return false, err
		}
	}
	var state []optim.State
	for _, name := range f.Names() {
		if part, ok := strings.CutPrefix(name, statePrefix); ok {
			t, err := f.Tensor(name)
			if err != nil {
				return false, err
			}
			state = append(state, optim.State{Name: part, Tensor: t})
		}
	}
	if err := r.Optimiser.Restore(state); err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	copy(r.Params.Data, params)
	r.done, r.kept, r.validated, r.spent, r.loss, r.stale = b.Steps, b.Steps, b.Validated, b.Spent, b.Loss, b.Stale
	if best != nil {
		r.score, r.best = *b.Score, best
	}
	return true, nil
}

func (r *run) readBooks(f *safetensors.File, path string) (b books, err error) {
	if err := json.Unmarshal([]byte(f.Metadata[booksKey]), &b); err != nil || b.Format != format {
		return b, fmt.Errorf("%s: expected a checkpoint (%q), found %q", path, format, b.Format)
	}
	if b.Identity != r.cfg.Identity {
		return b, fmt.Errorf("%s is of another run: %s", path, differences(b.Identity, r.cfg.Identity))
	}
	if b.Validated < 0 || b.Steps < b.Validated || b.Stale < 0 || b.Spent < 0 {
		return b, fmt.Errorf("%s: %d steps, validated after %d, %d since the best, in %v", path, b.Steps, b.Validated, b.Stale, b.Spent)
	}
	return b, nil
}

// vector reads a tensor of n finite numbers.
func vector(f *safetensors.File, path, name string, n int) ([]float32, error) {
	t, err := f.Tensor(name)
	if err != nil {
		return nil, err
	}
	if len(t.Data) != n {
		return nil, fmt.Errorf("%s: %s holds %d parameters, the network has %d", path, name, len(t.Data), n)
	}
	for i, x := range t.Data {
		if !finite(float64(x)) {
			return nil, fmt.Errorf("%s: %s: parameter %d is %v", path, name, i, x)
		}
	}
	return t.Data, nil
}

func entryOf(name string, x []float32) safetensors.Entry {
	return safetensors.FromTensor(name, tensor.From(x, len(x)))
}

func (r *run) path(name string) string { return filepath.Join(r.cfg.Dir, name) }
