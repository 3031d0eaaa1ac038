package data

import (
	"math"

	"github.com/sshn-go/sshn/tensor"
)

// A grid is the geometry of a sample, or of a patch of one: the sample's axes of
// more than one element, brought to three by leading ones of extent 1. A slice of
// a volume is thus treated as the image that it is.
type grid struct {
	axes     int // of more than one element
	dims     [3]int
	whole    [3]int // extents of what the patch is cut from
	first    [3]int // where there it begins
	channels int
}

// gridOf returns the grid of a whole image.
func gridOf(image tensor.Shape) grid {
	return patchOf(image, image, make([]int, image.Rank()-1))
}

// patchOf returns the grid of a patch that begins at first.
func patchOf(patch, image tensor.Shape, first []int) grid {
	one := [3]int{1, 1, 1}
	g := grid{dims: one, whole: one, channels: image.Channels()}
	for i := image.Rank() - 2; i >= 0; i-- {
		if n := image.Dim(i); n != 1 {
			g.axes++
			g.dims[3-g.axes], g.whole[3-g.axes], g.first[3-g.axes] = patch.Dim(i), n, first[i]
		}
	}
	return g
}

// rows returns the number of rows along the last axis.
func (g grid) rows() int { return g.dims[0] * g.dims[1] }

// A motion says where the element at p of a patch comes from, whose middle is
// the centre: centre + matrix (p - centre) + shift + field(p).
type motion struct {
	matrix  [3][3]float64
	shift   [3]float64
	field   *field // of as many channels as the grid has axes; may be nil
	flipped bool
}

func still() *motion { return &motion{matrix: [3][3]float64{{1}, {0, 1}, {0, 0, 1}}} }

// rotate multiplies the matrix by a rotation in the plane of two axes.
func (m *motion) rotate(i, j int, angle float64) {
	sin, cos := math.Sincos(angle)
	for k := range m.matrix {
		x, y := m.matrix[k][i], m.matrix[k][j]
		m.matrix[k][i], m.matrix[k][j] = cos*x+sin*y, cos*y-sin*x
	}
}

func (m *motion) scale(factor float64) {
	for i := range m.matrix {
		for j := range m.matrix {
			m.matrix[i][j] *= factor
		}
	}
}

// warp writes to dst, on the grid g, what the motion brings from the whole, src.
func (m *motion) warp(dst, src Sample, g grid) {
	var centre [3]float64
	for i, n := range g.dims {
		centre[i] = float64(n-1) / 2
	}
	push := make([]float32, g.dims[2]*g.axes) // by the field, along a row
	for row := range g.rows() {
		m.field.row(push, row)
		d, h := float64(row/g.dims[1])-centre[0], float64(row%g.dims[1])-centre[1]
		var begin [3]float64
		for i := range begin {
			begin[i] = float64(g.first[i]) + centre[i] + m.shift[i] + m.matrix[i][0]*d + m.matrix[i][1]*h
		}
		for w := range g.dims[2] {
			along := float64(w) - centre[2]
			from := [3]float64{begin[0] + m.matrix[0][2]*along, begin[1] + m.matrix[1][2]*along, begin[2] + m.matrix[2][2]*along}
			for i, x := range push[w*g.axes : (w+1)*g.axes] {
				from[3-g.axes+i] += float64(x)
			}
			at := row*g.dims[2] + w
			sample(dst.Image.Data[at*g.channels:(at+1)*g.channels], &dst.Labels.Data[at], &src, g.whole, from)
		}
	}
}

// sample writes to y the channels of src at a place between its elements, and the
// label next to it.
func sample(y []float32, label *float32, src *Sample, dims [3]int, place [3]float64) {
	if !sampleAmid(y, label, src, dims, place) {
		multilinear(y, src.Image.Data, dims, place)
		*label = nearest(src.Labels.Data, dims, place)
	}
}

// sampleAmid is sample, to the bit if the image is finite, for what is usual, a
// place amid four pixels of a slice. It tells whether this is one.
func sampleAmid(y []float32, label *float32, src *Sample, dims [3]int, place [3]float64) bool {
	if dims[0] > 1 || place[0] != 0 ||
		!(place[1] >= 0 && place[1] < float64(dims[1]-1) && place[2] >= 0 && place[2] < float64(dims[2]-1)) {
		return false
	}
	i, j := int(place[1]), int(place[2])
	below, right := float32(place[1]-float64(i)), float32(place[2]-float64(j))
	above, left := 1-below, 1-right
	n := len(y)
	at := (i*dims[2] + j) * n
	upper, lower := src.Image.Data[at:][:2*n], src.Image.Data[at+dims[2]*n:][:2*n]
	a, b, c, d := above*left, above*right, below*left, below*right
	for k := range y {
		y[k] = a*upper[k] + b*upper[n+k] + c*lower[k] + d*lower[n+k]
	}
	*label = src.Labels.Data[int(place[1]+0.5)*dims[2]+int(place[2]+0.5)]
	return true
}

// multilinear writes to y the channels of x at any place of a volume.
func multilinear(y, x []float32, dims [3]int, place [3]float64) {
	clear(y)
	ds, hs, ws := taps(place[0], dims[0]), taps(place[1], dims[1]), taps(place[2], dims[2])
	for _, d := range ds {
		for _, h := range hs {
			share := d.share * h.share
			if share == 0 { // as half of them are along an axis of extent 1
				continue
			}
			row := (d.at*dims[1] + h.at) * dims[2]
			for _, w := range ws {
				if share := share * w.share; share != 0 {
					for c, v := range x[(row+w.at)*len(y):][:len(y)] {
						y[c] += share * v
					}
				}
			}
		}
	}
}

// A tap is an element of an axis and its share in what is interpolated.
type tap struct {
	at    int
	share float32
}

// taps returns the elements on either side of a place on an axis of n. The
// share of one that lies outside is 0.
func taps(place float64, n int) (t [2]tap) {
	floor := math.Floor(place)
	if !(floor >= -1 && floor < float64(n)) { // so that NaN is outside, too
		return t
	}
	at, share := int(floor), float32(place-floor)
	if at >= 0 {
		t[0] = tap{at, 1 - share}
	}
	if at+1 < n {
		t[1] = tap{at + 1, share}
	}
	return t
}

// nearest returns the element of x nearest to a place, 0 outside.
func nearest(x []float32, dims [3]int, place [3]float64) float32 {
	at := 0
	for i, v := range place {
		p := math.Floor(v + 0.5)
		if !(p >= 0 && p < float64(dims[i])) {
			return 0
		}
		at = at*dims[i] + int(p)
	}
	return x[at]
}
