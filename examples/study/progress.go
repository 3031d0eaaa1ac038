package main

import (
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/sshn-go/sshn/examples/internal/result"
)

// A progress tells which network is under way and how long the rest may take.
type progress struct {
	w        io.Writer
	networks []network
	done     int
	taken    map[string]float64 // mean seconds of a training, by method
}

func newProgress(networks []network, found *result.File, w io.Writer) *progress {
	p := &progress{w: w, networks: networks}
	p.finished(found)
	return p
}

// left are the networks that are not done, each announced when it begins.
func (p *progress) left(found *result.File) iter.Seq[network] {
	return func(yield func(network) bool) {
		for _, n := range p.networks {
			if len(n.missing(found.Lines)) == 0 {
				continue
			}
			fmt.Fprintf(p.w, "network %d of %d: %s%s\n", p.done+1, len(p.networks), n.name(), p.time(found))
			if !yield(n) {
				return
			}
		}
	}
}

// finished counts what is done and how long it took.
func (p *progress) finished(found *result.File) {
	p.done = 0
	for _, n := range p.networks {
		if len(n.missing(found.Lines)) == 0 {
			p.done++
		}
	}
	sum, count, seen := map[string]float64{}, map[string]float64{}, map[string]bool{}
	for _, l := range found.Lines {
		if !seen[l.Network] {
			seen[l.Network] = true
			for _, key := range []string{l.Method, ""} { // "" is all of them
				sum[key] += l.Seconds
				count[key]++
			}
		}
	}
	p.taken = map[string]float64{}
	for key := range sum {
		p.taken[key] = sum[key] / count[key]
	}
}

// time is about how long the networks take that are not done, as far as others
// like them were.
func (p *progress) time(found *result.File) string {
	if p.taken[""] == 0 {
		return ""
	}
	seconds := 0.0
	for _, n := range p.networks {
		if len(n.missing(found.Lines)) == 0 {
			continue
		}
		if taken, ok := p.taken[n.method]; ok {
			seconds += taken
		} else {
			seconds += p.taken[""]
		}
	}
	return fmt.Sprintf(", about %v left", time.Duration(seconds*float64(time.Second)).Round(time.Second))
}

// String is as in "3 of 12 networks done".
func (p *progress) String() string {
	return fmt.Sprintf("%d of %d networks done", p.done, len(p.networks))
}
