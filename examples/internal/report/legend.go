package report

import (
	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A key is an entry of a legend.
type key struct {
	text string
	line draw.LineStyle // of a piece of the curve
	mark draw.GlyphStyle
}

// drawKeys sets a legend where pareto/plot has it, in rows above the axes, and
// returns the height that it took. Gonum's own would lie across the lines.
func drawKeys(c draw.Canvas, keys []key) vg.Length {
	if len(keys) == 0 {
		return 0
	}
	style := text.Style{Color: ink, Font: sans(14), YAlign: text.YCenter, Handler: gonum.DefaultTextHandler}
	row, thumb, gap := px(22), px(30), px(20)
	x, y := c.Min.X, c.Max.Y-row/2
	for i, k := range keys {
		width := thumb + style.Width(k.text)
		if i > 0 && x+width > c.Max.X {
			x, y = c.Min.X, y-row
		}
		c.StrokeLine2(k.line, x, y, x+px(24), y)
		c.DrawGlyph(k.mark, vg.Point{X: x + px(12), Y: y})
		c.FillText(style, vg.Point{X: x + thumb, Y: y + px(2)}, k.text)
		x += width + gap
	}
	return c.Max.Y - y + row/2 + px(6)
}
