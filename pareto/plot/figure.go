package plot

import (
	"bytes"
	"fmt"
	"io"

	"github.com/sshn-go/sshn/pareto"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Figure is what to draw.
type Figure struct {
	Title         string
	Series        []Series
	By            pareto.Cost  // the x axis, and the cost that the fronts are of
	OverPhi       bool         // phi on the x axis instead; each point must have one phi
	LogX          bool         // a logarithmic x axis; otherwise costs begin at zero
	Chosen        pareto.Point // gets a ring; the zero Point means none
	Limit         float64      // a dashed line stands there on the x axis; 0 means none
	LimitLabel    string       // what the line says in the legend
	Width, Height int          // in px of 1/96 inch; 0 means 800 and 500
}

// WriteSVG draws f. Text stays text, in Liberation Sans or the reader's nearest
// to it. It returns an error that names the series and the point if one cannot
// be drawn; it panics with a [*pareto.UseError] if the figure is smaller than
// 200 by 150.
func (f Figure) WriteSVG(w io.Writer) error {
	width, height := f.size()
	c := vgsvg.New(width, height)
	if err := f.draw(draw.New(c)); err != nil {
		return fmt.Errorf("write svg: %w", err)
	}
	var b bytes.Buffer
	c.WriteTo(&b) // a Buffer takes everything
	// Without a family to fall back on, a browser without this font would set
	// the text in its serif face, which is narrower and does not fit.
	svg := bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	if _, err := w.Write(svg); err != nil {
		return fmt.Errorf("write svg: %w", err)
	}
	return nil
}

// WritePNG draws f with two pixels for each px, for dense screens. Errors and
// panics are those of [Figure.WriteSVG].
func (f Figure) WritePNG(w io.Writer) error {
	width, height := f.size()
	c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(2*96))
	if err := f.draw(draw.New(c)); err != nil {
		return fmt.Errorf("write png: %w", err)
	}
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(w); err != nil {
		return fmt.Errorf("write png: %w", err)
	}
	return nil
}

func (f Figure) size() (width, height vg.Length) {
	w, h := f.pixels()
	if w < 200 || h < 150 {
		panic(&pareto.UseError{Op: "plot", Problem: fmt.Sprintf("%d x %d px is less than 200 x 150", w, h)})
	}
	return px(float64(w)), px(float64(h))
}

func (f Figure) pixels() (w, h int) {
	if w = f.Width; w == 0 {
		w = 800
	}
	if h = f.Height; h == 0 {
		h = 500
	}
	return w, h
}

// px is a length of 1/96 inch.
func px(x float64) vg.Length { return vg.Length(x) * vg.Inch / 96 }
