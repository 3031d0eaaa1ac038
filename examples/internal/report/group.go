package report

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/pareto"
)

// methods in the order of every table and legend, what they are called, and how
// they look on every chart: SSHN as a single series does elsewhere.
var methods = []struct {
	key, name string
	look      int
}{
	{result.Fixed, "Fixed", 2},
	{result.Stochastic, "Stochastic", 3},
	{result.FiLM, "FiLM", 4},
	{result.SSHN, "SSHN", 1},
	{result.Wide, "Wide", 5},
	{result.Constant, "Constant", 6},
}

// rank is a method's place among methods; one that is not there comes last.
func rank(method string) int {
	for i, m := range methods {
		if m.key == method {
			return i
		}
	}
	return len(methods)
}

// Name is a method's name on the page, as SSHN is of sshn.
func Name(method string) string {
	if i := rank(method); i < len(methods) {
		return methods[i].name
	}
	return method
}

func lookOf(method string) int {
	if i := rank(method); i < len(methods) {
		return methods[i].look
	}
	return len(methods) + 1
}

// A group is what was trained in the same way, with several seeds.
type group struct {
	method, variant string
	lines           []result.Line // weights used at the phi they were predicted for
	transfer        []result.Line // used at another
}

// kind is what a variant varies, as "prior" in "prior 0.1-0.4", and value the rest.
func (g *group) kind() string { kind, _, _ := strings.Cut(g.variant, " "); return kind }

func (g *group) value() string { _, value, _ := strings.Cut(g.variant, " "); return value }

// each tells whether every phi has a network of its own.
func (g *group) each() bool {
	switch g.method {
	case result.Fixed, result.Wide, result.Constant:
		return true
	}
	return false
}

// control tells whether the networks are of a few phis, which may be beyond the
// range.
func (g *group) control() bool { return g.method == result.Wide || g.method == result.Constant }

// findings are the results as a page tells them.
type findings struct {
	*result.File
	own   []*group // without a variant, in the order of methods
	other []*group // analyses, those of a kind side by side
	moved []*group // those with a transfer
	grid  []pareto.Phi
	hi    float64 // the end of the range of phi that was trained
	seeds []uint64
	ref   pareto.Reference // zero if nothing was measured
}

func newFindings(f *result.File, ref pareto.Reference) *findings {
	s := &findings{File: f, ref: ref}
	var groups []*group
	for _, l := range f.Lines {
		l.Phi, l.Of = plain(l.Phi), plain(l.Of)
		i := slices.IndexFunc(groups, func(g *group) bool { return g.method == l.Method && g.variant == l.Variant })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &group{method: l.Method, variant: l.Variant})
		}
		if g := groups[i]; len(l.Of) > 0 {
			g.transfer = append(g.transfer, l)
		} else {
			g.lines = append(g.lines, l)
		}
	}
	for _, g := range groups {
		if len(g.transfer) > 0 {
			s.moved = append(s.moved, g)
		}
		switch {
		case len(g.lines) == 0:
		case g.variant == "":
			s.own = append(s.own, g)
		default:
			s.other = append(s.other, g)
		}
	}
	slices.SortStableFunc(s.own, func(a, b *group) int { return cmp.Compare(rank(a.method), rank(b.method)) })
	kinds := map[string]int{} // in the order of the file
	for _, g := range s.other {
		if _, seen := kinds[g.kind()]; !seen {
			kinds[g.kind()] = len(kinds)
		}
	}
	slices.SortStableFunc(s.other, func(a, b *group) int { return cmp.Compare(kinds[a.kind()], kinds[b.kind()]) })
	s.compare()
	return s
}

// plain is one factor in place of several that are the same.
func plain(phi pareto.Phi) pareto.Phi {
	if len(phi) > 0 && slices.Min(phi) == slices.Max(phi) {
		return phi[:1]
	}
	return phi
}

// compare settles where methods are compared: the seeds, the end of the range,
// the grid of phi and the reference point.
func (s *findings) compare() {
	var single []float64
	for _, g := range s.shown() {
		for _, l := range g.lines {
			if !g.control() {
				s.hi = max(s.hi, l.Hi)
			}
			if !slices.Contains(s.seeds, l.Seed) {
				s.seeds = append(s.seeds, l.Seed)
			}
			if len(l.Phi) == 1 {
				single = append(single, l.Phi[0])
			}
		}
	}
	slices.Sort(s.seeds)
	if s.hi == 0 && len(single) > 0 {
		s.hi = slices.Max(single) // a file that does not tell
	}
	s.grid = s.common()
	if s.ref == (pareto.Reference{}) {
		for _, g := range s.shown() {
			if g.method == result.Wide && len(s.own) > 1 {
				continue
			}
			for _, phi := range s.grid {
				s.ref.Cost = max(s.ref.Cost, 1.1*float64(g.at(phi).macs))
			}
		}
	}
}

// shown are the study's own networks, or of a study of analyses alone theirs.
func (s *findings) shown() []*group {
	if len(s.own) > 0 {
		return s.own
	}
	return s.other
}

// common returns the phis of the range that Fixed has, or else all methods have.
// Controls count only where there are no others.
func (s *findings) common() []pareto.Phi {
	of := slices.DeleteFunc(slices.Clone(s.shown()), (*group).control)
	if fixed := s.group(result.Fixed); fixed != nil {
		of = []*group{fixed}
	} else if len(of) == 0 {
		of = s.shown()
	}
	var grid []pareto.Phi
	for i, g := range of {
		phis := s.inside(g.phis())
		if i > 0 {
			phis = slices.DeleteFunc(phis, func(p pareto.Phi) bool { return !slices.ContainsFunc(grid, p.Equal) })
		}
		grid = phis
	}
	return grid
}

// group returns the study's own networks of a method, nil if there are none.
func (s *findings) group(method string) *group {
	for _, g := range s.own {
		if g.method == method {
			return g
		}
	}
	return nil
}

// inside returns the single factors within the range that was trained.
func (s *findings) inside(phis []pareto.Phi) []pareto.Phi {
	return slices.DeleteFunc(slices.Clone(phis), func(p pareto.Phi) bool { return len(p) != 1 || p[0] > s.hi+1e-9 })
}

// phis returns the factors that any seed was measured at, ascending.
func (g *group) phis() []pareto.Phi {
	var phis []pareto.Phi
	for _, l := range g.lines {
		if !slices.ContainsFunc(phis, l.Phi.Equal) {
			phis = append(phis, l.Phi)
		}
	}
	sortPhis(phis)
	return phis
}

func sortPhis(phis []pareto.Phi) {
	slices.SortFunc(phis, func(a, b pareto.Phi) int { return slices.Compare(a, b) })
}

// seeds returns those of the group, ascending.
func (g *group) seeds() []uint64 {
	var seeds []uint64
	for _, l := range g.lines {
		if !slices.Contains(seeds, l.Seed) {
			seeds = append(seeds, l.Seed)
		}
	}
	slices.Sort(seeds)
	return seeds
}

// overSeeds returns a text about what lies between seeds, which is empty if none
// of the groups has several.
func overSeeds(text string, groups []*group) string {
	if slices.ContainsFunc(groups, func(g *group) bool { return len(g.seeds()) > 1 }) {
		return text
	}
	return ""
}

// A spread is a number over seeds.
type spread struct {
	n         int // seeds
	mean, sd  float64
	low, high float64
}

// A measurement is what a group achieves at one phi, and what that costs.
type measurement struct {
	spread          // of the mean Dice
	lines   int     // 0: it was not measured
	macs    int64   // of one forward pass
	bytes   int64   // at its peak
	latency float64 // s, the least over seeds; 0: it was not measured
	trained float64 // s, the mean over seeds; 0: it was not measured
	params  int
	weights int
}

func spreadOf(x []float64) spread {
	s := spread{n: len(x), mean: math.NaN(), sd: math.NaN()}
	if len(x) == 0 {
		return s
	}
	s.mean, s.low, s.high = stat.Mean(x, nil), slices.Min(x), slices.Max(x)
	if len(x) > 1 {
		s.sd = stat.StdDev(x, nil)
	}
	return s
}

// at returns the mean Dice at phi over the seeds, with the costs. Seeds for
// which no Dice counts are left out.
func (g *group) at(phi pareto.Phi) measurement {
	var scores, trained []float64
	var m measurement
	for _, l := range g.lines {
		if !l.Phi.Equal(phi) {
			continue
		}
		if mean := l.Mean(); !math.IsNaN(mean) {
			scores = append(scores, mean)
		}
		m.lines++
		if l.Seconds > 0 {
			trained = append(trained, l.Seconds)
		}
		if l.Latency > 0 && (m.latency == 0 || l.Latency < m.latency) {
			m.latency = l.Latency
		}
		m.macs, m.bytes, m.params, m.weights = l.MACs, l.Bytes, l.Params, l.Weights
	}
	m.spread = spreadOf(scores)
	if len(trained) > 0 {
		m.trained = stat.Mean(trained, nil)
	}
	return m
}

// volume returns the hypervolume over the seeds that have all the phis, as a
// share of the most there could be.
func (g *group) volume(phis []pareto.Phi, ref pareto.Reference) spread {
	var shares []float64
	for _, seed := range g.seeds() {
		var points []pareto.Point
		for _, phi := range phis {
			for _, l := range g.lines {
				if l.Seed == seed && l.Phi.Equal(phi) && l.MACs > 0 {
					points = append(points, pareto.Point{Phi: phi, Dice: l.Mean(), MACs: l.MACs})
					break
				}
			}
		}
		if len(points) == len(phis) && len(phis) > 0 && ref.Cost > 0 {
			shares = append(shares, pareto.Hypervolume(points, pareto.ByMACs, ref).Share())
		}
	}
	return spreadOf(shares)
}

// steps returns those of the networks, each counted once: the mean, the least and
// the most. They differ where the budget is one of minutes.
func (g *group) steps() (mean float64, least, most int) {
	known := map[string]int{}
	for _, l := range g.lines {
		known[l.Network] = l.Steps
	}
	all := slices.Sorted(maps.Values(known))
	for _, n := range all {
		mean += float64(n) / float64(len(all))
	}
	return mean, all[0], all[len(all)-1]
}

// training returns how many networks make the curve, also where others have no
// point, and the seconds that they take to train, the mean over seeds; 0 if no
// time was measured.
func (g *group) training() (networks int, seconds float64) {
	var all []float64 // that were measured
	phis := g.phis()
	for _, phi := range phis {
		if trained := g.at(phi).trained; trained > 0 {
			all = append(all, trained)
		}
	}
	networks = 1
	if g.each() {
		networks = len(phis)
	}
	if len(all) == 0 {
		return networks, 0
	}
	return networks, stat.Mean(all, nil) * float64(networks)
}
