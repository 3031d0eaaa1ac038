package data

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/tensor"
)

// Augment changes image and labels together: a random flip, affine map and
// elastic deformation of both, then a gamma, a bias field and noise on the
// image. It implements [Transform] for one to three spatial axes. Its zero
// value changes nothing; each field is the strength of one change, drawn anew
// for each sample. Angles and lengths are those of the grid, as if elements
// were cubes; an axis of extent 1 takes no part.
//
// Images are interpolated linearly, labels take the nearest element; what comes
// from outside of the sample is 0.
type Augment struct {
	Flip     float64 `json:"flip,omitzero"`      // probability of a flip along FlipAxis
	FlipAxis int     `json:"flip_axis,omitzero"` // spatial axis in the tensor's order; -1 is the last
	Mirror   []int   `json:"mirror,omitzero"`    // class -> class on the other side; nil: a flip keeps classes
	Rotate   float64 `json:"rotate,omitzero"`    // greatest angle, degrees
	Zoom     float64 `json:"zoom,omitzero"`      // greatest change of scale, a share below 1
	Shift    float64 `json:"shift,omitzero"`     // greatest shift along each axis, elements
	Elastic  float64 `json:"elastic,omitzero"`   // deviation of the displacement along each axis, elements
	Gamma    float64 `json:"gamma,omitzero"`     // deviation of the exponent's logarithm
	Bias     float64 `json:"bias,omitzero"`      // deviation of the bias field's logarithm
	Noise    float64 `json:"noise,omitzero"`     // greatest deviation of the noise, a share of the image's range
	Spacing  float64 `json:"spacing,omitzero"`   // of the control points of Elastic and Bias, elements; 0 is 32
}

// Apply implements [Transform]. It panics with a [*tensor.ShapeError] if the
// labels do not lie on the image's grid, if dst has other shapes than src, or
// if there is no FlipAxis.
func (a Augment) Apply(dst, src Sample, rng *rand.Rand) {
	sound(dst, src)
	if dst.Image.Shape != src.Image.Shape {
		panic(&tensor.ShapeError{Op: "augment", Shapes: []tensor.Shape{dst.Image.Shape, src.Image.Shape}, Problem: "images of unlike shapes"})
	}
	a.Cut(dst, src, make([]int, src.Labels.Shape.Rank()), rng)
}

// Cut implements [Cutter]: it is Apply for a patch, which turns, bends and is
// flipped about its own middle. What comes from outside of the patch is that of
// src, as far as src reaches, and the range of intensities is that of src. It
// panics as Apply does, and if the patch does not lie in src.
func (a Augment) Cut(dst, src Sample, first []int, rng *rand.Rand) {
	sound(dst, src)
	inside(dst, src, first)
	g := patchOf(dst.Image.Shape, src.Image.Shape, first)
	m := a.motion(src.Image.Shape, g, rng)
	if m == nil {
		cut(dst, src, first)
	} else {
		m.warp(dst, src, g)
		if m.flipped {
			exchange(dst.Labels.Data, a.Mirror)
		}
	}
	a.intensities(dst.Image.Data, src.Image.Data, g, rng)
}

// sound panics if one of two samples is none, or its labels lie on another grid.
func sound(dst, src Sample) {
	for _, s := range []Sample{src, dst} {
		if err := s.check(); err != nil {
			panic(err)
		}
		if s.Apart() {
			panic(&tensor.ShapeError{Op: "augment", Shapes: []tensor.Shape{s.Image.Shape, s.Labels.Shape}, Problem: "labels on a grid of their own"})
		}
	}
}

// inside panics if dst is not to be the patch of src that begins at first.
func inside(dst, src Sample, first []int) {
	to, from := dst.Image.Shape, src.Image.Shape
	fits := to.Rank() == from.Rank() && to.Channels() == from.Channels() && len(first) == to.Rank()-1
	for axis, at := range first {
		fits = fits && at >= 0 && at+to.Dim(axis) <= from.Dim(axis)
	}
	if !fits {
		panic(&tensor.ShapeError{Op: "cut", Shapes: []tensor.Shape{to, from}, Problem: fmt.Sprintf("no such patch begins at %v", first)})
	}
}

// motion draws where each element comes from; nil is from its own place.
func (a Augment) motion(image tensor.Shape, g grid, rng *rand.Rand) *motion {
	m := still()
	axis := a.flipAxis(image, g)
	if a.Flip > 0 && rng.Float64() < a.Flip && axis >= 0 {
		m.matrix[axis][axis] = -1
		m.flipped = true
	}
	affine := a.Rotate != 0 || a.Zoom != 0 || a.Shift != 0
	if affine {
		for i := 3 - g.axes; i < 3; i++ {
			for j := i + 1; j < 3; j++ {
				m.rotate(i, j, a.Rotate*symmetric(rng)*math.Pi/180)
			}
			m.shift[i] = a.Shift * symmetric(rng)
		}
		m.scale(1 + a.Zoom*symmetric(rng))
	}
	if a.Elastic > 0 && g.axes > 0 {
		m.field = newField(g, g.axes, a.spacing(), a.Elastic, rng)
	}
	if !m.flipped && !affine && m.field == nil {
		return nil
	}
	return m
}

// flipAxis returns the axis of the grid along which to flip, -1 if the patch has
// an extent of 1 there, where a flip would change the classes and not the image.
func (a Augment) flipAxis(image tensor.Shape, g grid) int {
	axes := image.Rank() - 1
	axis := a.FlipAxis
	if axis < 0 {
		axis += axes
	}
	if axis < 0 || axis >= axes {
		panic(&tensor.ShapeError{Op: "augment", Shapes: []tensor.Shape{image}, Problem: fmt.Sprintf("no spatial axis %d to flip", a.FlipAxis)})
	}
	if image.Dim(axis) == 1 {
		return -1
	}
	flat := 0
	for i := range axis {
		if image.Dim(i) == 1 {
			flat++
		}
	}
	axis += 3 - g.axes - flat
	if g.dims[axis] == 1 {
		return -1
	}
	return axis
}

// exchange replaces each class by that of the other side of the body.
func exchange(labels []float32, mirror []int) {
	for i, c := range labels {
		if c >= 0 && int(c) < len(mirror) {
			labels[i] = float32(mirror[int(c)])
		}
	}
}

// intensities applies x -> x^gamma exp(field) + noise, where x is an intensity
// as a share of the range of the whole image.
func (a Augment) intensities(x, whole []float32, g grid, rng *rand.Rand) {
	gamma := math.Exp(a.Gamma * rng.NormFloat64())
	noise := a.Noise * rng.Float64()
	var bias *field
	if a.Bias > 0 {
		bias = newField(g, 1, a.spacing(), a.Bias, rng)
	}
	if gamma == 1 && bias == nil && noise == 0 {
		return
	}
	lo, hi := extremes(whole)
	width := hi - lo
	if width == 0 {
		return
	}
	log := make([]float32, g.dims[2]) // of the gain, along a row
	shift := make([]float32, len(log)*g.channels)
	for row := range g.rows() {
		bias.row(log, row)
		for w, v := range log {
			for c := range g.channels {
				shift[w*g.channels+c] = v
			}
		}
		x := x[row*len(shift):][:len(shift)]
		for i, v := range x {
			x[i] = (v - lo) / width
		}
		kernel.Powers(x, shift, gamma)
		for i, v := range x {
			if noise > 0 {
				v += float32(noise * rng.NormFloat64())
			}
			x[i] = lo + v*width
		}
	}
}

func (a Augment) spacing() float64 {
	if a.Spacing > 0 {
		return a.Spacing
	}
	return 32
}

func symmetric(rng *rand.Rand) float64 { return 2*rng.Float64() - 1 }

func extremes(x []float32) (lo, hi float32) {
	if len(x) == 0 {
		return 0, 0
	}
	lo, hi = x[0], x[0]
	for _, v := range x {
		if v < lo {
			lo = v
		} else if v > hi {
			hi = v
		}
	}
	return lo, hi
}
