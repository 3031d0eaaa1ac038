package picture

import (
	"image"
	"image/color"
	"slices"

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

// Draw returns the picture: title and captions, the image, then each of the
// segmentations over it, and beneath them the legend. It panics with a
// [*tensor.ShapeError] if they are not slices of one shape. A label without a
// colour is magenta.
func (r Row) Draw() *image.NRGBA { return r.sheet().draw() }

// WriteFile writes the picture as PNG, whole or not at all.
func (r Row) WriteFile(path string) error { return writeFile(path, r.Draw()) }

func (r Row) sheet() sheet {
	lo, hi := slices.Min(r.Image.Data), slices.Max(r.Image.Data)
	s := newStrip(r.Image, r.Labels, r.Orientation, lo, hi)
	enlarge := max((least+min(s.view.width, s.view.height)-1)/min(s.view.width, s.view.height), 1)
	s.size = image.Pt(s.view.width*enlarge, s.view.height*enlarge)
	return sheet{r.Title, r.Captions, r.Colours, r.Names, []strip{s}}
}
