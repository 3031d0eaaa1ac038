package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/sshn-go/sshn/examples/internal/result"
)

// A progress tells which network is under way and how long the rest may take.
type progress struct {
	networks []network
	started  int // with those that are done
	rest     []network
	taken    map[string]float64    // mean seconds of a training by all processors, by method
	expected func(network) float64 // likewise, until one is done; nil: nobody knows
}

func newProgress(networks []network, found *result.File) *progress {
	p := &progress{networks: networks}
	p.finished(found)
	p.started = p.done()
	return p
}

// left are the networks that are not done.
func (p *progress) left(found *result.File) []network {
	return slices.DeleteFunc(slices.Clone(p.networks), func(n network) bool { return len(n.missing(found.Lines)) == 0 })
}

// done is how many are.
func (p *progress) done() int { return len(p.networks) - len(p.rest) }

// place is that of a network in the plan; those of an earlier one come first.
func (p *progress) place(name string) int {
	return slices.IndexFunc(p.networks, func(n network) bool { return n.name() == name })
}

// begin counts a network as started and announces it.
func (p *progress) begin(n network) string {
	p.started++
	return fmt.Sprintf("network %d of %d: %s%s", p.started, len(p.networks), n.name(), p.time())
}

// finished counts what is done and how long it took.
func (p *progress) finished(found *result.File) {
	p.rest = p.left(found)
	sum, count, seen := map[string]float64{}, map[string]float64{}, map[string]bool{}
	for _, l := range found.Lines {
		if !seen[l.Network] {
			seen[l.Network] = true
			for _, key := range []string{l.Method, ""} { // "" is all of them
				sum[key] += l.Seconds / float64(max(1, l.Jobs))
				count[key]++
			}
		}
	}
	p.taken = map[string]float64{}
	for key := range sum {
		p.taken[key] = sum[key] / count[key]
	}
}

// time is about how long the networks take that are not done, as others like them
// did, or are expected to.
func (p *progress) time() string {
	known := p.taken[""] > 0
	if !known && p.expected == nil {
		return ""
	}
	seconds := 0.0
	for _, n := range p.rest {
		switch taken, like := p.taken[n.method]; {
		case like:
			seconds += taken
		case known:
			seconds += p.taken[""]
		default:
			seconds += p.expected(n)
		}
	}
	return fmt.Sprintf(", about %v left", time.Duration(seconds*float64(time.Second)).Round(time.Second))
}

// String is as in "3 of 12 networks done".
func (p *progress) String() string {
	return fmt.Sprintf("%d of %d networks done", p.done(), len(p.networks))
}
