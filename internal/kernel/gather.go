package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// A gather computes, for every point of a grid of outputs, a combination of the
// inputs around it. A forward pass is one; an input gradient is one for every
// combination of remainders by the strides.
type gather struct {
	batch    int
	axes     [3]axis
	in       []Input
	x0, k    int // the first channel that is read, and how many are
	n        int // channels of an output
	panels   []panel
	slope    float32
	winograd *winograd // nil for the definition
}

// A panel is a run of output channels, at most as many as a tile is wide: their
// weights, in the order in which tiles read them, and where they go.
type panel struct {
	w        []float32 // [taps][input channels][width]
	n, width int       // how many they are, and the distance of rows of w
	bias     []float32 // of n, or nil
	y        []float32
	yc, y0   int // y's channels, and the first of these
	channel  int // the first of these among all outputs, side by side
	add      bool
}

// run computes y.
func (g *gather) run() {
	if len(g.panels) == 0 {
		return
	}
	if g.winograd != nil {
		g.runWinograd(g.winograd)
		return
	}
	if g.folds() {
		g.runFolded()
		return
	}
	g.axes[0].clip()
	g.axes[1].clip()
	if size, ok := g.projects(); ok {
		g.runProjected(size)
		return
	}
	size := g.blockSize()
	parts := 0
	g.eachBlock(size, func(tasks int) int {
		parts = g.panelParts(tasks)
		return parts
	}, func(r *runner, image int, lo, n [3]int, part int) {
		g.block(r, image, lo, n, g.panelsOf(part, parts))
	})
}

// eachBlock calls f for every block of the grid of outputs, in as many parts as
// parts says of so many blocks.
func (g *gather) eachBlock(size [3]int, parts func(blocks int) int, f func(r *runner, image int, lo, n [3]int, part int)) {
	var blocks [3]int
	for a := range blocks {
		blocks[a] = (g.axes[a].n + size[a] - 1) / size[a]
	}
	tasks := g.batch * volume(blocks)
	each := parts(tasks)
	parallel.For(tasks*each, 1, func(task, _ int) {
		r := newRunner()
		defer r.free()
		var lo, n [3]int
		for a, at := range unravel(task/each%volume(blocks), blocks) {
			lo[a] = at * size[a]
			n[a] = min(size[a], g.axes[a].n-lo[a])
		}
		f(r, task/each/volume(blocks), lo, n, task%each)
	})
}

// block computes n outputs from lo on along each axis, in strips as wide as a
// tile is high. What a strip reads lies in the first cache.
func (g *gather) block(r *runner, image int, lo, n [3]int, panels []panel) {
	v, whole := g.direct(image, lo, n)
	if part, _ := g.alone(); !whole && (part == nil || g.copies()) {
		v, whole = g.view(image, lo, n), true
		defer release(v.copied)
	}
	if whole && (n[0]*n[1] == 1 || g.copies()) {
		g.strip(r, &v, image, lo, n, panels)
		return
	}
	blocks, rows, larger := split(n[2], g.stripRows())
	for i := range blocks {
		n[2] = rows
		if i < larger {
			n[2]++
		}
		if whole {
			g.strip(r, &v, image, lo, n, panels)
		} else { // only the strips at the edges are copied
			v := g.view(image, lo, n)
			g.strip(r, &v, image, lo, n, panels)
			release(v.copied)
		}
		lo[2] += n[2]
	}
}

// copies tells whether tiles go along whole rows, of blocks that are copied where
// they read padding: what a row of outputs reads is so short that it stays in the
// first cache. So it is in first layers, whose tiles of few products would take
// less time than finding the strip below. It was not measured for AVX-512.
func (g *gather) copies() bool {
	const short = 1 << 11 // floats
	_, width := g.axes[2].region(0, g.axes[2].n)
	return fast.rows[2] > 0 && len(g.axes[0].taps)*len(g.axes[1].taps)*width*g.k <= short
}

// stripRows is how wide a strip is: what the highest tile takes, of panels as
// wide as ours.
func (g *gather) stripRows() int {
	most := 0
	for i := range g.panels {
		_, rows := g.kernels((g.panels[i].n + fast.lanes - 1) / fast.lanes)
		most = max(most, rows)
	}
	return most
}

// kernels returns the tiles of strips so many vectors wide, and their most rows.
func (g *gather) kernels(vectors int) (kernels *[15]func(*tile), most int) {
	if g.triple() {
		t := &fast.triples.row
		return &t.kernels[vectors-1], t.rows[vectors-1]
	}
	return &fast.row[vectors-1], fast.rows[vectors-1]
}

// triple tells whether there are tiles that take all taps of width at once.
func (g *gather) triple() bool {
	a := &g.axes[2]
	return fast.triples != nil && len(a.taps) == 3 && a.merged() && a.step == 1
}

// strip computes n outputs from lo on along each axis, in tiles along the last.
func (g *gather) strip(r *runner, v *view, image int, lo, n [3]int, panels []panel) {
	ax := &g.axes
	along := n[2] > g.stripRows()
	for i := range panels {
		p := &panels[i]
		kernels, most := g.kernels(g.prepare(r, p, ax[2].every))
		blocks, rows, larger := split(n[2], most)
		r.am, r.ak = ax[2].step*v.pixel*elem, elem
		read := [4]int{} // the taps in the list
		for d := lo[0]; d < lo[0]+n[0]; d++ {
			d0, d1 := ax[0].reads(d)
			down := 1 // tiles in a call
			for h := lo[1]; h < lo[1]+n[1]; h += down {
				h0, h1 := ax[1].reads(h)
				if these := [4]int{d0, d1, h0, h1}; these != read {
					read = these
					g.listSegments(r, v, d0, d1, h0, h1)
					if !along { // seldom, for a division takes as long as some products
						g.spreadRow(r, v, lo[2], n[2], blocks)
					}
				}
				at := v.at(d*ax[0].step+ax[0].taps[d0].offset, h*ax[1].step+ax[1].taps[h0].offset, lo[2]*ax[2].step+ax[2].taps[0].offset)
				to := g.output(image, d, h, lo[2])*p.yc + p.y0
				if !along {
					g.prefetch(r, v, d, h+1, lo[2])
				}
				if !along && blocks == 1 && g.triple() {
					down = g.alike(h, min(lo[1]+n[1], h+tripleSteps/(len(r.list)*r.k)))
					r.count, r.aNext, r.cNext, r.from = down, ax[1].step*v.row*elem, r.ahead, r.next
				}
				for j := range blocks {
					m := rows
					if j < larger {
						m++
					}
					r.a, r.c = unsafe.Pointer(&v.data[at]), unsafe.Pointer(&p.y[to])
					if along {
						r.prefetchAlong(m)
						if j == 0 || j == larger {
							r.pace, r.paceC = paceOf(m*r.am, len(r.list)*r.k), paceOf(m*r.cm, len(r.list)*r.k)
						}
					}
					r.call(kernels[m])
					at += m * r.am / elem
					to += m * r.cm / elem
				}
			}
		}
	}
}

// alike is how many outputs of height from lo on, before hi, read by the same taps;
// at least one.
func (g *gather) alike(lo, hi int) int {
	h0, h1 := g.axes[1].reads(lo)
	n := 1
	for ; lo+n < hi; n++ {
		if a, b := g.axes[1].reads(lo + n); a != h0 || b != h1 {
			break
		}
	}
	return n
}

// prefetchAlong asks for what a later tile of m rows, along a row of outputs,
// will write, and sets where what it will read begins.
func (r *runner) prefetchAlong(m int) {
	const later = 4 // tiles: a short one is done before memory has answered
	r.next = uintptr(r.a) + uintptr(later*m*r.am)
	r.ahead = later * m * r.cm
}

// prefetch asks for the row that outputs (d, h) from w on will read and those above
// them did not, in the deepest of the planes.
func (g *gather) prefetch(r *runner, v *view, d, h, w int) {
	ax := &g.axes
	_, d1 := ax[0].reads(d)
	from, _ := ax[2].region(w, 1)
	first := v.at(d*ax[0].step+ax[0].taps[d1-1].offset, h*ax[1].step+ax[1].taps[len(ax[1].taps)-1].offset, from)
	r.next = uintptr(unsafe.Pointer(unsafe.SliceData(v.data))) + uintptr(first*elem)
}

// spreadRow spreads what prefetch asks for, for n outputs from w on, over the
// products of so many tiles, and has triples ask for the row of outputs below.
func (g *gather) spreadRow(r *runner, v *view, w, n, tiles int) {
	steps := len(r.list) * r.k
	_, count := g.axes[2].region(w, n)
	r.pace = paceOf(count*v.pixel*elem, tiles*steps)
	if g.triple() {
		r.ahead, r.paceC = g.axes[2].out*g.axes[1].every*r.cm/g.axes[2].every, paceOf(n*r.cm, tiles*steps)
	}
}

// listSegments lists the products with the taps [d0, d1) of depth, [h0, h1) of
// height and all of width, relative to the first.
func (g *gather) listSegments(r *runner, v *view, d0, d1, h0, h1 int) {
	d, h, w := g.axes[0].taps, g.axes[1].taps, g.axes[2].taps
	r.k = g.k
	size := r.k * r.bk // of a tap's weights
	switch {
	case g.triple():
		r.tap = size
		size *= len(w)
		w = w[:1]
	case g.axes[2].merged() && v.pixel == g.k:
		r.k *= len(w)
		size *= len(w)
		w = w[:1]
	}
	r.list = r.list[:0]
	for i := d0; i < d1; i++ {
		for j := h0; j < h1; j++ {
			for k := range w {
				r.list = append(r.list, segment{
					(((d[i].offset-d[d0].offset)*v.rows+h[j].offset-h[h0].offset)*v.row + (w[k].offset-w[0].offset)*v.pixel) * elem,
					((i*len(h)+j)*len(w) + k) * size,
				})
			}
		}
	}
}

// prepare sets what r's tiles take from a panel, whose outputs lie so many
// pixels apart, and returns how many vectors wide it is.
func (g *gather) prepare(r *runner, p *panel, every int) (vectors int) {
	r.slope, r.flags = g.slope, 0
	if p.width%fast.lanes == 0 {
		r.flags = tilePadded
	}
	if p.add {
		r.flags |= tileAdd
	}
	if g.slope != 1 {
		r.flags |= tileLeaky
	}
	r.pace, r.ahead = 0, 0
	r.bias = unsafe.Pointer(&zeros)
	if p.bias != nil {
		r.bias = unsafe.Pointer(&p.bias[0])
	}
	r.b, r.bk, r.cm = unsafe.Pointer(&p.w[0]), p.width*elem, every*p.yc*elem
	return r.columns(p.n, fast.lanes)
}

// output is the place of an output among y's pixels.
func (g *gather) output(image, d, h, w int) int {
	at := image
	for a, j := range [3]int{d, h, w} {
		at = at*g.axes[a].out + g.axes[a].first + j*g.axes[a].every
	}
	return at
}

// tapCount is the number of taps that meet the input.
func (g *gather) tapCount() int {
	return len(g.axes[0].taps) * len(g.axes[1].taps) * len(g.axes[2].taps)
}
