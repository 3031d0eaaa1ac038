package train

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/sshn-go/sshn/internal/atomicfile"
)

// An entry is a line of log.jsonl: of a step, or of a validation.
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
	buf  *bufio.Writer
	enc  *json.Encoder
}

// openLog opens the log of a run that has done the given number of steps.
// Lines of later steps, which a killed run wrote after its last checkpoint, and
// a torn last line are dropped.
func openLog(path string, done int) (*log, error) {
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("train: log: %w", err)
	}
	err = atomicfile.Write(path, func(w io.Writer) error {
		for line := range bytes.Lines(old) {
			var e entry
			if json.Unmarshal(line, &e) != nil || e.Step > done || done == 0 {
				continue
			}
			if _, err := w.Write(line); err != nil {
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
	l := &log{file: f, buf: bufio.NewWriter(f)}
	l.enc = json.NewEncoder(l.buf)
	return l, nil
}

func (l *log) step(step int, loss, norm, rate float64, took time.Duration, note string) error {
	return l.write(entry{Step: step, Loss: &loss, Norm: norm, Rate: rate, Seconds: took.Seconds(), Note: note})
}

func (l *log) score(step int, score float64) error {
	if !finite(score) {
		return l.write(entry{Step: step, Note: fmt.Sprintf("score %v", score)})
	}
	return l.write(entry{Step: step, Score: &score})
}

func (l *log) write(e entry) error {
	if l == nil {
		return nil
	}
	if err := l.enc.Encode(e); err != nil {
		return fmt.Errorf("train: log: %w", err)
	}
	return nil
}

func (l *log) sync() error {
	if l == nil {
		return nil
	}
	if err := l.buf.Flush(); err != nil {
		return fmt.Errorf("train: log: %w", err)
	}
	return nil
}

func (l *log) close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.sync(), l.file.Close())
}
