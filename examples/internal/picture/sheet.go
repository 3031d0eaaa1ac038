package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"

	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/tensor"
)

// A sheet is a picture before it is laid out.
type sheet struct {
	title    string
	captions []string
	colours  []color.NRGBA
	names    []string
	strips   []strip // from top to bottom
}

// A strip is a slice, and segmentations of it.
type strip struct {
	view   view
	size   image.Point // of a panel, in pixels
	shades []color.NRGBA
	labels []tensor.Tensor
}

const (
	least   = 300 // pixels of a panel's shorter side, at least: voxels are enlarged until then
	gap     = 12  // pixels between panels and around them
	opacity = 0.8
)

// newStrip returns a strip whose panels have no size yet. Black is lo, and white
// is hi.
func newStrip(x tensor.Tensor, labels []tensor.Tensor, orientation string, lo, hi float32) strip {
	s := grid(x.Shape)
	for _, l := range labels {
		if l.Shape != s {
			panic(&tensor.ShapeError{Op: "picture", Shapes: []tensor.Shape{x.Shape, l.Shape}, Problem: "labels are of another shape than the image"})
		}
	}
	level := func(v float32) uint8 {
		if !(hi > lo) {
			return 0
		}
		return uint8(255*(min(max(v, lo), hi)-lo)/(hi-lo) + .5)
	}
	shades, channels := make([]color.NRGBA, s.Len()), x.Shape.Len()/s.Len()
	for i := range shades {
		of := x.Data[i*channels:][:channels]
		shades[i] = color.NRGBA{level(of[0]), level(of[channels/2]), level(of[channels-1]), 255}
	}
	return strip{newView(s, orientation), image.Point{}, shades, labels}
}

// grid returns the axes of a slice without its colours.
func grid(s tensor.Shape) tensor.Shape {
	dims := s.Dims()
	if len(dims) == 3 && dims[2] == 3 {
		dims = dims[:2]
	}
	if len(dims) != 2 {
		panic(&tensor.ShapeError{Op: "picture", Shapes: []tensor.Shape{s}, Problem: "a slice has two axes, or a third of three colours"})
	}
	return tensor.NewShape(dims...)
}

func (s sheet) draw() *image.NRGBA {
	l := s.layout()
	canvas := image.NewNRGBA(l.size)
	draw.Draw(canvas, l.size, image.White, image.Point{}, draw.Src)
	write(canvas, l.title, s.title, color.Black)
	for i, caption := range s.captions[:min(len(s.captions), len(l.columns))] {
		write(canvas, image.Pt(l.columns[i], l.captions), caption, color.Black)
	}
	for i, panels := range l.panels {
		for panel, at := range panels {
			s.strips[i].draw(canvas, at, panel, s.colour)
		}
		s.strips[i].view.letters.draw(canvas, panels[0])
	}
	for _, k := range l.keys {
		draw.Draw(canvas, k.swatch, image.NewUniform(color.Gray{128}), image.Point{}, draw.Src) // its edge, for white matter on white paper
		draw.Draw(canvas, k.swatch.Inset(1), image.NewUniform(s.colour(k.label)), image.Point{}, draw.Src)
		write(canvas, k.text, s.names[k.label], color.Black)
	}
	return canvas
}

// draw draws a panel: the image, or one of the segmentations over it.
func (s strip) draw(canvas *image.NRGBA, at image.Rectangle, panel int, colour func(label int) color.NRGBA) {
	for y := range at.Dy() {
		for x := range at.Dx() {
			voxel := s.view.voxel(x*s.view.width/at.Dx(), y*s.view.height/at.Dy())
			c := s.shades[voxel]
			if panel > 0 {
				if label := int(s.labels[panel-1].Data[voxel]); label != 0 {
					c = over(c, colour(label))
				}
			}
			canvas.SetNRGBA(at.Min.X+x, at.Min.Y+y, c)
		}
	}
}

// draw draws the letters within a panel, unless it is too small for them.
func (e edges) draw(canvas *image.NRGBA, at image.Rectangle) {
	if e == (edges{}) || min(at.Dx(), at.Dy()) < 4*line {
		return
	}
	middle := at.Min.Add(at.Size().Div(2))
	height := face.Metrics().CapHeight.Ceil()
	for letter, centre := range map[byte]image.Point{
		e.left:   {at.Min.X + line/2, middle.Y},
		e.right:  {at.Max.X - line/2, middle.Y},
		e.top:    {middle.X, at.Min.Y + line/2},
		e.bottom: {middle.X, at.Max.Y - line/2},
	} {
		text := string(letter)
		base := centre.Add(image.Pt(-textWidth(text)/2, height/2))
		for i := range 9 { // a black edge, for white images
			write(canvas, base.Add(image.Pt(i%3-1, i/3-1)), text, color.Black)
		}
		write(canvas, base, text, color.White)
	}
}

func over(under, c color.NRGBA) color.NRGBA {
	blend := func(c, under uint8) uint8 { return uint8(opacity*float64(c) + (1-opacity)*float64(under) + .5) }
	return color.NRGBA{blend(c.R, under.R), blend(c.G, under.G), blend(c.B, under.B), 255}
}

func (s sheet) colour(label int) color.NRGBA {
	if label > 0 && label < len(s.colours) {
		return s.colours[label]
	}
	return color.NRGBA{255, 0, 255, 255}
}

func writeFile(path string, img image.Image) error {
	if err := atomicfile.Write(path, func(w io.Writer) error { return png.Encode(w, img) }); err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	return nil
}
