package report

import (
	"math"
	"slices"

	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/pareto"
)

// structures shows the Dice of each structure, for the greatest phi at once.
func (s *findings) structures() ([]section, error) {
	if len(s.own) == 0 || len(s.grid) == 0 || len(s.Study.Structures) == 0 {
		return nil, nil
	}
	var tables []table
	for _, phi := range slices.Backward(s.grid) {
		t := table{Title: "Phi " + phi.String(), Head: []string{"structure"}, Folded: len(tables) > 0}
		for _, g := range s.own {
			t.Head = append(t.Head, Name(g.method))
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
	text := "Mean Dice over the subjects that have the structure, or were given it" + overSeeds(", ± the standard deviation over seeds", s.own) + "."
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
