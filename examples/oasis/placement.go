package main

import (
	"fmt"
	"slices"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/sshn-go/sshn/tensor/volume"
)

// frame says how the images of a set lie, for scans that lie otherwise to be
// brought there: as those of the first subject, for a set's subjects lie alike.
func frame(set *neurite.Set) (volume.Frame, error) {
	path, _ := set.Files(0)
	h, err := nifti.ReadHeader(path)
	if err != nil {
		return volume.Frame{}, err
	}
	return frameOf(h, set.Kind.Dims), nil
}

// frameOf returns the frame of images that lie as h says. That of slices has
// their axes as i and j, and k, which they are flat along, of any spacing.
func frameOf(h *nifti.Header, dims int) volume.Frame {
	f := volume.Frame{Orientation: h.Orientation(), Spacing: h.Spacing()}
	if flat := slices.Index(h.Shape().Dims(), 1); flat >= 0 && dims == 2 {
		i, mm := 2-flat, f.Spacing[:]
		if o := f.Orientation; o != "" {
			f.Orientation = o[:i] + o[i+1:] + o[i:i+1]
		}
		copy(mm[i:], mm[i+1:])
		mm[2] = 0
	}
	return f
}

// approach returns the way of a scan into the model's frame.
func approach(m *sshn.Model, h *nifti.Header) (volume.Move, error) {
	if dims := h.Shape().Dims(); m.Config().Network.Dims == 3 && slices.Contains(dims, 1) {
		return volume.Move{}, fmt.Errorf("a slice, %s voxels, and the model is for volumes", extents(dims))
	}
	move, err := m.Move(h)
	if err != nil {
		return move, err
	}
	for _, scale := range move.Scale() {
		if scale > disparity || scale < 1/disparity {
			return move, fmt.Errorf("voxels of %s mm, and the model's images have %s mm, more than %v times another length: is the unit of the header right?",
				lengths(move.From.Spacing()), lengths(reached(move)), disparity)
		}
	}
	return move, nil
}

// disparity is how many times longer or shorter than a model's voxels those of a
// scan may be. Of 16 of them nothing would be left but one voxel, or one would
// become 4096.
const disparity = 16.

// imageOf returns the extents of one image of a scan, as the model sees it.
func imageOf(m *sshn.Model, move volume.Move) []int {
	return move.To.Shape.Dims()[3-m.Config().Network.Dims:]
}

// tell says what a user should know of how a scan lies, and what is done about
// it.
func (c console) tell(m *sshn.Model, move volume.Move, h *nifti.Header) {
	c.placed(h)
	orientation := m.Config().Frame.Orientation
	if h.Orientation() == "" && orientation != "" {
		c.note("its axes are taken for %s, those of the model's images", orientation)
	} else if from, to := move.From.Orientation(), move.To.Orientation(); from != to {
		if move.From.LeftHanded() {
			from += " (left-handed)"
		}
		c.note("the scan's axes run %s: it is turned to %s, as the model's images lie, and the labels back", from, to)
	}
	if scale := move.Scale(); scale != [3]float64{1, 1, 1} {
		c.note("its voxels of %s mm are resampled to %s mm, as the model's images have, and the labels back", lengths(move.From.Spacing()), lengths(reached(move)))
	}
}

// reached returns the spacing that a move leads to, along the axes of the scan.
func reached(move volume.Move) [3]float64 {
	mm := move.From.Spacing()
	for axis, n := range move.Inverse().Scale() {
		mm[axis] /= n
	}
	return mm
}

// placed says what a user should know of how the voxels of a header are placed.
func (c console) placed(h *nifti.Header) {
	for _, note := range h.Notes() {
		c.note("%s", note)
	}
	longest := 0.0
	mm := h.Spacing()
	for axis := range mm {
		longest = max(longest, mm[axis]*float64(h.Grid().Extent(axis)))
	}
	if longest < 2 || longest > 1000 { // no head is, but lengths in metres that do not say so are
		c.note("its %s voxels of %s mm are %.3g mm long: is the unit of the header right?", extents(h.Shape().Dims()), lengths(mm), longest)
	}
}

func lengths(mm [3]float64) string { return fmt.Sprintf("%.3g x %.3g x %.3g", mm[0], mm[1], mm[2]) }
