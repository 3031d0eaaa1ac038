package volume

import (
	"fmt"
	"math"
	"slices"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// Linear moves an image: x [k j i] on m.From -> y [k j i] on m.To, in new
// memory, interpolated linearly. A voxel that lies beyond the outer faces of
// m.From's voxels becomes outside; between the outermost centres and faces, the
// outermost voxel counts. Linear panics with a [*tensor.ShapeError] if x does not
// lie on m.From.
func (m Move) Linear(x tensor.Tensor, outside float32) tensor.Tensor {
	return m.sample("linear", x, outside, m.lines(), func(x []float32, w []float64) float32 {
		sum := 0.0
		for i, v := range x {
			sum += float64(w[i] * float64(v))
		}
		return float32(sum)
	})
}

// Nearest moves labels: each voxel takes the label of the nearest, and between
// equals of the one with the greater index. All else is as for [Move.Linear].
func (m Move) Nearest(x tensor.Tensor, outside float32) tensor.Tensor {
	lines := m.lines()
	for _, line := range lines {
		for q, t := range line {
			if t.share >= 0.5 {
				t.lo = t.hi
			}
			t.share = 0
			line[q] = t
		}
	}
	return m.sample("nearest", x, outside, lines, nil)
}

// Majority moves labels: each label is interpolated linearly, as an image of
// ones and zeros, and a voxel takes the greatest, between equals the least label.
// All else is as for [Move.Linear].
func (m Move) Majority(x tensor.Tensor, outside float32) tensor.Tensor {
	return m.sample("majority", x, outside, m.lines(), func(x []float32, w []float64) float32 {
		best, most := x[0], 0.0
		if !slices.ContainsFunc(x, func(label float32) bool { return label != best }) {
			return best // as within structures
		}
		for _, label := range x {
			sum := 0.0
			for i, v := range x {
				if v == label {
					sum += w[i]
				}
			}
			if sum > most || sum == most && label < best {
				best, most = label, sum
			}
		}
		return best
	})
}

// A tap says which elements of From a place along an axis of To lies between.
type tap struct {
	lo, hi  int     // elements from the first of the axis
	share   float64 // of hi
	outside bool
}

// lines returns the taps along i, j and k of To.
func (m Move) lines() [3][]tap {
	var lines [3][]tap
	for to, a := range m.axes {
		step := 1
		for b := range a.from {
			step *= m.From.Extent(b)
		}
		n := m.From.Extent(a.from)
		for q := range m.To.Extent(to) {
			// Rounded, lest what the affine lost should blur a copy or turn a tie.
			p := math.Round((float64(a.scale*float64(q))+a.offset)*(1<<20)) / (1 << 20)
			if p < -0.5 || p > float64(n)-0.5 {
				lines[to] = append(lines[to], tap{outside: true})
				continue
			}
			p = min(max(p, 0), float64(n-1))
			lo := int(p)
			lines[to] = append(lines[to], tap{lo * step, min(lo+1, n-1) * step, p - float64(lo), false})
		}
	}
	return lines
}

// sample makes each voxel of To from the voxels of From around it and their
// weights, or copies the only one.
func (m Move) sample(op string, x tensor.Tensor, outside float32, lines [3][]tap, mix func(x []float32, w []float64) float32) tensor.Tensor {
	if x.Shape != m.From.Shape || len(x.Data) != x.Shape.Len() {
		panic(&tensor.ShapeError{Op: op, Shapes: []tensor.Shape{x.Shape, m.From.Shape}, Problem: fmt.Sprintf("%d voxels do not lie on the grid", len(x.Data))})
	}
	y := tensor.Zeros(m.To.Shape)
	ni, nj := m.To.Extent(0), m.To.Extent(1)
	parallel.For(m.To.Extent(2)*nj, 16, func(lo, hi int) {
		var around [4]corner
		var values [8]float32
		var weights [8]float64
		for row := lo; row < hi; row++ {
			k, j := lines[2][row/nj], lines[1][row%nj]
			rows := across(&around, k, j)
			for i, t := range lines[0] {
				if k.outside || j.outside || t.outside {
					y.Data[row*ni+i] = outside
					continue
				}
				n := 0
				for _, r := range rows {
					values[n], weights[n] = x.Data[r.at+t.lo], r.weight*(1-t.share)
					n++
					if t.share > 0 {
						values[n], weights[n] = x.Data[r.at+t.hi], r.weight*t.share
						n++
					}
				}
				y.Data[row*ni+i] = values[0]
				if n > 1 {
					y.Data[row*ni+i] = mix(values[:n], weights[:n])
				}
			}
		}
	})
	return y
}

// A corner is an element and its weight.
type corner struct {
	at     int
	weight float64
}

// across returns those of the four elements about a place between two axes
// whose weight is not 0.
func across(all *[4]corner, a, b tap) []corner {
	n := 0
	for _, p := range [2]corner{{a.lo, 1 - a.share}, {a.hi, a.share}} {
		for _, q := range [2]corner{{b.lo, 1 - b.share}, {b.hi, b.share}} {
			if w := p.weight * q.weight; w != 0 {
				all[n] = corner{p.at + q.at, w}
				n++
			}
		}
	}
	return all[:n]
}
