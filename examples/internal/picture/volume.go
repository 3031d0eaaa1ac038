package picture

import (
	"image"
	"image/color"
	"math"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/volume"
)

// A Volume is drawn as three slices through a voxel, a row of panels each: axial,
// coronal and sagittal, as long as they are in mm; of a volume of one slice that
// one alone.
type Volume struct {
	Title       string
	Captions    []string        // of the columns, the image first; may be fewer
	Image       tensor.Tensor   // [k j i]: black is its least value, white its 99.8th percentile
	Labels      []tensor.Tensor // [k j i] each: whole numbers from 0
	Colours     []color.NRGBA   // of the labels; 0 is the background, which shows the image
	Names       []string        // of the labels, for a legend of those that occur; nil: none
	Orientation string          // of the axes i, j and k, as in "LIA"; empty is as they lie
	Spacing     [3]float64      // mm along i, j and k
	At          [3]int          // the voxel i, j, k
}

// Draw returns the picture, as [Row.Draw] does. It panics with a
// [*tensor.ShapeError] if image and labels are not volumes of one shape.
func (v Volume) Draw() *image.NRGBA { return v.sheet().draw() }

// WriteFile writes the picture as PNG, whole or not at all.
func (v Volume) WriteFile(path string) error { return writeFile(path, v.Draw()) }

// Busiest returns the voxel i, j, k through which the slices with most labels
// pass, of labels [k j i].
func Busiest(labels tensor.Tensor) [3]int {
	var counts [3][]int
	for a := range counts {
		counts[a] = make([]int, labels.Shape.Dim(2-a))
	}
	for at, label := range labels.Data {
		if label != 0 {
			i, j, k := place(labels.Shape, at)
			counts[0][i]++
			counts[1][j]++
			counts[2][k]++
		}
	}
	var best [3]int
	for a, n := range counts {
		best[a] = len(n) / 2
		for i := range n {
			if n[i] > n[best[a]] {
				best[a] = i
			}
		}
	}
	return best
}

func place(s tensor.Shape, at int) (i, j, k int) {
	return at % s.Dim(2), at / s.Dim(2) % s.Dim(1), at / s.Dim(2) / s.Dim(1)
}

func (v Volume) sheet() sheet {
	if v.Image.Shape.Rank() != 3 {
		panic(&tensor.ShapeError{Op: "picture", Shapes: []tensor.Shape{v.Image.Shape}, Problem: "a volume has three axes"})
	}
	window, _ := volume.Percentiles(v.Image, tensor.Tensor{}, 0, 99.8) // black if voxels are not finite
	s := sheet{v.Title, v.Captions, v.Colours, v.Names, nil}
	scale := v.scale()
	for _, normal := range v.normals() {
		x, letters, mm := v.slice(v.Image, normal)
		var labels []tensor.Tensor
		for _, l := range v.Labels {
			if l.Shape != v.Image.Shape {
				panic(&tensor.ShapeError{Op: "picture", Shapes: []tensor.Shape{v.Image.Shape, l.Shape}, Problem: "labels are of another shape than the image"})
			}
			slice, _, _ := v.slice(l, normal)
			labels = append(labels, slice)
		}
		strip := newStrip(x, labels, letters, float32(window.Lo), float32(window.Hi))
		if strip.view.turned {
			mm[0], mm[1] = mm[1], mm[0]
		}
		pixels := func(voxels int, mm float64) int { return max(int(math.Round(float64(voxels)*mm*scale)), 1) }
		strip.size = image.Pt(pixels(strip.view.width, mm[0]), pixels(strip.view.height, mm[1]))
		s.strips = append(s.strips, strip)
	}
	return s
}

// scale returns pixels for a mm: a voxel of the finest spacing is a whole number
// of them, unless the volume would be more than 600 long.
func (v Volume) scale() float64 {
	finest, longest := math.Inf(1), 0.0
	for a, mm := range v.Spacing {
		finest, longest = min(finest, mm), max(longest, mm*float64(v.Image.Shape.Dim(2-a)))
	}
	if voxels := longest / finest; voxels < 600 {
		return math.Ceil(least/voxels) / finest
	}
	return 600 / longest
}

// normals returns the axes across which slices lie, that of the axial one first,
// without slices of one row or column beside those of more.
func (v Volume) normals() []int {
	all := []int{2, 1, 0}
	if len(v.Orientation) == 3 {
		all = []int{strings.IndexAny(v.Orientation, "SI"), strings.IndexAny(v.Orientation, "AP"), strings.IndexAny(v.Orientation, "LR")}
	}
	thin := func(normal int) bool {
		for a := range 3 {
			if a != normal && v.Image.Shape.Dim(2-a) == 1 {
				return true
			}
		}
		return false
	}
	if wide := slices.DeleteFunc(slices.Clone(all), thin); len(wide) > 0 {
		return wide
	}
	return all
}

// slice returns the slice [b a] across an axis, of the two others in order, with
// their letters and spacings.
func (v Volume) slice(x tensor.Tensor, normal int) (y tensor.Tensor, letters string, mm [2]float64) {
	axes := [3][2]int{{1, 2}, {0, 2}, {0, 1}}[normal]
	for n, a := range axes {
		mm[n] = v.Spacing[a]
		if len(v.Orientation) == 3 {
			letters += v.Orientation[a : a+1]
		}
	}
	y = tensor.New(x.Shape.Dim(2-axes[1]), x.Shape.Dim(2-axes[0]))
	for at := range y.Data {
		p := v.At
		p[axes[0]], p[axes[1]] = at%y.Shape.Dim(1), at/y.Shape.Dim(1)
		y.Data[at] = x.At(p[2], p[1], p[0])
	}
	return y, letters, mm
}
