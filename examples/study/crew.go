package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/examples/internal/result"
)

// A crew trains the networks that are not done, jobs of them side by side, each with
// its share of the processors.
type crew struct {
	*options
	set   *set
	path  string // of the result file
	board *board

	mu       sync.Mutex // of all below
	found    *result.File
	progress *progress
	todo     []network
}

// work does all, or returns the first error.
func (c *crew) work(ctx context.Context) error {
	defer autograd.LimitWorkers(autograd.LimitWorkers(c.workers()))
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c.todo = c.progress.left(c.found)
	if err := c.tidy(); err != nil {
		return err
	}
	if len(c.found.Lines) == 0 && len(c.todo) > 0 {
		expected, err := c.expect(ctx, c.todo[0])
		if err != nil {
			return fmt.Errorf("%s: %w", c.todo[0].name(), err)
		}
		c.progress.expected = expected
	}
	var all sync.WaitGroup
	for range c.jobs {
		all.Go(func() {
			for ctx.Err() == nil {
				n, ok := c.next()
				if !ok {
					return
				}
				var err error
				if broken := autograd.Try(func() { err = c.try(ctx, n) }); broken != nil {
					err = broken
				}
				if err != nil {
					stop(fmt.Errorf("%s: %w", n.name(), err))
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// tidy removes what networks that are done left when they were killed at their end.
func (c *crew) tidy() error {
	for _, n := range c.progress.networks {
		if len(n.missing(c.found.Lines)) == 0 {
			if err := tidy(c.folder(n)); err != nil {
				return err
			}
		}
	}
	return nil
}

// folder is that of a network's checkpoints and model.
func (c *crew) folder(n network) string { return filepath.Join(c.out, "networks", n.folder()) }

// next takes a network off the list and announces it.
func (c *crew) next() (n network, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.todo) == 0 {
		return n, false
	}
	n, c.todo = c.todo[0], c.todo[1:]
	c.board.say("%s", c.progress.begin(n))
	return n, true
}

// try trains and measures a network, and adds it to the file and the report.
func (c *crew) try(ctx context.Context, n network) error {
	log := c.board.w // where one alone shows a bar
	if c.jobs > 1 {
		log = &voice{board: c.board, name: n.name()}
	}
	t := &trial{n, c.options, c.set, c.folder(n), log}
	c.mu.Lock()
	known := slices.Clone(c.found.Lines)
	c.mu.Unlock()
	m, length, err := t.model(ctx, known)
	if err != nil {
		return err
	}
	lines, err := t.lines(ctx, m, length, n.missing(known))
	if err != nil {
		return err
	}
	if now := runtime.GOMAXPROCS(0); now != c.found.Study.Processors { // it goes on with others
		for i := range lines {
			lines[i].Processors = now
		}
	}
	// In this order nothing is counted as finished whose model is not there.
	if err := m.Save(filepath.Join(t.dir, modelFile)); err != nil {
		return err
	}
	if err := c.keep(lines); err != nil {
		return err
	}
	if c.jobs > 1 {
		c.board.say("%s: done after %v", n.name(), length.Time.Round(100*time.Millisecond))
	}
	return tidy(t.dir)
}

// keep adds lines to the file, in the order of the plan whichever network was done
// first.
func (c *crew) keep(lines []result.Line) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found.Lines = append(c.found.Lines, lines...)
	slices.SortStableFunc(c.found.Lines, func(a, b result.Line) int {
		return c.progress.place(a.Network) - c.progress.place(b.Network)
	})
	if err := c.found.Save(c.path); err != nil {
		return err
	}
	c.progress.finished(c.found)
	return c.report(c.found, io.Discard)
}
