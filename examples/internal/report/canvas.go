package report

import (
	"image/color"
	"io"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
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
	return p
}

// writer draws p as SVG of a size in px, beneath the keys of its legend.
func writer(p *gonum.Plot, keys []key, width, height float64) func(io.Writer) error {
	return func(w io.Writer) error {
		svg := vgsvg.New(px(width), px(height))
		c := draw.Crop(draw.New(svg), px(12), -px(20), px(10), -px(12))
		c.Max.Y -= drawKeys(c, keys)
		p.Draw(c)
		_, err := svg.WriteTo(w)
		return err
	}
}
