package data

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/sshn-go/sshn/tensor"
)

// A Patch is a box that is cut from a sample at random, for images too large to
// train on whole. The zero Patch is the whole sample.
type Patch struct {
	// Extents are those of the spatial axes, in the tensor's order: D H W. Where
	// the sample is smaller, so is the patch; nil is whole.
	Extents []int `json:"extents,omitempty"`

	// Foreground is the share of patches about an element of a class other than
	// 0, each such element alike, as near as the sample's borders let its middle
	// be. The others lie anywhere in the sample, each place alike.
	Foreground float64 `json:"foreground,omitempty"`
}

// Check returns an error if there are no such patches of samples with the given
// number of spatial axes.
func (p Patch) Check(axes int) error {
	switch {
	case p.Extents != nil && len(p.Extents) != axes:
		return fmt.Errorf("patches of extents %v from samples of %d spatial axes", p.Extents, axes)
	case slices.ContainsFunc(p.Extents, func(n int) bool { return n < 1 }):
		return fmt.Errorf("patches of extents %v; each is 1 at least", p.Extents)
	case !(p.Foreground >= 0 && p.Foreground <= 1):
		return fmt.Errorf("a share of %v of patches about the foreground; 0 to 1 is possible", p.Foreground)
	}
	return nil
}

// Shape returns the shape of the image of a patch of s, or an error if there is
// none to train on: that of Check, or that s is Apart.
func (p Patch) Shape(s Sample) (tensor.Shape, error) {
	if s.Apart() {
		return tensor.Shape{}, fmt.Errorf("labels on another grid than the image, which can be measured on but not trained on")
	}
	dims := s.Image.Shape.Dims()
	if err := p.Check(len(dims) - 1); err != nil {
		return tensor.Shape{}, err
	}
	p.clip(dims)
	return tensor.NewShape(dims...), nil
}

// clip makes the extents of a sample, which channels may follow, those of its
// patches.
func (p Patch) clip(extents []int) {
	for axis, n := range p.Extents {
		extents[axis] = min(extents[axis], n)
	}
}

// Draw returns the extents of a patch of a sample with the given labels
// [spatial...], and where it begins. It panics with the error of Check.
func (p Patch) Draw(labels tensor.Tensor, rng *rand.Rand) (extents, first []int) {
	if err := p.Check(labels.Shape.Rank()); err != nil {
		panic(&tensor.UseError{Problem: err.Error()})
	}
	extents = labels.Shape.Dims()
	first = make([]int, len(extents))
	if p.Extents == nil {
		return extents, first
	}
	about := -1
	if rng.Float64() < p.Foreground {
		about = anyForeground(labels.Data, rng)
	}
	p.clip(extents)
	for axis := len(extents) - 1; axis >= 0; axis-- {
		n := labels.Shape.Dim(axis)
		room := n - extents[axis]
		if about < 0 {
			first[axis] = rng.IntN(room + 1)
			continue
		}
		first[axis] = min(max(about%n-extents[axis]/2, 0), room)
		about /= n
	}
	return extents, first
}

// anyForeground returns the place of an element over 0, -1 if there is none.
func anyForeground(labels []float32, rng *rand.Rand) int {
	for range 64 { // usually enough, and much faster than to count
		if at := rng.IntN(len(labels)); labels[at] > 0 {
			return at
		}
	}
	n := 0
	for _, c := range labels {
		if c > 0 {
			n++
		}
	}
	if n == 0 {
		return -1
	}
	nth := rng.IntN(n)
	return slices.IndexFunc(labels, func(c float32) bool {
		if c > 0 {
			nth--
		}
		return nth < 0
	})
}

// cut copies to dst the part of src that begins at first, of dst's extents.
func cut(dst, src Sample, first []int) {
	to, from := dst.Labels.Shape.Dims(), src.Labels.Shape.Dims()
	copyBox(dst.Labels.Data, src.Labels.Data, to, from, first, 1)
	copyBox(dst.Image.Data, src.Image.Data, to, from, first, src.Image.Shape.Channels())
}

func copyBox(dst, src []float32, to, from, first []int, channels int) {
	last := len(to) - 1
	n := to[last] * channels
	for row := range len(dst) / n {
		at, step, rest := first[last], from[last], row
		for axis := last - 1; axis >= 0; axis-- {
			at += (first[axis] + rest%to[axis]) * step
			rest /= to[axis]
			step *= from[axis]
		}
		copy(dst[row*n:(row+1)*n], src[at*channels:])
	}
}
