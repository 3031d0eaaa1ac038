package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/pareto/plot"
)

// structures shows the Dice of each structure, for the greatest phi at once.
func (s *findings) structures() ([]section, error) {
	if len(s.grid) == 0 || len(s.Study.Structures) == 0 {
		return nil, nil
	}
	var tables []table
	for _, phi := range slices.Backward(s.grid) {
		t := table{Title: "Phi " + phi.String(), Head: []string{"structure"}, Folded: len(tables) > 0}
		for _, g := range s.own {
			t.Head = append(t.Head, nameOf(g.method))
		}
		for i, structure := range s.Study.Structures {
			row := []string{structure}
			for _, g := range s.own {
				row = append(row, g.structure(phi, i).String())
			}
			t.Rows = append(t.Rows, row)
		}
		tables = append(tables, t)
	}
	text := "Mean Dice over the subjects that have the structure, or were given it, ± the standard deviation over seeds."
	return []section{{Title: "By structure", Text: []string{text}, Tables: tables}}, nil
}

// structure returns the mean Dice of one structure over the seeds.
func (g *group) structure(phi pareto.Phi, i int) spread {
	var means []float64
	for _, l := range g.lines {
		if !l.Phi.Equal(phi) {
			continue
		}
		if mean := metric.Summarise(l.Structure(i)).Mean; !math.IsNaN(mean) {
			means = append(means, mean)
		}
	}
	return spreadOf(means)
}

// analyses shows the variants, those of a kind in one section, beside the
// study's own networks of the same methods.
func (s *findings) analyses() ([]section, error) {
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
	caption := "Dice against phi; bands from the least to the greatest seed."
	if slices.ContainsFunc(groups, func(g *group) bool { return len(single(g.phis())) < len(g.phis()) }) {
		f = plot.Figure{LogX: true}
		caption = "Dice against multiply-adds, for there are networks with several phis; bands from the least to the greatest seed."
	}
	t := table{Head: []string{"", "trained for", "seeds"}}
	for _, phi := range s.grid {
		t.Head = append(t.Head, phi.String())
	}
	t.Head = append(t.Head, "hypervolume")
	t.Note = "Dice at phi, mean ± standard deviation over seeds."
	next := 0
	for _, g := range groups {
		phis := g.phis()
		if f.OverPhi {
			phis = single(phis)
		}
		line := g.series(label(g), phis)
		if g.variant != "" {
			line.Look = variantLook(next, groups)
			next++
		}
		add(&f, line)
		row := []string{label(g), trainedFor(g), count(len(g.seeds()))}
		for _, phi := range s.grid {
			row = append(row, g.at(phi).String())
		}
		t.Rows = append(t.Rows, append(row, g.volume(s.grid, s.ref).String()))
	}
	if f.OverPhi {
		s.limit(&f)
	}
	charts, err := chartOf(f, caption)
	return section{Title: "Analysis: " + variants[0].kind(), Charts: charts, Tables: []table{t}}, err
}

// label names a group within its kind.
func label(g *group) string {
	switch {
	case g.variant == "":
		return nameOf(g.method) + " of the study"
	case g.value() == "":
		return nameOf(g.method) + ", " + g.variant
	}
	return nameOf(g.method) + ", " + g.value()
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
// no colour of the groups of the study beside it.
func variantLook(n int, groups []*group) int {
	look := len(methods)
	for {
		look++
		taken := slices.ContainsFunc(groups, func(g *group) bool {
			return g.variant == "" && plot.Colour(rank(g.method)+1) == plot.Colour(look)
		})
		if taken {
			continue
		}
		if n == 0 {
			return look
		}
		n--
	}
}

// single returns those that are one factor.
func single(phis []pareto.Phi) []pareto.Phi {
	return slices.DeleteFunc(slices.Clone(phis), func(p pareto.Phi) bool { return len(p) != 1 })
}

// transfers shows weights predicted for one phi and used at another.
func (s *findings) transfers() ([]section, error) {
	out := section{
		Title: "Weights predicted for one phi, used at another",
		Text:  []string{"Mean Dice over subjects and seeds; the diagonal is each phi with its own weights. Darker is higher."},
	}
	for _, g := range s.moved {
		name := nameOf(g.method)
		if g.variant != "" {
			name += ", " + g.variant
		}
		charts, err := g.heat().chart(name)
		if err != nil {
			return nil, err
		}
		out.Charts = append(out.Charts, charts...)
	}
	if len(out.Charts) == 0 {
		return nil, nil
	}
	return []section{out}, nil
}

func (g *group) heat() heat {
	var h heat
	for _, l := range g.transfer {
		h.of = append(h.of, l.Of)
		h.at = append(h.at, l.Phi)
	}
	for _, phis := range []*[]pareto.Phi{&h.of, &h.at} {
		sortPhis(*phis)
		*phis = slices.CompactFunc(*phis, pareto.Phi.Equal)
	}
	for _, of := range h.of {
		row := make([]float64, len(h.at))
		for c, at := range h.at {
			var x []float64
			for _, l := range g.transfer {
				if l.Of.Equal(of) && l.Phi.Equal(at) {
					x = append(x, l.Mean())
				}
			}
			if row[c] = metric.Summarise(x).Mean; len(x) == 0 && of.Equal(at) {
				row[c] = g.at(at).mean
			}
		}
		h.dice = append(h.dice, row)
	}
	return h
}
