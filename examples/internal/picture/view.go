package picture

import (
	"strings"

	"github.com/sshn-go/sshn/tensor"
)

// A view says which voxel stands at a place of the picture.
type view struct {
	width, height int
	start         int  // the voxel at the upper left
	right, down   int  // how far the next one is
	turned        bool // axis i runs downwards

	letters edges // of the sides of the subject; zero if they are not known
}

// Edges are letters at the left, right, upper and lower edge.
type edges struct {
	left, right, top, bottom byte
}

// newView turns a slice [j i] so that up is superior or, where no axis is
// vertical, anterior, and right is the subject's left or, on a sagittal slice,
// posterior.
func newView(s tensor.Shape, orientation string) view {
	v := view{width: s.Dim(1), height: s.Dim(0), right: 1, down: s.Dim(1)}
	if len(orientation) < 2 {
		return v
	}
	across, along := orientation[0], orientation[1]
	if is(across, "SI") || is(along, "LR") {
		across, along = along, across
		v = view{width: v.height, height: v.width, right: v.down, down: v.right, turned: true}
	}
	if is(across, "RA") {
		v.start += (v.width - 1) * v.right
		v.right = -v.right
	}
	if is(along, "SA") {
		v.start += (v.height - 1) * v.down
		v.down = -v.down
	}
	v.letters = edges{'R', 'L', 'A', 'P'}
	if is(across, "AP") {
		v.letters.left, v.letters.right = 'A', 'P'
	}
	if is(along, "SI") {
		v.letters.top, v.letters.bottom = 'S', 'I'
	}
	return v
}

func (v view) voxel(x, y int) int { return v.start + x*v.right + y*v.down }

func is(direction byte, either string) bool { return strings.IndexByte(either, direction) >= 0 }
