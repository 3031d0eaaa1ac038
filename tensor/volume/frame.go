package volume

// A Frame is what a network wants to see. Its zero value is a grid as it is.
type Frame struct {
	Orientation string     `json:"orientation,omitempty"` // as in "RAS"; empty: as it is
	Spacing     [3]float64 `json:"spacing"`               // mm along the frame's i, j and k; 0: as it is
	Extents     [3]int     `json:"extents"`               // voxels along them; 0: as many as there are
}

// Move returns the move of a grid into the frame: [Reorient], then [Resample],
// then [Fit]. Its error is that of the step.
func (f Frame) Move(g Grid) (Move, error) {
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
	m = m.Then(stretch)
	return m.Then(Fit(m.To, f.Extents)), nil
}
