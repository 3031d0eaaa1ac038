package volume

import (
	"fmt"
	"math"
)

// A Frame is what a network wants to see. Its zero value is a grid as it is.
type Frame struct {
	Orientation string     `json:"orientation,omitempty"` // as in "RAS"; empty: as it is
	Spacing     [3]float64 `json:"spacing,omitzero"`      // mm along the frame's i, j and k; 0: as it is
	Extents     [3]int     `json:"extents,omitzero"`      // voxels along them; 0: as many as there are
}

// Move returns the move of a grid into the frame: [Reorient], then [Resample],
// then [Fit]. Its error is that of the step or of [Frame.Check], or tells that the
// grid is empty or that there would be more than 2^30 voxels.
func (f Frame) Move(g Grid) (Move, error) {
	if err := f.Check(); err != nil {
		return Move{}, err
	}
	if g.Shape.Len() == 0 {
		return Move{}, fmt.Errorf("volume: a grid %v without voxels", g.Shape)
	}
	m := Stay(g)
	if f.Orientation != "" {
		turn, err := Reorient(g, f.Orientation)
		if err != nil {
			return Move{}, err
		}
		m = turn
	}
	stretch, err := Resample(m.To, f.Spacing)
	if err != nil {
		return Move{}, err
	}
	m = m.then(stretch)
	voxels := 1.0
	for a, n := range f.Extents {
		if n == 0 {
			n = m.To.Extent(a)
		}
		voxels *= float64(n)
	}
	if voxels > maxVoxels {
		return Move{}, fmt.Errorf("volume: %v voxels to %v would be more than 2^30", m.To.Shape, f.Extents)
	}
	return m.then(Fit(m.To, f.Extents)), nil
}

// Check returns an error if no grid can be moved into the frame, as when it was
// read from a file.
func (f Frame) Check() error {
	if f.Orientation != "" {
		if _, err := parse(f.Orientation); err != nil {
			return fmt.Errorf("volume: frame: %w", err)
		}
	}
	for a, n := range f.Extents {
		if n < 0 || !(f.Spacing[a] >= 0) || math.IsInf(f.Spacing[a], 0) {
			return fmt.Errorf("volume: frame: spacing %v and extents %v: expected lengths and numbers of voxels", f.Spacing, f.Extents)
		}
	}
	return nil
}
