package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"slices"

	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/tensor"
)

// A Row is what is drawn side by side: a slice, and segmentations of it.
type Row struct {
	Title       string          // of all of it
	Captions    []string        // of the panels, the image first; may be fewer
	Image       tensor.Tensor   // [j i] in grey, or [j i 3] in red, green and blue: black is its least value, white its greatest
	Labels      []tensor.Tensor // [j i] each: whole numbers from 0
	Colours     []color.NRGBA   // of the labels; 0 is the background, which shows the image
	Names       []string        // of the labels, for a legend of those that occur; nil: none
	Orientation string          // of the axes i and j, as in "LI"; empty is as it lies
}

const (
	least   = 300 // pixels of a panel's shorter side, at least: voxels are enlarged until then
	gap     = 12  // pixels between panels and around them
	opacity = 0.8
)

// Draw returns the picture: title and captions, the image, then each of the
// segmentations over it, and beneath them the legend. It panics with a
// [*tensor.ShapeError] if they are not slices of one shape. A label without a
// colour is magenta.
func (r Row) Draw() *image.NRGBA {
	grid := r.grid()
	l := r.layout()
	canvas := image.NewNRGBA(l.size)
	draw.Draw(canvas, l.size, image.White, image.Point{}, draw.Src)
	write(canvas, l.title, r.Title)
	shade := shades(r.Image.Data, r.Image.Shape.Len()/grid.Len())
	for panel, at := range l.panels {
		if panel < len(r.Captions) {
			write(canvas, image.Pt(at.Min.X, l.captions), r.Captions[panel])
		}
		voxels := func(voxel int) color.NRGBA { return shade[voxel] }
		if panel > 0 {
			labels := r.Labels[panel-1]
			if labels.Shape != grid {
				panic(&tensor.ShapeError{Op: "picture", Shapes: []tensor.Shape{r.Image.Shape, labels.Shape}, Problem: "labels are of another shape than the image"})
			}
			voxels = func(voxel int) color.NRGBA { return r.over(shade[voxel], int(labels.Data[voxel])) }
		}
		for y := range at.Dy() {
			for x := range at.Dx() {
				canvas.SetNRGBA(at.Min.X+x, at.Min.Y+y, voxels(l.view.voxel(x/l.enlarge, y/l.enlarge)))
			}
		}
	}
	for _, k := range l.keys {
		draw.Draw(canvas, k.swatch, image.NewUniform(color.Gray{128}), image.Point{}, draw.Src) // its edge, for white matter on white paper
		draw.Draw(canvas, k.swatch.Inset(1), image.NewUniform(r.colour(k.label)), image.Point{}, draw.Src)
		write(canvas, k.text, r.Names[k.label])
	}
	return canvas
}

// WriteFile writes the picture as PNG, whole or not at all.
func (r Row) WriteFile(path string) error {
	err := atomicfile.Write(path, func(w io.Writer) error { return png.Encode(w, r.Draw()) })
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	return nil
}

func (r Row) over(under color.NRGBA, label int) color.NRGBA {
	if label == 0 {
		return under
	}
	c := r.colour(label)
	blend := func(c, under uint8) uint8 { return uint8(opacity*float64(c) + (1-opacity)*float64(under) + .5) }
	return color.NRGBA{blend(c.R, under.R), blend(c.G, under.G), blend(c.B, under.B), 255}
}

func (r Row) colour(label int) color.NRGBA {
	if label > 0 && label < len(r.Colours) {
		return r.Colours[label]
	}
	return color.NRGBA{255, 0, 255, 255}
}

// grid returns the axes of the image without its colours.
func (r Row) grid() tensor.Shape {
	dims := r.Image.Shape.Dims()
	if len(dims) == 3 && dims[2] == 3 {
		dims = dims[:2]
	}
	if len(dims) != 2 {
		panic(&tensor.ShapeError{Op: "picture", Shapes: []tensor.Shape{r.Image.Shape}, Problem: "a slice has two axes, or a third of three colours"})
	}
	return tensor.NewShape(dims...)
}

// shades returns the colours of voxels of one or three channels.
func shades(x []float32, channels int) []color.NRGBA {
	lo, hi := slices.Min(x), slices.Max(x)
	level := func(v float32) uint8 {
		if !(hi > lo) {
			return 0
		}
		return uint8(255*(v-lo)/(hi-lo) + .5)
	}
	shade := make([]color.NRGBA, len(x)/channels)
	for i := range shade {
		of := x[i*channels:][:channels]
		shade[i] = color.NRGBA{level(of[0]), level(of[channels/2]), level(of[channels-1]), 255}
	}
	return shade
}
