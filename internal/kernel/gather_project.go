package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// Of a tile for few output channels most lanes are idle. There the lanes run
// over taps: each input is projected on all taps and channels at once, and an
// output is the sum of what its inputs became.

const projectFloats = 1 << 18 // of a block's projections: they stay in the second cache

// projects tells whether that takes less time, and in which blocks.
func (g *gather) projects() (size [3]int, ok bool) {
	for _, a := range g.axes {
		if a.step != 1 || a.every != 1 {
			return size, false
		}
	}
	if len(g.panels) > 1 || g.n >= fast.lanes {
		return size, false
	}
	taps := g.tapCount()
	vectors := (taps*g.n + fast.lanes - 1) / fast.lanes
	size = blockSize(&g.axes, vectors*fast.lanes, projectFloats, max(1, g.points()/tasksWanted), g.axes[2].n)
	inputs := 1
	for a, n := range size {
		_, count := g.axes[a].region(0, n)
		inputs *= count
	}
	const sum = 2 // what adding a vector takes, in products
	return size, 4*(g.k*vectors*inputs+sum*taps*volume(size)) < 3*g.k*taps*volume(size)
}

// runProjected computes y.
func (g *gather) runProjected(size [3]int) {
	p := &g.panels[0]
	columns := g.tapCount() * p.n
	width := roundUp(columns, fast.lanes)
	w := parallel.Scratch(g.k * width)
	defer parallel.Release(w)
	for t := range g.tapCount() {
		for i := range g.k {
			copy(w[i*width+t*p.n:], p.w[(t*g.k+i)*p.width:][:p.n])
		}
	}
	for i := range g.k {
		clear(w[i*width+columns : (i+1)*width])
	}
	g.eachBlock(size, func(int) int { return 1 }, func(r *runner, image int, lo, n [3]int, _ int) {
		g.projectBlock(r, image, lo, n, w, width)
	})
}

// projectBlock computes n outputs from lo on along each axis by the projection w
// [input channels][width].
func (g *gather) projectBlock(r *runner, image int, lo, n [3]int, w []float32, width int) {
	var from, count [3]int
	for a := range from {
		from[a], count[a] = g.axes[a].region(lo[a], n[a])
	}
	var v view
	lo2, hi2 := 0, count[2] // the inputs along a row that there are
	if part, first := g.alone(); part != nil {
		v = g.whole(image, part, first)
		lo2, hi2 = min(max(0, -from[2]), count[2]), max(0, min(count[2], g.axes[2].in-from[2]))
	} else {
		v = g.view(image, lo, n)
		defer release(v.copied)
	}
	projected := parallel.Scratch(volume(count) * width)
	defer parallel.Release(projected)
	for i := range count[0] * count[1] {
		d, h := from[0]+i/count[1], from[1]+i%count[1]
		row := projected[i*count[2]*width:][:count[2]*width]
		if lo2 >= hi2 || v.copied == nil && (d < 0 || d >= g.axes[0].in || h < 0 || h >= g.axes[1].in) {
			clear(row)
			continue
		}
		clear(row[:lo2*width])
		clear(row[hi2*width:])
		g.projectRow(r, row[lo2*width:hi2*width], v.data[v.at(d, h, from[2]+lo2):], v.pixel, w, width)
	}
	p := view{data: projected, from: from, pixel: width, row: count[2] * width, rows: count[1]}
	g.sumRows(r, &p, image, lo, n)
}

// projectRow sets y to the projections of a row of pixels of x.
func (g *gather) projectRow(r *runner, y, x []float32, pixel int, w []float32, width int) {
	r.list = append(r.list[:0], segment{})
	r.k, r.am, r.ak = g.k, pixel*elem, elem
	r.bk, r.cm = width*elem, width*elem
	r.flags, r.bias = 0, unsafe.Pointer(&zeros)
	blocks, rows, larger := split(len(y)/width, fast.rows[1])
	for i, at := 0, 0; i < blocks; i++ {
		m := rows
		if i < larger {
			m++
		}
		r.a = unsafe.Pointer(&x[at*pixel])
		for j := 0; j < width; j += 2 * fast.lanes {
			vectors := r.columns(min(2*fast.lanes, width-j), fast.lanes)
			r.b, r.c = unsafe.Pointer(&w[j]), unsafe.Pointer(&y[at*width+j])
			r.call(fast.row[vectors-1][m])
		}
		at += m
	}
}

// sumRows sums the projections of what each output reads.
func (g *gather) sumRows(r *runner, v *view, image int, lo, n [3]int) {
	ax, p := &g.axes, &g.panels[0]
	g.prepare(r, p, 1)
	r.am = v.pixel * elem
	for d := lo[0]; d < lo[0]+n[0]; d++ {
		d0, d1 := ax[0].reads(d)
		for h := lo[1]; h < lo[1]+n[1]; h++ {
			h0, h1 := ax[1].reads(h)
			base := v.at(d+ax[0].taps[d0].offset, h+ax[1].taps[h0].offset, lo[2]+ax[2].taps[0].offset)
			r.list = r.list[:0]
			for i := d0; i < d1; i++ {
				for j := h0; j < h1; j++ {
					for k, t := range ax[2].taps {
						at := v.at(d+ax[0].taps[i].offset, h+ax[1].taps[j].offset, lo[2]+t.offset) - base
						column := ((i*len(ax[1].taps)+j)*len(ax[2].taps) + k) * p.n
						r.list = append(r.list, segment{a: (at + column) * elem})
					}
				}
			}
			r.a = unsafe.Pointer(&v.data[base])
			r.c = unsafe.Pointer(&p.y[g.output(image, d, h, lo[2])*p.yc+p.y0])
			r.fold(n[2])
		}
	}
}
