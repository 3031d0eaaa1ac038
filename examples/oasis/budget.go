package main

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/pareto"
)

// budgetFlag defines a flag for a number above 0 and below a bound, which may be
// followed by one of the units.
func budgetFlag(f *flag.FlagSet, x *float64, name string, bound float64, units map[string]float64, usage string) {
	f.Func(name, usage, func(text string) (err error) {
		scale := 1.
		for unit, times := range units {
			if number, ok := strings.CutSuffix(text, unit); ok {
				text, scale = strings.TrimSpace(number), times
				break
			}
		}
		*x, err = strconv.ParseFloat(text, 64)
		*x *= scale
		if err != nil || !(*x > 0 && *x < bound) {
			example := ""
			if units != nil {
				example = ", such as 500e6 or 500M,"
			}
			return fmt.Errorf("a number above 0 and below %g%s is needed; without the flag there is no such limit", bound, example)
		}
		return nil
	})
}

// prefixes are what tables write before MACs.
var prefixes = map[string]float64{"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}

// budget returns what chooses phi.
func (s *segment) budget() pareto.Budget {
	b := pareto.Budget{MACs: int64(math.Ceil(s.maxMACs)), Seconds: s.maxMS / 1000}
	if s.limit.allowed == 0 {
		b.Bytes = int64(1e6 * s.maxMB)
	}
	return b
}

// extents writes those of a tensor as people do, the fastest first.
func extents(dims []int) string {
	var texts []string
	for _, n := range slices.Backward(dims) {
		texts = append(texts, fmt.Sprint(n))
	}
	return strings.Join(texts, " x ")
}

// choose returns the point to segment at, with the cost of images of the given
// extents: the curve was measured on others, perhaps.
func (s *segment) choose(m *sshn.Model, dims []int, c console) (pareto.Point, error) {
	if phi := s.only(m); phi != nil {
		return s.priced(m, dims, pareto.Point{Phi: phi})
	}
	if len(m.Curve.Points) == 0 {
		return pareto.Point{}, fmt.Errorf("%s holds no curve to choose by; the subcommand pareto measures it, or -phi tells what to take", s.model)
	}
	var points []pareto.Point
	var tightest *sshn.MemoryError
	for _, p := range m.Curve.Points {
		p, err := s.priced(m, dims, p)
		var tight *sshn.MemoryError
		switch {
		case errors.As(err, &tight):
			if tightest == nil || tight.Least.Bytes > tightest.Least.Bytes {
				tightest = tight
			}
		case err != nil:
			return p, err
		}
		points = append(points, p)
	}
	if tightest != nil {
		return pareto.Point{}, tightest
	}
	budget := s.budget()
	if s.estimates(m, dims) {
		c.note("the curve was measured on images of %s voxels, and this scan has %s: MACs and memory are those of this scan, "+
			"but Dice and milliseconds are estimates, for Dice is as it was there and milliseconds are taken to grow with the MACs", extents(m.Curve.Extents), extents(dims))
	}
	if budget.Bytes > 0 && len(points) > 1 && !pareto.ByBytes.Varies(points) {
		c.note("every phi takes the same memory, that of the finest level, so -max-mb does not choose between them")
	}
	return pareto.Best(points, budget)
}

// only returns the phi if there is nothing to choose, else nil.
func (s *segment) only(m *sshn.Model) pareto.Phi {
	if s.phi == nil && s.budget() == (pareto.Budget{}) {
		return m.Config().At
	}
	return s.phi
}

// estimates tells whether a choice by the model's curve for images of the given
// extents rests on those of others.
func (s *segment) estimates(m *sshn.Model, dims []int) bool {
	return s.only(m) == nil && !slices.Equal(m.Curve.Extents, dims)
}

// priced returns p with the cost of an image of the given extents, that of all
// tiles if it is taken by tiles; the latency is taken to grow with the MACs.
func (s *segment) priced(m *sshn.Model, extents []int, p pareto.Point) (pareto.Point, error) {
	cost, err := m.Cost(extents, p.Phi)
	if err != nil {
		return p, err
	}
	cost.Bytes += 4 * int64(m.Layout().Len())
	if s.limit.allowed > 0 {
		t, err := m.Tiling(extents, p.Phi, s.limit.left())
		if err != nil {
			return p, err
		}
		cost.MACs, cost.Bytes = t.MACs, t.Bytes
	}
	if p.MACs > 0 {
		p.Median *= float64(cost.MACs) / float64(p.MACs)
	}
	p.MACs, p.Bytes = cost.MACs, cost.Bytes
	return p, nil
}
