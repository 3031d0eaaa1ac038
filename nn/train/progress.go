package train

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a run is: a bar on a terminal, else a line now and
// then. The nil progress shows nothing.
type progress struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil: lines
	steps int                      // in all; 0: no limit
	first int                      // steps done before this call
	begun float64                  // share of the limit used up before it
	began time.Time
	next  time.Time // when a line is due
	shown int       // steps done at the last line
}

const (
	linesEvery = 10 * time.Second
	barUnits   = 1000 // the bar's length stands for the limit, of steps or time
)

func newProgress(cfg Config, done int, share float64) *progress {
	if cfg.Progress == nil {
		return nil
	}
	now := time.Now()
	p := &progress{w: cfg.Progress, steps: cfg.Steps, first: done, begun: share, began: now, next: now, shown: done}
	if f, ok := cfg.Progress.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(barUnits,
			progressbar.OptionSetWriter(f),
			progressbar.OptionSetWidth(12),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionThrottle(100*time.Millisecond))
	}
	return p
}

func (p *progress) step(done int, loss, share float64) {
	switch {
	case p == nil:
	case p.bar != nil:
		p.bar.Describe(p.text(done, loss, share))
		p.bar.Set(int(share * barUnits))
	case !time.Now().Before(p.next):
		p.next = time.Now().Add(linesEvery)
		p.line(done, loss, share)
	}
}

func (p *progress) score(done int, score float64, best bool) {
	if p == nil {
		return
	}
	if p.bar != nil {
		p.bar.Clear()
	}
	text := ""
	if best {
		text = ", the best so far"
	}
	fmt.Fprintf(p.w, "step %d  validation %.4f%s\n", done, score, text)
}

// end leaves the last state visible.
func (p *progress) end(done int, loss, share float64) {
	switch {
	case p == nil || done == p.first:
	case p.bar != nil:
		p.bar.Clear()
		p.line(done, loss, share)
	case done > p.shown:
		p.line(done, loss, share)
	}
}

func (p *progress) line(done int, loss, share float64) {
	p.shown = done
	fmt.Fprintln(p.w, p.text(done, loss, share))
}

// text is as in "step 20/300  loss 0.4321  3.10 steps/s  1m30s left".
func (p *progress) text(done int, loss, share float64) string {
	text := fmt.Sprintf("step %d", done)
	if p.steps > 0 {
		text += fmt.Sprintf("/%d", p.steps)
	}
	took := time.Since(p.began)
	text += fmt.Sprintf("  loss %.4f  %.2f steps/s", loss, float64(done-p.first)/took.Seconds())
	if share > p.begun {
		left := time.Duration(float64(took) * (1 - share) / (share - p.begun))
		text += fmt.Sprintf("  %v left", left.Round(time.Second))
	}
	return text
}
