package metric

import (
	"math"
	"slices"
)

// A box is a part of a grid: from lo to before hi along each axis.
type box struct{ lo, hi [3]int }

func (b *box) empty() bool { return b.hi[0] == 0 }

// add makes the box hold an element.
func (b *box) add(p [3]int) {
	if b.empty() {
		b.lo = p
	}
	for i, x := range p {
		b.lo[i], b.hi[i] = min(b.lo[i], x), max(b.hi[i], x+1)
	}
}

// grid returns the geometry of the box's elements alone.
func (b *box) grid(g grid) grid {
	for i := range g.dims {
		g.dims[i] = b.hi[i] - b.lo[i]
	}
	return g
}

// boxes returns, by class, the least box that holds the class in each of the
// label maps. That of the background is left empty.
func (g grid) boxes(classes int, maps ...[]float32) []box {
	boxes := make([]box, classes)
	for _, x := range maps {
		at := 0
		for d := range g.dims[0] {
			for h := range g.dims[1] {
				for w, c := range x[at : at+g.dims[2]] {
					if c > 0 {
						boxes[int(c)].add([3]int{d, h, w})
					}
				}
				at += g.dims[2]
			}
		}
	}
	return boxes
}

// surface returns the elements of a class's surface, by their places in a box
// that holds all of the class.
func (g grid) surface(x []float32, class float32, b box) []int {
	var found []int
	place := 0
	for d := b.lo[0]; d < b.hi[0]; d++ {
		for h := b.lo[1]; h < b.hi[1]; h++ {
			row := (d*g.dims[1] + h) * g.dims[2]
			for w := b.lo[2]; w < b.hi[2]; w++ {
				if x[row+w] == class && g.exposed(x, row+w, [3]int{d, h, w}) {
					found = append(found, place)
				}
				place++
			}
		}
	}
	return found
}

// exposed tells whether an element has a neighbour of another class, or none,
// across a face. The only element of an image is.
func (g grid) exposed(x []float32, at int, p [3]int) bool {
	if g.len() == 1 {
		return true
	}
	step := 1
	for axis := 2; axis >= 0; axis-- {
		if n := g.dims[axis]; n > 1 {
			if p[axis] == 0 || p[axis] == n-1 || x[at-step] != x[at] || x[at+step] != x[at] {
				return true
			}
		}
		step *= g.dims[axis]
	}
	return false
}

// distances returns, ascending, how far each of the elements from lies from the
// nearest of the elements to, in mm. It uses work, which has g's elements.
func (g grid) distances(work []float64, from, to []int) []float64 {
	for i := range work {
		work[i] = math.Inf(1)
	}
	for _, at := range to {
		work[at] = 0
	}
	g.transform(work)
	d := make([]float64, len(from))
	for i, at := range from {
		d[i] = math.Sqrt(work[at])
	}
	slices.Sort(d)
	return d
}

// diagonal returns the length of the image's diagonal in mm, from edge to edge
// and not between centres, so it exceeds every distance between elements.
func (g grid) diagonal() float64 {
	var mm [3]float64
	for i, n := range g.dims {
		mm[i] = float64(n) * g.mm[i]
	}
	return math.Hypot(math.Hypot(mm[0], mm[1]), mm[2])
}
