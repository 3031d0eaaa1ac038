package volume

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/tensor"
)

// A Grid says where the voxels of a volume lie. It is a value: == compares.
type Grid struct {
	Shape  tensor.Shape  // [k j i]
	Affine [4][4]float64 // of voxel (i, j, k, 1) to mm: x to the right, y to the front, z up
}

// Extent returns the number of voxels along axis 0 to 2: i, j or k.
func (g Grid) Extent(axis int) int { return g.Shape.Dim(2 - axis) }

// Spacing returns the distance between neighbouring voxels along i, j and k in
// mm, the lengths of the affine's columns.
func (g Grid) Spacing() [3]float64 {
	var s [3]float64
	for axis := range s {
		s[axis] = math.Hypot(math.Hypot(g.Affine[0][axis], g.Affine[1][axis]), g.Affine[2][axis])
	}
	return s
}

// Place returns where a place among the voxels lies, in mm.
func (g Grid) Place(i, j, k float64) [3]float64 {
	var mm [3]float64
	for row := range mm {
		a := g.Affine[row]
		mm[row] = float64(a[0]*i) + float64(a[1]*j) + float64(a[2]*k) + a[3]
	}
	return mm
}

// Apart returns how far apart, in mm, the same voxel lies on two grids at most:
// at one of the corners of g.
func (g Grid) Apart(h Grid) float64 {
	most := 0.0
	for corner := range 8 {
		var p [3]float64
		for axis := range p {
			if corner>>axis&1 == 1 {
				p[axis] = float64(g.Extent(axis) - 1)
			}
		}
		a, b := g.Place(p[0], p[1], p[2]), h.Place(p[0], p[1], p[2])
		most = max(most, math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2]))
	}
	return most
}

// LeftHanded tells whether i, j and k are a mirror image of x, y and z, as in
// LAS: of a volume shown as it is stored, left and right are exchanged.
func (g Grid) LeftHanded() bool {
	a := g.Affine
	return a[0][0]*(a[1][1]*a[2][2]-a[1][2]*a[2][1])-
		a[0][1]*(a[1][0]*a[2][2]-a[1][2]*a[2][0])+
		a[0][2]*(a[1][0]*a[2][1]-a[1][1]*a[2][0]) < 0
}

// Orientation names the directions in which i, j and k increase, each by the
// letter of the closest: Right or Left, Anterior or Posterior, Superior or
// Inferior. In "LIA" i runs to the subject's left, j downwards, and k to the
// front. Each pair of letters is given out once, the clearest direction first.
func (g Grid) Orientation() string {
	var name [3]byte
	for axis, d := range g.directions() {
		name[axis] = letters[d.world][0]
		if d.down {
			name[axis] = letters[d.world][1]
		}
	}
	return string(name[:])
}

// letters name the ends of x, y and z: where they increase to, and where from.
var letters = [3]string{"RL", "AP", "SI"}

// A direction is an axis of the world, upwards or downwards.
type direction struct {
	world int
	down  bool
}

// directions returns the closest direction of i, j and k. How the voxels are
// stored has no part in it, even where two axes are equally close, as at 45 degrees.
func (g Grid) directions() [3]direction {
	var d [3]direction
	var named, taken [3]bool
	for range 3 {
		best, axis, world := []float64{-1}, 0, 0
		for w := range 3 {
			for a := range 3 {
				if c := g.closeness(a, w); !named[a] && !taken[w] && slices.Compare(c, best) > 0 {
					best, axis, world = c, a, w
				}
			}
		}
		named[axis], taken[world] = true, true
		d[axis] = direction{world, g.Affine[world][axis] < 0}
	}
	return d
}

// closeness returns the cosine of the angle between the line of an axis and that
// of an axis of the world, and with it those to the other two, which tell apart
// lines that are equally close.
func (g Grid) closeness(axis, world int) []float64 {
	length := math.Copysign(max(g.Spacing()[axis], math.SmallestNonzeroFloat64), g.Affine[world][axis])
	var c []float64
	for n := range 3 {
		c = append(c, g.Affine[(world+n)%3][axis]/length)
	}
	return c
}

// parse returns the directions that an orientation such as "RAS" names.
func parse(orientation string) (d [3]direction, err error) {
	var taken [3]bool
	for axis := range d {
		world := -1
		for w, pair := range letters {
			if len(orientation) == 3 && strings.IndexByte(pair, orientation[axis]) >= 0 {
				world = w
			}
		}
		if world < 0 || taken[world] {
			return d, fmt.Errorf("orientation %q: expected one letter of each of RL, AP and SI, as in RAS", orientation)
		}
		taken[world] = true
		d[axis] = direction{world, orientation[axis] == letters[world][1]}
	}
	return d, nil
}
