package nifti

import (
	"fmt"
	"math"
	"slices"

	"github.com/sshn-go/sshn/tensor/volume"
)

// The codes of the spatial unit, the low three bits of xyzt_units.
const (
	unitMetre  = 1
	unitMM     = 2
	unitMicron = 3
)

// Affine returns the matrix that takes the voxel (i, j, k, 1) to world
// coordinates in mm, x to the right, y to the front, z up, and which field of
// the header it comes from: "sform" if its code is over 0, unless it lays axes of
// several voxels on one line or plane; else "qform" if its code is, else "pixdim",
// which only scales. Source: nifti1.h, "3D image
// (volume) orientation and location in space".
func (h *Header) Affine() (affine [4][4]float64, source string) {
	if m, code := h.SForm(); code > 0 && h.spans(m) {
		return m, "sform"
	}
	if m, code := h.QForm(); code > 0 {
		return m, "qform"
	}
	m := [4][4]float64{3: {3: 1}}
	for axis := range 3 {
		m[axis][axis] = h.step(axis)
	}
	return m, "pixdim"
}

// spans tells whether the axes of more than one voxel lead to as many dimensions
// of the world. An affine that is not finite is let pass, to be refused.
func (h *Header) spans(affine [4][4]float64) bool {
	const parallel = 1e-6 // the share of an axis that must lie apart from the others
	if !finite(affine) {
		return true
	}
	var across [][3]float64 // unit vectors
	for axis := range 3 {
		if h.Shape().Dim(2-axis) == 1 {
			continue
		}
		length := norm(affine, axis)
		var v [3]float64
		for row := range v {
			v[row] = affine[row][axis] / length
		}
		for _, u := range across {
			along := u[0]*v[0] + u[1]*v[1] + u[2]*v[2]
			for row := range v {
				v[row] -= along * u[row]
			}
		}
		apart := math.Hypot(math.Hypot(v[0], v[1]), v[2])
		if !(apart > parallel) { // NaN of a length of 0, too
			return false
		}
		for row := range v {
			v[row] /= apart
		}
		across = append(across, v)
	}
	return true
}

func finite(affine [4][4]float64) bool {
	for _, row := range affine {
		for _, x := range row {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return false
			}
		}
	}
	return true
}

// SForm returns the general affine, in mm, and its code: 0 not given, 1
// scanner, 2 aligned, 3 Talairach, 4 MNI 152, 5 another template.
func (h *Header) SForm() (affine [4][4]float64, code int) {
	for row := range 3 {
		for column := range 4 {
			affine[row][column] = h.unit() * h.get(srow, 4*row+column)
		}
	}
	affine[3][3] = 1
	return affine, int(h.get(sformCode, 0))
}

// QForm returns the rigid affine, in mm, and its code, as that of [Header.SForm].
func (h *Header) QForm() (affine [4][4]float64, code int) {
	r := rotation(h.get(quatern, 0), h.get(quatern, 1), h.get(quatern, 2))
	steps := [3]float64{h.step(0), h.step(1), h.step(2)}
	if h.get(pixdim, 0) < 0 { // qfac: the axes are left-handed
		steps[2] = -steps[2]
	}
	for row := range 3 {
		for column := range 3 {
			affine[row][column] = r[row][column] * steps[column]
		}
		affine[row][3] = h.unit() * h.get(qoffset, row)
	}
	affine[3][3] = 1
	return affine, int(h.get(qformCode, 0))
}

// Spacing returns the distance between neighbouring voxels along i, j and k in
// mm: the lengths of the affine's columns, or what pixdim says where a column
// is zero.
func (h *Header) Spacing() [3]float64 {
	affine, _ := h.Affine()
	var s [3]float64
	for axis := range s {
		if s[axis] = norm(affine, axis); s[axis] == 0 {
			s[axis] = h.step(axis)
		}
	}
	return s
}

// Grid returns where the voxels lie.
func (h *Header) Grid() volume.Grid {
	affine, _ := h.Affine()
	return volume.Grid{Shape: h.Shape(), Affine: affine}
}

// Orientation names the directions in which i, j and k increase, as
// [volume.Grid.Orientation] does. It is empty if the file does not say, whose axes
// [Header.Grid] takes for RAS.
func (h *Header) Orientation() string {
	if _, source := h.Affine(); source == "pixdim" {
		return ""
	}
	return h.Grid().Orientation()
}

// Notes tells, a sentence each, what a user should know of how the voxels are
// placed: that the file does not say, that an axis has no length, that the sform
// is of no use, or that sform and qform disagree. It stops nothing.
func (h *Header) Notes() []string {
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	g := h.Grid()
	_, source := h.Affine()
	_, code := h.SForm()
	switch {
	case code > 0 && source == "qform":
		note("the sform gives the voxels no volume: the qform counts")
	case code > 0 && source == "pixdim":
		note("the sform gives the voxels no volume, and the file does not say otherwise how they lie")
	case source == "pixdim":
		note("the file does not say how its voxels lie (sform and qform have code 0)")
	}
	for axis, mm := range g.Spacing() {
		if source != "sform" && h.get(pixdim, axis+1) == 0 && g.Extent(axis) > 1 {
			note("pixdim gives axis %c no length: %v mm are taken for it", "ijk"[axis], mm)
		}
		if mm == 0 {
			note("the %s gives axis %c no length", source, "ijk"[axis])
		}
	}
	if q, code := h.QForm(); source == "sform" && code > 0 {
		spacing := g.Spacing()
		limit := slices.Min(spacing[:]) / 2
		other := volume.Grid{Shape: g.Shape, Affine: q}
		if off := g.Apart(other); off > limit {
			note("sform and qform place the voxels up to %.3g mm apart: the sform counts", off)
		}
	}
	return notes
}

// step returns the spacing that pixdim gives, in mm, 1 where it gives none.
func (h *Header) step(axis int) float64 {
	d := math.Abs(h.get(pixdim, axis+1))
	if d == 0 {
		d = 1
	}
	return d * h.unit()
}

// unit returns the mm in the header's unit of length. Without one it is taken
// for mm.
func (h *Header) unit() float64 {
	switch int(h.get(xyztUnits, 0)) & 7 {
	case unitMetre:
		return 1000
	case unitMicron:
		return 0.001
	}
	return 1
}

// rotation returns the matrix of the unit quaternion a + bi + cj + dk with
// a >= 0. Where rounding leaves nothing for a, it is half a turn, and b, c, d
// are made a unit vector. Source: nifti1.h, "Quaternion representation of
// rotation matrix".
func rotation(b, c, d float64) [3][3]float64 {
	a := 1 - (b*b + c*c + d*d)
	if a < 1e-7 {
		s := 1 / math.Sqrt(b*b+c*c+d*d)
		a, b, c, d = 0, b*s, c*s, d*s
	} else {
		a = math.Sqrt(a)
	}
	return [3][3]float64{
		{a*a + b*b - c*c - d*d, 2 * (b*c - a*d), 2 * (b*d + a*c)},
		{2 * (b*c + a*d), a*a + c*c - b*b - d*d, 2 * (c*d - a*b)},
		{2 * (b*d - a*c), 2 * (c*d + a*b), a*a + d*d - c*c - b*b},
	}
}

// norm returns the length of a column of an affine, without its last row.
func norm(affine [4][4]float64, column int) float64 {
	return math.Hypot(math.Hypot(affine[0][column], affine[1][column]), affine[2][column])
}
