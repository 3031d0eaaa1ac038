package plot

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/sshn-go/sshn/pareto"
	"gonum.org/v1/gonum/stat"
)

// A Series is one curve, such as a method. Its points are joined in the order
// of x, whatever the order given.
type Series struct {
	Label  string
	Points []pareto.Point
	// Low and High bound a band around the curve: a Dice for each point. Nil
	// means no band.
	Low, High []float64
	// Look is which of the thirty pairs of colour and mark the series has,
	// counted from 1, so that it looks the same in figures with other series.
	// 0 is that of its place in the figure.
	Look int
	// Loose points are not joined, as where nothing is known between them; the
	// band is then a bar at each.
	Loose bool
}

// OverSeeds returns the mean of several runs, which must have the same phis in
// the same order, with a band from the least Dice of a run to the greatest.
// Everything but Dice and DiceSD is that of the first run; DiceSD is the
// deviation over the runs, 0 for one.
func OverSeeds(label string, runs ...[]pareto.Point) (Series, error) {
	s := Series{Label: label}
	if len(runs) == 0 {
		return s, fmt.Errorf("series %q: no runs", label)
	}
	for i, p := range runs[0] {
		dice := make([]float64, len(runs))
		for r, run := range runs {
			if len(run) != len(runs[0]) {
				return Series{}, fmt.Errorf("series %q: run 1 has %d points, run %d has %d", label, len(runs[0]), r+1, len(run))
			}
			if !run[i].Phi.Equal(p.Phi) {
				return Series{}, fmt.Errorf("series %q: point %d is phi %v in run 1 and phi %v in run %d", label, i+1, p.Phi, run[i].Phi, r+1)
			}
			dice[r] = run[i].Dice
		}
		p.Dice, p.DiceSD = stat.Mean(dice, nil), 0
		if len(dice) > 1 {
			p.DiceSD = stat.StdDev(dice, nil)
		}
		s.Points = append(s.Points, p)
		s.Low = append(s.Low, slices.Min(dice))
		s.High = append(s.High, slices.Max(dice))
	}
	return s, nil
}

// A dot is a point ready to be drawn.
type dot struct {
	x, dice, low, high float64
	phi                pareto.Phi
	front              bool
}

// dots returns the points of s in the order of x.
func (f Figure) dots(s Series) ([]dot, error) {
	if s.Low != nil || s.High != nil {
		if len(s.Low) != len(s.Points) || len(s.High) != len(s.Points) {
			return nil, fmt.Errorf("series %q: a band of %d and %d for %d points", s.Label, len(s.Low), len(s.High), len(s.Points))
		}
	}
	front := pareto.Front(s.Points, f.By)
	dots := make([]dot, len(s.Points))
	for i, p := range s.Points {
		x, err := f.x(p)
		if err != nil {
			return nil, fmt.Errorf("series %q: %w", s.Label, err)
		}
		d := dot{x: x, dice: p.Dice, low: p.Dice, high: p.Dice, phi: p.Phi}
		d.front = slices.ContainsFunc(front, p.Equal)
		if s.Low != nil {
			d.low, d.high = s.Low[i], s.High[i]
			if !(0 <= d.low && d.low <= d.high && d.high <= 1) {
				return nil, fmt.Errorf("series %q: phi %v: a band from %v to %v", s.Label, p.Phi, d.low, d.high)
			}
		}
		dots[i] = d
	}
	slices.SortStableFunc(dots, func(a, b dot) int { return cmp.Compare(a.x, b.x) })
	return dots, nil
}

// x returns where p stands on the x axis.
func (f Figure) x(p pareto.Point) (float64, error) {
	if err := p.Validate(); err != nil {
		return 0, fmt.Errorf("phi %v: %w", p.Phi, err)
	}
	if f.By.Of(p) == 0 {
		return 0, fmt.Errorf("phi %v: its cost in %v was not measured", p.Phi, f.By)
	}
	if !f.OverPhi {
		return f.By.Of(p), nil
	}
	if len(p.Phi) != 1 {
		return 0, fmt.Errorf("phi %v is not one number", p.Phi)
	}
	return p.Phi[0], nil
}
