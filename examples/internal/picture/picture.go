package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"

	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/tensor"
)

// A Row is what is drawn side by side: a slice, and segmentations of it.
type Row struct {
	Image       tensor.Tensor   // [j i]: black is its least value, white its greatest
	Labels      []tensor.Tensor // [j i] each: whole numbers from 0
	Colours     []color.NRGBA   // of the labels; 0 is the background, which shows the image
	Orientation string          // of the axes i and j, as in "LI"; empty is as it lies
}

const (
	enlarge = 2 // pixels for a voxel, along both axes
	gap     = 4 // pixels between panels
	opacity = 0.8
)

// Draw returns the picture: the image, then each of the segmentations over it.
// It panics with a [*tensor.ShapeError] if they are not slices of one shape. A
// label without a colour is magenta.
func (r Row) Draw() *image.NRGBA {
	if r.Image.Shape.Rank() != 2 {
		panic(&tensor.ShapeError{Op: "picture", Shapes: []tensor.Shape{r.Image.Shape}, Problem: "a slice has two axes"})
	}
	v := newView(r.Image.Shape, r.Orientation)
	panels := len(r.Labels) + 1
	step := v.width*enlarge + gap
	canvas := image.NewNRGBA(image.Rect(0, 0, panels*step-gap, v.height*enlarge))
	for i := range canvas.Pix {
		canvas.Pix[i] = 255
	}
	grey := greys(r.Image)
	for panel := range panels {
		at := func(voxel int) color.NRGBA { return grey[voxel] }
		if panel > 0 {
			l := r.Labels[panel-1]
			if l.Shape != r.Image.Shape {
				panic(&tensor.ShapeError{Op: "picture", Shapes: []tensor.Shape{r.Image.Shape, l.Shape}, Problem: "labels are of another shape than the image"})
			}
			at = func(voxel int) color.NRGBA { return r.over(grey[voxel], int(l.Data[voxel])) }
		}
		for y := range v.height * enlarge {
			for x := range v.width * enlarge {
				canvas.SetNRGBA(panel*step+x, y, at(v.voxel(x/enlarge, y/enlarge)))
			}
		}
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
	c := color.NRGBA{255, 0, 255, 255}
	if label > 0 && label < len(r.Colours) {
		c = r.Colours[label]
	}
	blend := func(c, under uint8) uint8 { return uint8(opacity*float64(c) + (1-opacity)*float64(under) + .5) }
	return color.NRGBA{blend(c.R, under.R), blend(c.G, under.G), blend(c.B, under.B), 255}
}

func greys(x tensor.Tensor) []color.NRGBA {
	lo, hi := x.Data[0], x.Data[0]
	for _, v := range x.Data {
		lo, hi = min(lo, v), max(hi, v)
	}
	grey := make([]color.NRGBA, len(x.Data))
	for i, v := range x.Data {
		g := uint8(0)
		if hi > lo {
			g = uint8(255*(v-lo)/(hi-lo) + .5)
		}
		grey[i] = color.NRGBA{g, g, g, 255}
	}
	return grey
}
