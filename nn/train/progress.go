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
	cfg   Config
	first int     // steps done before this call
	begun float64 // share of the limit used up before it
	bar   *progressbar.ProgressBar
	began time.Time
	next  time.Time // when a line is due
}

const (
	linesEvery = 10 * time.Second
	unit       = 1000 // of the bar: thousandths of the limit
)

func newProgress(cfg Config, done int, spent time.Duration) *progress {
	if cfg.Progress == nil {
		return nil
	}
	now := time.Now()
	p := &progress{w: cfg.Progress, cfg: cfg, first: done, began: now, next: now.Add(linesEvery)}
	p.begun = p.share(done, spent)
	if f, ok := cfg.Progress.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(unit, progressbar.OptionSetWriter(f), progressbar.OptionSetWidth(30),
			progressbar.OptionSetPredictTime(false), progressbar.OptionThrottle(100*time.Millisecond))
	}
	return p
}

func (p *progress) step(done int, loss float64, spent time.Duration) {
	if p == nil {
		return
	}
	share := p.share(done, spent)
	text := p.text(done, loss, share)
	if p.bar != nil {
		p.bar.Describe(text)
		p.bar.Set(int(share * unit))
		return
	}
	if now := time.Now(); now.After(p.next) || done == p.first+1 || share >= 1 {
		p.next = now.Add(linesEvery)
		fmt.Fprintln(p.w, text)
	}
}

// share returns how much of the nearer limit is used up.
func (p *progress) share(done int, spent time.Duration) float64 {
	share := 0.0
	if p.cfg.Steps > 0 {
		share = float64(done) / float64(p.cfg.Steps)
	}
	if p.cfg.Limit > 0 {
		share = max(share, float64(spent)/float64(p.cfg.Limit))
	}
	return min(share, 1)
}

func (p *progress) text(done int, loss, share float64) string {
	text := fmt.Sprintf("step %d", done)
	if p.cfg.Steps > 0 {
		text += fmt.Sprintf("/%d", p.cfg.Steps)
	}
	took := time.Since(p.began)
	text += fmt.Sprintf("  loss %.4f  %.2f steps/s", loss, float64(done-p.first)/took.Seconds())
	if share > p.begun {
		left := time.Duration(float64(took) * (1 - share) / (share - p.begun))
		text += fmt.Sprintf("  %v left", left.Round(time.Second))
	}
	return text
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

func (p *progress) end() {
	if p != nil && p.bar != nil {
		p.bar.Exit()
		fmt.Fprintln(p.w)
	}
}
