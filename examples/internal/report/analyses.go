package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/pareto/plot"
)

// analyses shows the variants, those of a kind in one section, beside the
// study's own networks of the same methods; about says of each kind what was
// done otherwise.
func (s *findings) analyses(about map[string]string) ([]section, error) {
	var sections []section
	for from := 0; from < len(s.other); {
		to := from + 1
		for to < len(s.other) && s.other[to].kind() == s.other[from].kind() {
			to++
		}
		section, err := s.analysis(s.other[from:to])
		if err != nil {
			return nil, err
		}
		if text := about[s.other[from].kind()]; text != "" {
			section.Text = []string{Name(s.other[from].method) + " " + text + "."}
		}
		sections = append(sections, section)
		from = to
	}
	return sections, nil
}

func (s *findings) analysis(variants []*group) (section, error) {
	var groups []*group
	for _, g := range variants {
		if own := s.group(g.method); own != nil && !slices.Contains(groups, own) {
			groups = append(groups, own)
		}
	}
	groups = append(groups, variants...)

	f := plot.Figure{OverPhi: true}
	caption, bands := "Dice against phi", overSeeds("; bands from the least to the greatest seed", groups)
	var unequal []pareto.Phi
	for _, g := range groups {
		unequal = append(unequal, several(g.phis())...)
	}
	sortPhis(unequal)
	unequal = slices.CompactFunc(unequal, pareto.Phi.Equal)
	if len(unequal) > 0 {
		f = plot.Figure{LogX: true}
		caption = "Dice against multiply-adds, for not all phis are one number"
	}
	next := 0
	for _, g := range groups {
		phis := single(g.phis())
		if !f.OverPhi {
			phis = s.inside(phis)
		}
		line := g.series(label(g), phis)
		if g.variant != "" {
			line.Look = variantLook(next, groups)
			next++
		}
		add(&f, line)
		apart := g.series(label(g)+", unequal", several(g.phis()))
		apart.Look, apart.Loose = variantLook(next, groups), true
		if len(apart.Points) > 0 {
			next++
		}
		add(&f, apart)
	}
	unlike := func(g *group) bool { return trainedFor(g) != trainedFor(groups[0]) }
	if f.OverPhi && !slices.ContainsFunc(groups, unlike) {
		s.limit(&f)
	}
	charts, err := chartOf(f, caption+bands+".")
	return section{
		Title: "Analysis: " + variants[0].kind(), Charts: charts,
		Tables: []table{s.groupsTable(groups, append(slices.Clone(s.grid), unequal...))},
	}, err
}

func (s *findings) groupsTable(groups []*group, phis []pareto.Phi) table {
	t := table{Head: []string{"networks", "trained for", "seeds"}, Note: "Dice at phi" + overSeeds(", mean ± standard deviation over seeds", groups) + "."}
	for i, phi := range phis {
		t.Head = append(t.Head, phiHead(i, phi))
	}
	t.Head = append(t.Head, "hypervolume")
	if len(s.own) == 0 { // else it is told before
		t.Note += " " + s.reference()
	}
	for _, g := range groups {
		row := []string{label(g), trainedFor(g), count(len(g.seeds()))}
		for _, phi := range phis {
			row = append(row, g.at(phi).String())
		}
		t.Rows = append(t.Rows, append(row, g.volume(s.grid, s.ref).String()))
	}
	return t
}

// label names a group within its kind.
func label(g *group) string {
	switch {
	case g.variant == "":
		return Name(g.method) + " of the study"
	case g.value() == "":
		return Name(g.method) + ", " + g.variant
	}
	return Name(g.method) + ", " + g.value()
}

// trainedFor returns the range of phi of a group's networks.
func trainedFor(g *group) string {
	lo, hi := math.Inf(1), 0.
	for _, l := range g.lines {
		lo, hi = min(lo, l.Lo), max(hi, l.Hi)
	}
	if hi == 0 {
		return none
	}
	return fmt.Sprintf("%g to %g", lo, hi)
}

// variantLook returns the look of the n-th variant: none that a method has, and
// no colour of the groups of the study beside it, unless they have all.
func variantLook(n int, groups []*group) int {
	look := len(methods) + 1
	for in := 0; ; in++ {
		look++
		taken := slices.ContainsFunc(groups, func(g *group) bool {
			return g.variant == "" && plot.Colour(lookOf(g.method)) == plot.Colour(look)
		})
		if taken && in < len(methods) { // colours in turn
			continue
		}
		if in = -1; n == 0 {
			return look
		}
		n--
	}
}

// single returns those that are one factor, several the others.
func single(phis []pareto.Phi) []pareto.Phi {
	return slices.DeleteFunc(slices.Clone(phis), func(p pareto.Phi) bool { return len(p) != 1 })
}

func several(phis []pareto.Phi) []pareto.Phi {
	return slices.DeleteFunc(slices.Clone(phis), func(p pareto.Phi) bool { return len(p) == 1 })
}
