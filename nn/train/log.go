package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/sshn-go/sshn/internal/atomicfile"
)

// An entry is a line of log.jsonl: of a step, which has a loss, or of a
// validation.
type entry struct {
	Step    int      `json:"step"` // steps done
	Loss    *float64 `json:"loss,omitempty"`
	Norm    float64  `json:"norm,omitempty"` // of the gradient, before clipping
	Rate    float64  `json:"rate,omitempty"`
	Seconds float64  `json:"seconds,omitempty"`
	Note    string   `json:"note,omitempty"`
	Score   *float64 `json:"score,omitempty"`
}

// A log appends entries to a file; the nil log keeps none.
type log struct {
	file *os.File
	json *json.Encoder
}

// openLog opens the log of a run that has done so many steps and was last
// validated after so many. Lines of later ones, which a killed run wrote after
// its last checkpoint, and a torn last line are dropped.
func openLog(path string, done, validated int) (*log, error) {
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("train: log: %w", err)
	}
	err = atomicfile.Write(path, func(w io.Writer) error {
		for line := range bytes.Lines(old) {
			var e entry
			if json.Unmarshal(line, &e) != nil || e.Step > done || e.Loss == nil && e.Step > validated || done == 0 {
				continue
			}
			if _, err := fmt.Fprintf(w, "%s\n", bytes.TrimSpace(line)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("train: log: %w", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, fmt.Errorf("train: log: %w", err)
	}
	return &log{f, json.NewEncoder(f)}, nil
}

func (l *log) write(e entry) error {
	if l == nil {
		return nil
	}
	if err := l.json.Encode(e); err != nil {
		return fmt.Errorf("train: log: %w", err)
	}
	return nil
}

// score writes the line of a validation. JSON has no NaN, so a score that is
// not finite is a note.
func (l *log) score(step int, score float64) error {
	if !finite(score) {
		return l.write(entry{Step: step, Note: fmt.Sprintf("the score is %v", score)})
	}
	return l.write(entry{Step: step, Score: &score})
}

// sync sees to it that what was written survives a power cut.
func (l *log) sync() error {
	if l == nil {
		return nil
	}
	return l.file.Sync()
}

func (l *log) close() error {
	if l == nil {
		return nil
	}
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("train: log: %w", err)
	}
	return nil
}
