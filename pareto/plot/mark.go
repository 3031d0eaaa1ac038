package plot

import (
	"image/color"
	"math"

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

// writePhis writes phi to the right of each mark, on the side that the curve
// leaves free: beneath where it goes on upwards, above where it falls. A label
// that would touch the one before is left out.
func (v curve) writePhis(c draw.Canvas, line []vg.Point) {
	style := words(13)
	style.YAlign = text.YCenter
	height, free := px(16), vg.Point{X: c.Min.X - 1}
	for i, d := range v.dots {
		label := d.phi.String()
		if i == 0 {
			label = "phi " + label
		}
		at := vg.Point{X: line[i].X + px(12), Y: max(line[i].Y-px(15), c.Min.Y+height/2)}
		if i+1 < len(line) && line[i+1].Y < line[i].Y {
			at.Y = line[i].Y + px(15)
		}
		end := at.X + style.Width(label)
		if end > c.Max.X+px(18) || at.X < free.X && at.Y < free.Y+height && at.Y > free.Y-height {
			continue
		}
		c.FillText(style, at, label)
		free = vg.Point{X: end + px(6), Y: at.Y}
	}
}
