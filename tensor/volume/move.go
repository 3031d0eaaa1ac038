package volume

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/tensor"
)

// A Move leads from one grid to another whose axes are parallel. It is a value,
// and may be used by many goroutines. The zero Move is of no use.
type Move struct {
	From, To Grid

	axes [3]axis // of To
}

// An axis of To runs along one of From: its voxel q lies at scale q + offset.
type axis struct {
	from          int
	scale, offset float64
}

// Stay returns the move that changes nothing.
func Stay(g Grid) Move { return Move{g, g, [3]axis{{0, 1, 0}, {1, 1, 0}, {2, 1, 0}}} }

// Reorient returns the move to the orientation nearest to the one named, as in
// "RAS": it exchanges and flips axes, and no voxel is lost or interpolated. An
// orientation that names no directions is an error.
func Reorient(g Grid, orientation string) (Move, error) {
	want, err := parse(orientation)
	if err != nil {
		return Move{}, fmt.Errorf("volume: reorient: %w", err)
	}
	m := Stay(g)
	for from, is := range g.directions() {
		for to, d := range want {
			if d.world != is.world {
				continue
			}
			m.axes[to] = axis{from, 1, 0}
			if d.down != is.down {
				m.axes[to] = axis{from, -1, float64(g.Extent(from) - 1)}
			}
		}
	}
	return m.arrive([3]int{g.Extent(m.axes[0].from), g.Extent(m.axes[1].from), g.Extent(m.axes[2].from)}), nil
}

// Resample returns the move to a spacing in mm along i, j and k, where 0, or a
// number within a ten-thousandth of the grid's own, leaves an axis as it is. The
// centre stays where it is, and the number of voxels becomes that which is
// nearest in length, at least 1, or one more, lest a voxel of the grid should lie
// beyond them. Where voxels become coarser, nothing is smoothed before. It is an
// error if the grid has no spacing, or if there would be more than 2^30 voxels.
func Resample(g Grid, spacing [3]float64) (Move, error) {
	m := Stay(g)
	voxels := 1.0
	var extents [3]int
	for a, is := range g.Spacing() {
		n, want := float64(g.Extent(a)), spacing[a]
		if !(want >= 0) || math.IsInf(want, 0) || want > 0 && !(is > 0) {
			return Move{}, fmt.Errorf("volume: resample: axis %c from %v mm to %v mm", "ijk"[a], is, want)
		}
		if want > 0 && math.Abs(want-is) > 1e-4*is {
			to := max(math.Round(n*is/want), 1)
			scale := want / is
			if n-float64(scale*to) > 1+1e-6 {
				to++
			}
			m.axes[a] = axis{a, scale, (n-1)/2 - float64(scale*(to-1)/2)}
			n = to
		}
		if voxels *= n; voxels > maxVoxels {
			return Move{}, fmt.Errorf("volume: resample: %d x %d x %d voxels of %.4g mm to %.4g mm would be more than 2^30", g.Extent(0), g.Extent(1), g.Extent(2), g.Spacing(), spacing)
		}
		extents[a] = int(n)
	}
	return m.arrive(extents), nil
}

const maxVoxels = 1 << 30

// Crop returns the move to a box of a grid, which begins at voxel first and has
// the given extents, each along i, j and k. The box may reach beyond the grid,
// which pads. Crop panics with a [*tensor.ShapeError] if it has no voxels.
func Crop(g Grid, first, extents [3]int) Move {
	m := Stay(g)
	for a := range m.axes {
		if extents[a] < 1 {
			panic(&tensor.ShapeError{Op: "crop", Shapes: []tensor.Shape{g.Shape}, Problem: fmt.Sprintf("extents %v", extents)})
		}
		m.axes[a].offset = float64(first[a])
	}
	return m.arrive(extents)
}

// Fit returns the move that crops or pads a grid about its centre to the given
// extents along i, j and k; 0 leaves an axis as it is. Where an odd number of
// voxels is added or removed, the lower end has one more removed, or one fewer
// added.
func Fit(g Grid, extents [3]int) Move {
	var first [3]int
	for a, n := range extents {
		if n == 0 {
			extents[a] = g.Extent(a)
		}
		first[a] = (g.Extent(a) - extents[a] + 1) >> 1 // rounds up below 0, too
	}
	return Crop(g, first, extents)
}

// arrive fills in the grid that a move leads to.
func (m Move) arrive(extents [3]int) Move {
	m.To = Grid{tensor.NewShape(extents[2], extents[1], extents[0]), m.From.Affine}
	for row := range 3 {
		a := m.From.Affine[row]
		m.To.Affine[row][3] = a[3]
		for to, x := range m.axes {
			m.To.Affine[row][to] = a[x.from] * x.scale
			m.To.Affine[row][3] += float64(a[x.from] * x.offset)
		}
	}
	return m
}

// Then returns the move from m.From to n.To, in which voxels are interpolated
// once and what m crops and n pads again is not lost. It panics with a
// [*tensor.ShapeError] if n does not begin where m ends.
func (m Move) Then(n Move) Move {
	if m.To != n.From {
		panic(&tensor.ShapeError{Op: "move", Shapes: []tensor.Shape{m.To.Shape, n.From.Shape}, Problem: "the second begins on another grid than the first ends on"})
	}
	return m.then(n)
}

func (m Move) then(n Move) Move {
	both := Move{From: m.From, To: n.To}
	for to, x := range n.axes {
		y := m.axes[x.from]
		both.axes[to] = axis{y.from, y.scale * x.scale, float64(y.scale*x.offset) + y.offset}
	}
	return both
}

// Scale returns how many voxels of From one of To is long, along i, j and k of
// To. It is exactly 1 along an axis that is not resampled.
func (m Move) Scale() [3]float64 {
	var s [3]float64
	for to, a := range m.axes {
		s[to] = math.Abs(a.scale)
	}
	return s
}

// Stays tells whether the move changes nothing.
func (m Move) Stays() bool { return m == Stay(m.From) }

// Inverse returns the move from m.To to m.From. Its grids are exactly those of
// m.
func (m Move) Inverse() Move {
	back := Move{From: m.To, To: m.From}
	for to, x := range m.axes {
		back.axes[x.from] = axis{to, 1 / x.scale, -x.offset / x.scale}
	}
	return back
}
