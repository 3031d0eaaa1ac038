package kernel

import "github.com/sshn-go/sshn/internal/parallel"

// A view is what a block reads: a part of x where that can be, or else a copy
// with the padding.
type view struct {
	data             []float32
	from             [3]int    // what data begins with
	pixel, row, rows int       // elements of a pixel and of a row, rows of a plane
	copied           []float32 // to be released
}

// at is the place of an element of the input, with its padding.
func (v *view) at(d, h, w int) int {
	return ((d-v.from[0])*v.rows+h-v.from[1])*v.row + (w-v.from[2])*v.pixel
}

// view returns what n outputs from lo on along each axis read; with padding,
// except along clipped axes.
func (g *gather) view(image int, lo, n [3]int) view {
	if v, ok := g.direct(image, lo, n); ok {
		return v
	}
	v := view{pixel: g.k}
	var count [3]int
	for a := range count {
		v.from[a], count[a] = g.axes[a].region(lo[a], n[a])
	}
	v.row, v.rows = count[2]*g.k, count[1]
	v.copied = parallel.Scratch(count[0] * count[1] * v.row)
	v.data = v.copied
	for i := range count[0] * count[1] {
		g.copyRow(v.data[i*v.row:][:v.row], image, v.from[0]+i/count[1], v.from[1]+i%count[1], v.from[2])
	}
	return v
}

// direct returns the view that is a part of x, if there is one.
func (g *gather) direct(image int, lo, n [3]int) (v view, ok bool) {
	part, first := g.alone()
	if part == nil {
		return v, false
	}
	var from [3]int
	for a := range from {
		var count int
		from[a], count = g.axes[a].region(lo[a], n[a])
		if from[a] < 0 || from[a]+count > g.axes[a].in {
			return v, false
		}
	}
	v = g.whole(image, part, first)
	v.data, v.from = v.data[v.at(from[0], from[1], from[2]):], from
	return v, true
}

// whole is a view of all of an image.
func (g *gather) whole(image int, part *Input, first int) view {
	row, rows := g.axes[2].in*part.C, g.axes[1].in
	return view{data: part.X[image*g.axes[0].in*rows*row+first:], pixel: part.C, row: row, rows: rows}
}

// alone returns the input that holds all channels that are read, if there is one
// and it is there to be read, and the first of them in it.
func (g *gather) alone() (*Input, int) {
	first := g.x0
	for i := range g.in {
		p := &g.in[i]
		if first < p.C {
			if first+g.k <= p.C && p.From == nil {
				return p, first
			}
			return nil, 0
		}
		first -= p.C
	}
	return nil, 0
}

// copyRow copies the inputs of row (d, h) from w on, zeros where there are none.
func (g *gather) copyRow(to []float32, image, d, h, w int) {
	in := g.axes[2].in
	count := len(to) / g.k
	lo, hi := min(max(0, -w), count), max(0, min(count, in-w))
	if d < 0 || d >= g.axes[0].in || h < 0 || h >= g.axes[1].in || lo >= hi {
		clear(to)
		return
	}
	clear(to[:lo*g.k])
	clear(to[hi*g.k:])
	to = to[lo*g.k : hi*g.k]
	at := ((image*g.axes[0].in+d)*g.axes[1].in+h)*in + w + lo
	first := -g.x0 // of the part, among the channels that are read
	for i := range g.in {
		p := &g.in[i]
		if a, b := max(0, first), min(g.k, first+p.C); a < b {
			if p.From != nil {
				p.From.Region(to[a:], g.k, p.X, image, [3]int{d, h, w + lo}, [3]int{1, 1, hi - lo})
			} else {
				copyChannels(to[a:], g.k, p.X[at*p.C+a-first:], p.C, b-a, hi-lo)
			}
		}
		first += p.C
	}
}

// copyChannels copies so many channels of so many pixels that lie as many
// elements apart.
func copyChannels(to []float32, toStride int, from []float32, fromStride, channels, pixels int) {
	if channels == toStride && channels == fromStride {
		copy(to[:pixels*channels], from)
		return
	}
	for i := range pixels {
		copy(to[i*toStride:][:channels], from[i*fromStride:])
	}
}
