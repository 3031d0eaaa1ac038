package report

import (
	"fmt"
	"strconv"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"github.com/sshn-go/sshn/pareto/plot"
)

// trainingChart draws what the networks of a curve of k points take to train.
func (s *findings) trainingChart(most int) ([]chart, error) {
	unit, in := "s", 1.
	longest := 0.
	type line struct {
		group   *group
		seconds float64 // of one network
	}
	var lines []line
	for _, g := range s.own {
		networks, seconds := g.training()
		if seconds == 0 {
			continue
		}
		one := seconds / float64(networks)
		lines = append(lines, line{g, one})
		if g.each() {
			one *= float64(most)
		}
		longest = max(longest, one)
	}
	if len(lines) == 0 {
		return nil, nil
	}
	if longest >= 7200 {
		unit, in = "h", 3600
	} else if longest >= 120 {
		unit, in = "min", 60
	}
	p := newPlot("points of the curve, k", "training time, "+unit)
	grid := draw.LineStyle{Color: rule, Width: px(1)}
	p.Add(&plotter.Grid{Horizontal: grid})
	var keys []key
	for _, l := range lines {
		xy := make(plotter.XYs, most)
		for k := range xy {
			xy[k].X, xy[k].Y = float64(k+1), l.seconds/in
			if l.group.each() {
				xy[k].Y *= float64(k + 1)
			}
		}
		curve, marks, err := plotter.NewLinePoints(xy)
		if err != nil {
			return nil, fmt.Errorf("training time: %w", err)
		}
		marks.GlyphStyle = plot.Glyph(lookOf(l.group.method))
		curve.Color, curve.Width = marks.Color, px(2)
		p.Add(curve, marks)
		keys = append(keys, key{Name(l.group.method), curve.LineStyle, marks.GlyphStyle})
	}
	p.Y.Width, p.Y.Tick.Length = 0, 0
	p.X.Min, p.X.Max = 0.5, float64(most)+0.5
	p.Y.Min, p.Y.Max = 0, 1.06*longest/in
	var ks []gonum.Tick
	for k := 1; k <= most; k++ {
		ks = append(ks, gonum.Tick{Value: float64(k), Label: strconv.Itoa(k)})
	}
	p.X.Tick.Marker = gonum.ConstantTicks(ks)
	return inline(writer(p, keys, panelWidth, panelHeight), panelWidth,
		"Training time of a curve of k points: a network for each point of Fixed and its controls, one for all of the others. "+
			"The mean of the networks trained.")
}
