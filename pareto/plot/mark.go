package plot

import (
	"image/color"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The palette of Okabe and Ito, Color universal design (2008), without black
// and without yellow, which is too light for a line on white.
var palette = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xd5, 0x5e, 0x00, 0xff}, // vermilion
	{0x00, 0x9e, 0x73, 0xff}, // bluish green
	{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
}

var (
	ink  = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	rule = color.NRGBA{0xdd, 0xdd, 0xdd, 0xff}
)

// A mark is what stands at a point: a disc, or a regular polygon.
type mark struct {
	colour color.NRGBA
	radius vg.Length
	sides  int     // 0 is a disc
	turn   float64 // of the polygon's first corner, radians
	hollow bool    // white within
	open   bool    // nothing within
}

// ring goes around the chosen point.
var ring = mark{colour: ink, radius: px(10), open: true}

// Colour returns the colour of a series by its Look, which is 1 or more.
func Colour(look int) color.NRGBA { return markOf(look - 1).colour }

// Glyph returns what stands at the points of a series by its Look, for a plot
// beside a figure.
func Glyph(look int) draw.GlyphStyle {
	m := markOf(look - 1)
	return draw.GlyphStyle{Color: m.colour, Radius: m.radius, Shape: glyph(m)}
}

type glyph mark

// DrawGlyph makes glyph a draw.GlyphDrawer.
func (g glyph) DrawGlyph(c *draw.Canvas, _ draw.GlyphStyle, at vg.Point) { mark(g).draw(c, at) }

// markOf gives each series a colour and a shape. There are five shapes and six
// colours, so that thirty series differ.
func markOf(series int) mark {
	shapes := []mark{
		{radius: px(5)},
		{radius: px(6), sides: 4, turn: math.Pi / 4},
		{radius: px(6.5), sides: 3, turn: math.Pi / 2},
		{radius: px(6.5), sides: 4},
		{radius: px(6.5), sides: 3, turn: -math.Pi / 2},
	}
	m := shapes[series%len(shapes)]
	m.colour = palette[series%len(palette)]
	return m
}

func (m mark) draw(c *draw.Canvas, at vg.Point) {
	const pen = 2.0 // px; half of the outline lies outside the radius
	if m.open || m.hollow {
		outline := m.path(at, m.radius)
		if m.hollow {
			c.SetColor(color.White)
			c.Fill(outline)
		}
		c.SetLineStyle(draw.LineStyle{Color: m.colour, Width: px(pen)})
		c.Stroke(outline)
		return
	}
	c.SetColor(m.colour)
	c.Fill(m.path(at, m.radius+px(pen/2)))
}

func (m mark) path(at vg.Point, radius vg.Length) vg.Path {
	var p vg.Path
	if m.sides == 0 {
		p.Move(vg.Point{X: at.X + radius, Y: at.Y})
		p.Arc(at, radius, 0, 2*math.Pi)
	}
	for i := range m.sides {
		sin, cos := math.Sincos(m.turn + 2*math.Pi*float64(i)/float64(m.sides))
		corner := vg.Point{X: at.X + radius*vg.Length(cos), Y: at.Y + radius*vg.Length(sin)}
		if i == 0 {
			p.Move(corner)
		} else {
			p.Line(corner)
		}
	}
	p.Close()
	return p
}

// A curve draws the points of one series.
type curve struct {
	dots  []dot
	mark  mark
	loose bool
	phis  bool // phi is written beside the marks
}

// Plot makes curve a gonum.Plotter.
func (v curve) Plot(c draw.Canvas, p *gonum.Plot) {
	toX, toY := p.Transforms(&c)
	var line, high, low []vg.Point
	for _, d := range v.dots {
		x := toX(d.x)
		line = append(line, vg.Point{X: x, Y: toY(d.dice)})
		high = append(high, vg.Point{X: x, Y: toY(d.high)})
		low = append([]vg.Point{{X: x, Y: toY(d.low)}}, low...)
	}
	if v.loose {
		for i, top := range high {
			c.StrokeLines(solid(v.mark.colour), []vg.Point{low[len(low)-1-i], top})
		}
	} else {
		light := v.mark.colour
		light.A = 0x38
		c.FillPolygon(light, append(high, low...))
		c.StrokeLines(solid(v.mark.colour), line)
	}
	for i, d := range v.dots {
		m := v.mark
		m.hollow = !d.front
		m.draw(&c, line[i])
	}
	if v.phis {
		v.writePhis(c, line)
	}
}

func solid(colour color.Color) draw.LineStyle { return draw.LineStyle{Color: colour, Width: px(2)} }

var dashed = draw.LineStyle{Color: ink, Width: px(1.5), Dashes: []vg.Length{px(5), px(4)}}

// A limit is a line across the figure at one x.
type limit float64

// Plot makes limit a gonum.Plotter.
func (x limit) Plot(c draw.Canvas, p *gonum.Plot) {
	toX, _ := p.Transforms(&c)
	c.StrokeLine2(dashed, toX(float64(x)), c.Min.Y, toX(float64(x)), c.Max.Y)
}

// writePhis writes phi beside each mark: to the right on the side that the curve
// leaves free, beneath where it goes on upwards and above where it falls, or else
// to the left on the other side. A label that would touch another or lie nearer to
// another mark is left out.
func (v curve) writePhis(c draw.Canvas, line []vg.Point) {
	style := words(13)
	style.YAlign = text.YCenter
	var written []vg.Rectangle
	for i, d := range v.dots {
		label := d.phi.String()
		if i == 0 {
			label = "phi " + label
		}
		free := px(15)
		if i+1 < len(line) && line[i+1].Y < line[i].Y {
			free = -free
		}
		for _, offset := range []vg.Point{{X: px(12), Y: -free}, {X: -px(12) - style.Width(label), Y: free}} {
			at := line[i].Add(offset)
			at.Y = max(at.Y, c.Min.Y+px(8))
			box := vg.Rectangle{Min: at.Sub(vg.Point{Y: px(8)}), Max: at.Add(vg.Point{X: style.Width(label), Y: px(8)})}
			if box.Min.X >= c.Min.X-1 && box.Max.X <= c.Max.X+px(18) && nearest(box, line) == i && !slices.ContainsFunc(written, func(w vg.Rectangle) bool { return touch(w, box) }) {
				c.FillText(style, at, label)
				written = append(written, box)
				break
			}
		}
	}
}

// nearest returns which of several marks lies nearest to a box.
func nearest(box vg.Rectangle, marks []vg.Point) int {
	best, least := 0, math.Inf(1)
	for i, m := range marks {
		dx := max(box.Min.X-m.X, m.X-box.Max.X, 0)
		dy := max(box.Min.Y-m.Y, m.Y-box.Max.Y, 0)
		if d := math.Hypot(float64(dx), float64(dy)); d < least {
			best, least = i, d
		}
	}
	return best
}

// touch tells whether two labels have no gap that a reader sees.
func touch(a, b vg.Rectangle) bool {
	gap := px(6)
	return a.Min.X < b.Max.X+gap && b.Min.X < a.Max.X+gap && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}
