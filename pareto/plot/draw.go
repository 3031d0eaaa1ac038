package plot

import (
	"errors"
	"fmt"
	"image/color"
	"math"

	"github.com/sshn-go/sshn/pareto"
	xfont "golang.org/x/image/font"
	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// draw lays out the figure from top to bottom: title, legend, axes.
func (f Figure) draw(c draw.Canvas) error {
	p := gonum.New()
	line := draw.LineStyle{Color: rule, Width: px(1)}
	p.Add(&plotter.Grid{Vertical: line, Horizontal: line})
	var keys []key
	x, y := span{math.Inf(1), math.Inf(-1)}, span{math.Inf(1), math.Inf(-1)}
	beaten := false
	for i, s := range f.Series {
		dots, err := f.dots(s)
		if err != nil {
			return err
		}
		m := markOf(i)
		if s.Look > 0 {
			m = markOf(s.Look - 1)
		}
		p.Add(curve{dots, m, s.Loose, len(f.Series) == 1 && !f.OverPhi})
		if s.Label != "" {
			k := key{text: s.Label, mark: m}
			if !s.Loose {
				k.line = solid(m.colour)
			}
			keys = append(keys, k)
		}
		for _, d := range dots {
			x.hold(d.x)
			y.hold(d.low)
			y.hold(d.high)
			beaten = beaten || !d.front
		}
	}
	if math.IsInf(x.lo, 0) {
		return errors.New("there are no points")
	}
	if beaten {
		keys = append(keys, key{text: "on its front", mark: mark{colour: ink, radius: px(5)}},
			key{text: "beaten", mark: mark{colour: ink, radius: px(5), hollow: true}})
	}
	if len(f.Chosen.Phi) > 0 {
		at, err := f.x(f.Chosen)
		if err != nil {
			return fmt.Errorf("chosen point: %w", err)
		}
		x.hold(at)
		y.hold(f.Chosen.Dice)
		p.Add(curve{[]dot{{x: at, dice: f.Chosen.Dice, front: true}}, ring, true, false})
		keys = append(keys, key{text: "chosen: phi " + f.Chosen.Phi.String(), mark: ring})
	}
	if math.IsInf(f.Limit, 0) || math.IsNaN(f.Limit) {
		return fmt.Errorf("a limit at %v", f.Limit)
	}
	if f.Limit > 0 {
		x.hold(f.Limit)
		p.Add(limit(f.Limit))
		if f.LimitLabel != "" {
			keys = append(keys, key{text: f.LimitLabel, line: dashed})
		}
	}
	if err := f.setAxes(p, x, y); err != nil {
		return err
	}

	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, px(12), -px(20), px(10), -px(12))
	c.Max.Y -= drawTitle(c, f.Title)
	c.Max.Y -= drawKeys(c, keys)
	if f.LogX {
		c = drawXLabel(c, p)
	}
	p.Draw(c)
	return nil
}

// drawXLabel writes the label of the x axis beneath the axes, for which it
// returns the rest of c. Gonum reserves room for that of a logarithmic axis as
// if it stood at the mean of the axis' ends, far to the right.
func drawXLabel(c draw.Canvas, p *gonum.Plot) draw.Canvas {
	style, label := p.X.Label.TextStyle, p.X.Label.Text
	p.X.Label.Text = ""
	rest := draw.Crop(c, 0, 0, style.Height(label)+p.X.Label.Padding, 0)
	axes := p.DataCanvas(rest)
	c.FillText(style, vg.Point{X: axes.Center().X, Y: c.Min.Y + style.FontExtents().Descent}, label)
	return rest
}

func (f Figure) setAxes(p *gonum.Plot, x, y span) error {
	held := x
	switch {
	case f.LogX:
		x = x.open(true)
	case f.OverPhi:
		x = x.ratio()
	default:
		x = span{0, 1.06 * x.hi}
	}
	if f.LogX && !(x.lo > 0) || math.IsInf(x.hi, 0) {
		return fmt.Errorf("no axis holds the costs, from %g to %g", held.lo, held.hi)
	}
	y = y.ratio()
	w, h := f.pixels()
	p.X.Min, p.X.Max = x.lo, x.hi
	p.Y.Min, p.Y.Max = max(y.lo, 0), min(y.hi, 1)
	if f.LogX {
		p.X.Scale = gonum.LogScale{}
	}
	xLabel, wide := decimals, 85
	if f.OverPhi {
		wide = 55
	}
	p.X.Label.Text = "phi (rescaling factor)"
	if !f.OverPhi {
		p.X.Label.Text = map[pareto.Cost]string{
			pareto.ByMACs:    "multiply-adds of one forward pass",
			pareto.ByBytes:   "peak memory of one forward pass",
			pareto.BySeconds: "median latency of one forward pass",
		}[f.By]
		xLabel = func(x, _ float64) string {
			if x == 0 {
				return "0"
			}
			return f.By.Format(x)
		}
	}
	if f.LogX {
		p.X.Label.Text += " (log scale)"
	}
	p.Y.Label.Text = "mean Dice"
	p.X.Tick.Marker = ticks{f.LogX, min(max(w/wide, 3), 9), xLabel}
	p.Y.Tick.Marker = ticks{false, min(max(h/50, 3), 8), decimals}
	for _, a := range []*gonum.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = sans(15)
		a.Label.TextStyle.Color = ink
		a.Label.Padding = px(6)
		a.Tick.Label.Font = sans(14)
		a.Tick.Label.Color = ink
		a.Tick.Length = px(5)
		a.Tick.Color, a.Color = ink, ink
		a.Padding = 0
	}
	// The grid's lines begin at the left edge; a line there would lie over one.
	p.Y.Width, p.Y.Tick.Length = 0, 0
	p.BackgroundColor = nil // draw painted it
	return nil
}

func sans(size float64) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, px(size))
}

func words(size float64) text.Style {
	return text.Style{Color: ink, Font: sans(size), Handler: gonum.DefaultTextHandler}
}

// drawTitle returns the height that it took.
func drawTitle(c draw.Canvas, title string) vg.Length {
	if title == "" {
		return 0
	}
	style := words(18)
	style.Font.Weight = xfont.WeightBold
	style.YAlign = text.YTop
	c.FillText(style, vg.Point{X: c.Min.X, Y: c.Max.Y}, title)
	return px(30)
}

// A key is an entry of the legend.
type key struct {
	text string
	mark mark           // without a radius: none
	line draw.LineStyle // of a piece of the curve; without a width: none
}

// drawKeys sets the legend in rows above the axes, where it cannot hide a
// point, and returns the height that it took.
func drawKeys(c draw.Canvas, keys []key) vg.Length {
	if len(keys) == 0 {
		return 0
	}
	style := words(14)
	style.YAlign = text.YCenter
	row, thumb, gap := px(22), px(30), px(20)
	x, y := c.Min.X, c.Max.Y-row/2
	for i, k := range keys {
		width := thumb + style.Width(k.text)
		if i > 0 && x+width > c.Max.X {
			x, y = c.Min.X, y-row
		}
		at := vg.Point{X: x + px(12), Y: y}
		if k.line.Width > 0 {
			c.StrokeLine2(k.line, at.X-px(12), y, at.X+px(12), y)
		}
		if k.mark.radius > 0 {
			k.mark.draw(&c, at)
		}
		c.FillText(style, vg.Point{X: x + thumb, Y: y + px(2)}, k.text)
		x += width + gap
	}
	return c.Max.Y - y + row/2 + px(6)
}
