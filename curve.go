package sshn

import (
	"fmt"
	"slices"

	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/pareto"
)

// A Curve is what [Model.Measure] found over phi, and what it was found on:
// costs are those of images of these extents, and Dice that of these subjects.
// The zero Curve is none. Points may be taken out or added only with the Dice of
// each structure there.
type Curve struct {
	Split      string         `json:"split,omitempty"` // the part of the data, in the caller's words, as in val
	Subjects   int            `json:"subjects"`
	Extents    []int          `json:"extents"` // of the images, without channels
	Points     []pareto.Point `json:"points"`
	Structures []Structure    `json:"structures"` // each class but the background
}

// A Structure is how well a model finds what one label stands for.
type Structure struct {
	Label
	Elements int64     `json:"elements"`       // that have the label, in the truth of all subjects
	Dice     []float64 `json:"dice,omitempty"` // at each point, the mean over subjects; nil if there are no elements
}

// structures gathers the Dice of each structure from the tables of the points.
func structures(labels []Label, samples data.Samples, tables []*metric.Table) []Structure {
	all := make([]Structure, len(labels)-1)
	for _, s := range samples {
		for _, class := range s.Labels.Data {
			if class > 0 {
				all[int(class)-1].Elements++
			}
		}
	}
	for i := range all {
		all[i].Label = labels[i+1]
		for _, t := range tables {
			if all[i].Elements > 0 {
				all[i].Dice = append(all[i].Dice, t.Structure(i+1).Mean)
			}
		}
	}
	return all
}

// at returns the part of c that is about phi.
func (c Curve) at(phi pareto.Phi) Curve {
	i := slices.IndexFunc(c.Points, func(p pareto.Point) bool { return p.Phi.Equal(phi) })
	if i < 0 {
		return Curve{}
	}
	p := c.Points[i]
	p.Phi = slices.Clone(p.Phi)
	c.Points = []pareto.Point{p}
	c.Extents = slices.Clone(c.Extents)
	c.Structures = slices.Clone(c.Structures)
	for k, s := range c.Structures {
		if s.Dice != nil {
			c.Structures[k].Dice = slices.Clone(s.Dice[i : i+1])
		}
	}
	return c
}

// check returns an error if c, as it was read from a file or a caller made it, is
// no curve.
func (c Curve) check() error {
	for _, p := range c.Points {
		if err := p.Validate(); err != nil {
			return fmt.Errorf("curve at phi %v: %w", p.Phi, err)
		}
	}
	if slices.ContainsFunc(c.Extents, func(n int) bool { return n < 1 }) {
		return fmt.Errorf("curve of images of extents %v", c.Extents)
	}
	for _, s := range c.Structures {
		if s.Dice != nil && len(s.Dice) != len(c.Points) {
			return fmt.Errorf("curve: %d Dice of %s for %d points", len(s.Dice), s.Name, len(c.Points))
		}
	}
	return nil
}
