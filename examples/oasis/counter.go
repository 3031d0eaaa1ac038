package main

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A counter shows on a terminal how much of something is done.
type counter struct {
	w    io.Writer // nil where nobody watches
	what string
	bar  *progressbar.ProgressBar
}

func newCounter(w io.Writer, what string) *counter {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &counter{w: w, what: what}
	}
	return &counter{}
}

func (c *counter) set(done, total int) {
	if c.w == nil {
		return
	}
	if c.bar == nil {
		c.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(c.w), progressbar.OptionSetWidth(30),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetDescription(c.what), progressbar.OptionShowCount())
	}
	c.bar.Set(done)
}

func (c *counter) end() {
	if c.bar != nil {
		c.bar.Exit()
		fmt.Fprintln(c.w)
	}
}
