package report

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"

	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/pareto"
)

// transfers shows weights predicted for one phi and used at another.
func (s *findings) transfers() ([]section, error) {
	out := section{
		Title: "Weights predicted for one phi, used at another",
		Text:  []string{"Mean Dice over subjects and seeds; the diagonal is each phi with its own weights. Darker is higher."},
	}
	for _, g := range s.moved {
		name := Name(g.method)
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

// A table of Dice of weights predicted for phi of a row, used at phi of a column.
type heat struct {
	of, at []pareto.Phi
	dice   [][]float64 // NaN where there is none
}

// Dims, X, Y and Z make heat a plotter.GridXYZ, whose cells lie one apart.
func (h heat) Dims() (c, r int)   { return len(h.at), len(h.of) }
func (h heat) X(c int) float64    { return float64(c) }
func (h heat) Y(r int) float64    { return float64(r) }
func (h heat) Z(c, r int) float64 { return h.dice[r][c] }

// blues go from light to dark; Dice is read from the numbers, so the colours
// need only be told apart by lightness, as everybody does.
type blues struct{}

func (blues) Colors() []color.Color {
	const n = 64
	light, dark := [3]float64{0xee, 0xf4, 0xf9}, [3]float64{0x08, 0x45, 0x8a}
	colours := make([]color.Color, n)
	for i := range colours {
		var c [3]uint8
		for k := range c {
			c[k] = uint8(math.Round(light[k] + (dark[k]-light[k])*float64(i)/(n-1)))
		}
		colours[i] = color.NRGBA{c[0], c[1], c[2], 0xff}
	}
	return colours
}

// chart draws the table with its numbers.
func (h heat) chart(caption string) ([]chart, error) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, row := range h.dice {
		for _, x := range row {
			if !math.IsNaN(x) {
				low, high = min(low, x), max(high, x)
			}
		}
	}
	if low > high {
		return nil, nil
	}
	if low == high {
		low -= 0.01
	}
	p := newPlot("used at phi", "predicted for phi")
	cells := plotter.NewHeatMap(h, blues{})
	cells.Min, cells.Max, cells.NaN = low, high, color.White
	var numbers plotter.XYLabels
	var styles []text.Style
	for r, row := range h.dice {
		for c, x := range row {
			style := text.Style{Color: ink, Font: sans(14), XAlign: text.XCenter, YAlign: text.YCenter, Handler: gonum.DefaultTextHandler}
			if x > (low+high)/2 {
				style.Color = color.White
			}
			numbers.XYs = append(numbers.XYs, plotter.XY{X: float64(c), Y: float64(r)})
			numbers.Labels = append(numbers.Labels, dice(x))
			styles = append(styles, style)
		}
	}
	labels, err := plotter.NewLabels(numbers)
	if err != nil {
		return nil, fmt.Errorf("heat map: %w", err)
	}
	labels.TextStyle = styles
	p.Add(cells, labels)
	p.X.Tick.Marker, p.Y.Tick.Marker = phiTicks(h.at), phiTicks(h.of)
	p.X.Width, p.Y.Width, p.X.Tick.Length, p.Y.Tick.Length = 0, 0, 0, 0
	width, height := max(360, 110+54*float64(len(h.at))), max(300, 100+36*float64(len(h.of)))
	return inline(writer(p, nil, width, height), width, caption)
}

func phiTicks(phis []pareto.Phi) gonum.ConstantTicks {
	var marks gonum.ConstantTicks
	for i, phi := range phis {
		marks = append(marks, gonum.Tick{Value: float64(i), Label: phi.String()})
	}
	return marks
}
