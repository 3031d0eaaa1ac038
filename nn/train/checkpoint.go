package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/safetensors"
)

const (
	lastFile = "last.safetensors"
	bestFile = "best.safetensors"
	logFile  = "log.jsonl"
)

// books is what a checkpoint says beside tensors. The state of every random
// source is Steps, for streams are derived from seed and step.
type books struct {
	Format   string        `json:"format"`
	Identity string        `json:"identity"`
	Steps    int           `json:"steps"`
	Spent    time.Duration `json:"nanoseconds"`
	Loss     float64       `json:"loss"`
	Score    *float64      `json:"score"` // null before the first validation
	Stale    int           `json:"stale"`
}

const format = "sshn checkpoint 1"

// openDir makes the folder of the run, resumes what is in it if that is asked
// for, and opens the log.
func (r *run) openDir() (err error) {
	if err := os.MkdirAll(r.cfg.Dir, 0o777); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	if r.cfg.Resume {
		if err := r.resume(); err != nil {
			return err
		}
	}
	r.log, err = openLog(filepath.Join(r.cfg.Dir, logFile), r.done)
	return err
}

// checkpoint writes the state to last.safetensors, and the parameters of the
// best score, if that is new, to best.safetensors. Both are replaced whole or
// not at all. The best is written first: if it is newer than the last after a
// kill, resuming finds the same best again.
func (r *run) checkpoint() error {
	if r.cfg.Dir == "" || r.kept == r.done {
		return nil
	}
	b := books{format, r.cfg.Identity, r.done, r.time(), r.loss, nil, r.stale}
	if !math.IsNaN(r.score) {
		b.Score = &r.score
	}
	text, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("train: checkpoint after step %d: %w", r.done, err)
	}
	metadata := map[string]string{"sshn": string(text)}
	if r.best != nil && r.stale == 0 {
		err = safetensors.WriteFile(r.path(bestFile), metadata, vector("params", r.best))
	}
	if err == nil {
		entries := []safetensors.Entry{vector("params", r.Params.Data)}
		for _, s := range r.Optimizer.State() {
			entries = append(entries, safetensors.FromTensor("optimizer."+s.Name, s.Tensor))
		}
		err = safetensors.WriteFile(r.path(lastFile), metadata, entries...)
	}
	if err != nil {
		return fmt.Errorf("train: checkpoint after step %d: %w", r.done, err)
	}
	r.kept = r.done
	return r.log.sync()
}

// resume takes up the state of last.safetensors; where that is not there, the
// run begins anew.
func (r *run) resume() error {
	path := r.path(lastFile)
	f, err := safetensors.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("train: resume: %w", err)
	}
	defer f.Close()
	var b books
	if err := json.Unmarshal([]byte(f.Metadata["sshn"]), &b); err != nil || b.Format != format {
		return fmt.Errorf("train: resume: %s is not a checkpoint of this library (%q expected)", path, format)
	}
	if b.Identity != r.cfg.Identity {
		return fmt.Errorf("train: resume: %s is of another run: it was %s, this is %s", path, b.Identity, r.cfg.Identity)
	}
	if err := load(f, path, r.Params.Data); err != nil {
		return err
	}
	state := r.Optimizer.State()
	for i, s := range state {
		if state[i].Tensor, err = f.Tensor("optimizer." + s.Name); err != nil {
			return fmt.Errorf("train: resume: %w", err)
		}
	}
	if err := r.Optimizer.Restore(state); err != nil {
		return fmt.Errorf("train: resume: %s: %w", path, err)
	}
	r.done, r.kept, r.spent, r.loss, r.stale = b.Steps, b.Steps, b.Spent, b.Loss, b.Stale
	if b.Score != nil {
		r.score = *b.Score
		r.best = make([]float32, len(r.Params.Data))
		return Load(r.path(bestFile), r.best)
	}
	return nil
}

// Load reads the parameters of a checkpoint, last.safetensors or
// best.safetensors, into x, which must have their number.
func Load(path string, x []float32) error {
	f, err := safetensors.Open(path)
	if err != nil {
		return fmt.Errorf("train: load: %w", err)
	}
	defer f.Close()
	return load(f, path, x)
}

func load(f *safetensors.File, path string, x []float32) error {
	params, err := f.Tensor("params")
	if err != nil {
		return fmt.Errorf("train: load: %w", err)
	}
	if len(params.Data) != len(x) {
		return fmt.Errorf("train: load: %s holds %d parameters, the network has %d", path, len(params.Data), len(x))
	}
	copy(x, params.Data)
	return nil
}

func (r *run) path(name string) string { return filepath.Join(r.cfg.Dir, name) }

func (r *run) lastGood() string {
	if r.kept < 0 {
		return ""
	}
	return fmt.Sprintf("%s, after step %d", r.path(lastFile), r.kept)
}

func vector(name string, x []float32) safetensors.Entry {
	return safetensors.FromTensor(name, tensor.From(x, len(x)))
}
