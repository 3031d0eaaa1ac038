package report

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/pareto/plot"
)

var (
	ink  = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	rule = color.NRGBA{0xdd, 0xdd, 0xdd, 0xff}
)

// px is a length of 1/96 inch.
func px(x float64) vg.Length { return vg.Length(x) * vg.Inch / 96 }

func sans(size float64) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, px(size))
}

// newPlot has the axes of the charts of pareto/plot.
func newPlot(x, y string) *gonum.Plot {
	p := gonum.New()
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, a := range []*gonum.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font, a.Tick.Label.Font = sans(15), sans(14)
		a.Label.TextStyle.Color, a.Tick.Label.Color = ink, ink
		a.Label.Padding = px(6)
		a.Tick.Color, a.Color = ink, ink
		a.Padding = 0
	}
	p.Legend.TextStyle.Font = sans(14)
	p.Legend.TextStyle.Color = ink
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.XOffs, p.Legend.YOffs = px(10), -px(6)
	p.Legend.Padding = px(3)
	p.Legend.ThumbnailWidth = px(26)
	return p
}

// writer draws p as SVG of a size in px.
func writer(p *gonum.Plot, width, height float64) func(io.Writer) error {
	return func(w io.Writer) error {
		c := vgsvg.New(px(width), px(height))
		p.Draw(draw.Crop(draw.New(c), px(12), -px(20), px(10), -px(12)))
		_, err := c.WriteTo(w)
		return err
	}
}

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
		networks, seconds := g.training(s.grid)
		if networks == 0 || seconds == 0 {
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
	p.Add(&plotter.Grid{Vertical: grid, Horizontal: grid})
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
		curve.Color, curve.Width = plot.Colour(look(l.group.method)), px(2)
		marks.Color, marks.Radius, marks.Shape = curve.Color, px(3.5), draw.CircleGlyph{}
		p.Add(curve, marks)
		p.Legend.Add(nameOf(l.group.method), curve, marks)
	}
	p.X.Min, p.X.Max = 0.5, float64(most)+0.5
	p.Y.Min, p.Y.Max = 0, 1.06*longest/in
	var ks []gonum.Tick
	for k := 1; k <= most; k++ {
		ks = append(ks, gonum.Tick{Value: float64(k), Label: strconv.Itoa(k)})
	}
	p.X.Tick.Marker = gonum.ConstantTicks(ks)
	return inline(writer(p, panelWidth, panelHeight), panelWidth, "Training time of a curve of k points: a network for each point of Fixed and its controls, one for all of the others. The mean of the networks trained.")
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
	p := newPlot("phi that the network runs at", "phi that its weights were predicted for")
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
	return inline(writer(p, width, height), width, caption)
}

func phiTicks(phis []pareto.Phi) gonum.ConstantTicks {
	var marks gonum.ConstantTicks
	for i, phi := range phis {
		marks = append(marks, gonum.Tick{Value: float64(i), Label: phi.String()})
	}
	return marks
}
