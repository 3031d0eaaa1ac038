package data

import (
	"math"
	"math/rand/v2"
)

// A field is a smooth random function on a grid: the cubic B-spline of normal
// numbers at control points (free-form deformation; Rueckert et al., IEEE TMI
// 18(8), 1999, section II-B). It keeps the control points alone and is worked
// out a row at a time.
type field struct {
	points   []float32 // [axes[0].points, axes[1].points, axes[2].points, channels]
	axes     [3]spline
	channels int
	line     []float32 // control points of the row in question
}

// newField draws a field. Control points are about spacing elements apart;
// at each, every channel has the given deviation.
func newField(g grid, channels int, spacing, deviation float64, rng *rand.Rand) *field {
	f := &field{channels: channels}
	n := channels
	for i, extent := range g.dims {
		f.axes[i] = newSpline(extent, spacing)
		n *= f.axes[i].points
	}
	// At a control point an axis weighs the numbers there and beside it by
	// 1/6, 4/6 and 1/6, which halves the variance.
	deviation *= math.Pow(2, float64(g.axes)/2)
	f.points = make([]float32, n)
	for i := range f.points {
		f.points[i] = float32(deviation * rng.NormFloat64())
	}
	f.line = make([]float32, f.axes[2].points*channels)
	return f
}

// row writes the field along a row of the grid, [extent, channels]. The nil
// field writes nothing.
func (f *field) row(y []float32, row int) {
	if f == nil {
		return
	}
	d, h := &f.axes[0], &f.axes[1]
	extent := len(h.weights)
	clear(f.line)
	for i, wd := range d.weights[row/extent] {
		for j, wh := range h.weights[row%extent] {
			if wd*wh == 0 {
				continue
			}
			at := (d.first[row/extent]+i)*h.points + h.first[row%extent] + j
			for k, v := range f.points[at*len(f.line):][:len(f.line)] {
				f.line[k] += wd * wh * v
			}
		}
	}
	w, n := &f.axes[2], f.channels
	if w.points == 1 {
		copy(y, f.line)
		return
	}
	for p := range w.weights {
		k, line, to := &w.weights[p], f.line[w.first[p]*n:][:4*n], y[p*n:][:n]
		for c := range to {
			to[c] = k[0]*line[c] + k[1]*line[n+c] + k[2]*line[2*n+c] + k[3]*line[3*n+c]
		}
	}
}

// A spline says, for each element of an axis, how it weighs the control points
// from first on.
type spline struct {
	points  int
	first   []int
	weights [][4]float32
}

func newSpline(extent int, spacing float64) spline {
	s := spline{1, make([]int, extent), make([][4]float32, extent)}
	if extent <= 1 {
		for i := range s.weights {
			s.weights[i][0] = 1
		}
		return s
	}
	cells := max(int(math.Round(float64(extent-1)/spacing)), 1)
	s.points = cells + 3 // one before the axis, one at each end of a cell, one after
	for i := range s.weights {
		place := float64(i) * float64(cells) / float64(extent-1)
		cell := min(int(place), cells-1)
		t := place - float64(cell)
		s.first[i] = cell
		s.weights[i] = [4]float32{
			float32((1 - t) * (1 - t) * (1 - t) / 6),
			float32((4 - 6*t*t + 3*t*t*t) / 6),
			float32((1 + 3*t + 3*t*t - 3*t*t*t) / 6),
			float32(t * t * t / 6),
		}
	}
	return s
}
