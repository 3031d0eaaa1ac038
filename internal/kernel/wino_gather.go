package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// winogradable tells whether an F(m x m, 3x3) can compute g: along the last two
// axes three neighbouring taps that move by one, along the first any number of
// them.
func (g *gather) winogradable() bool {
	for a := range g.axes {
		x := &g.axes[a]
		if x.step != 1 || x.every != 1 || x.first != 0 || !x.merged() || a > 0 && len(x.taps) != 3 {
			return false
		}
	}
	// Every plane of outputs must read some plane of inputs.
	depth := &g.axes[0]
	first, last := depth.taps[0].offset, depth.taps[len(depth.taps)-1].offset
	return last >= 0 && depth.n-1+first < depth.in
}

// A strips is how a Winograd pass cuts its work. A strip is a row of blocks of
// m x m outputs in one plane of one image, or a part of a row. A block of work
// is some consecutive strips of a stack. If the kernel has depth, a stack is one
// plane, and the block goes through the planes from one to another, keeping as
// many transformed planes of inputs as the kernel is deep; else all strips of
// the batch make one stack, without depth.
type strips struct {
	side         int    // m
	n            [3]int // outputs
	deep         bool
	stacks       int
	rows, across int // strips of a plane; blocks of m x m in a row
	count        int // strips of a stack
	parts        int // of a row
	some         int // strips of a block of work
	layers       int // pieces of the depth
}

const (
	winogradTiles = 56 // of a block of work: the products' panels are read once for so many
	weightTiles   = 96 // of one of a weight gradient: products in one element of the sums
	winogradDepth = 24 // planes of a block of work
)

// strips cuts the work for F(m x m, 3x3) into blocks of about most tiles.
func (g *gather) strips(m, most int) strips {
	s := strips{side: m, stacks: 1, parts: 1, layers: 1}
	for a := range s.n {
		s.n[a] = g.axes[a].n
	}
	depth := &g.axes[0]
	s.deep = len(depth.taps) > 1 || depth.taps[0].offset != 0 || depth.in != depth.n
	s.rows, s.across = (s.n[1]+m-1)/m, (s.n[2]+m-1)/m
	s.count = s.rows
	tiles := g.batch * s.n[0] * s.rows * s.across
	if s.deep {
		s.stacks = g.batch
		s.layers = (s.n[0] + winogradDepth - 1) / winogradDepth
	} else {
		s.count *= g.batch * s.n[0]
	}
	most = max(most/4, min(most, tiles/(tasksWanted/2)))
	s.parts = (s.across + most - 1) / most
	if s.across < 2*most {
		s.parts = 1
	}
	s.some = max(1, most*s.parts/s.across)
	blocks := (s.count + s.some - 1) / s.some
	s.some = (s.count + blocks - 1) / blocks
	return s
}

// blocks is the number of blocks of work.
func (s *strips) blocks() int {
	return s.stacks * ((s.count + s.some - 1) / s.some) * s.layers * s.parts
}

// A work is a block of it: strips from lo to hi of a stack, blocks of m x m from
// left to right in a row, planes from top to bottom.
type work struct{ stack, lo, hi, left, right, top, bottom int }

func (s *strips) work(i int) work {
	var w work
	part := i % s.parts
	i /= s.parts
	layer := i % s.layers
	i /= s.layers
	blocks := (s.count + s.some - 1) / s.some
	w.stack = i / blocks
	w.lo = i % blocks * s.some
	w.hi = min(s.count, w.lo+s.some)
	w.left, w.right = part*s.across/s.parts, (part+1)*s.across/s.parts
	w.bottom = 1
	if s.deep {
		w.top, w.bottom = layer*s.n[0]/s.layers, (layer+1)*s.n[0]/s.layers
	}
	return w
}

func (w *work) tiles() int { return (w.hi - w.lo) * (w.right - w.left) }

// place returns the image, the plane and the row of blocks of a strip.
func (s *strips) place(stack, strip, plane int) (image, d, row int) {
	if s.deep {
		return stack, plane, strip
	}
	p := strip / s.rows
	return p / s.n[0], p % s.n[0], strip % s.rows
}

// A planes is a set of transformed planes of one block of work, each
// [points][tiles][channels].
type planes struct {
	data                   []float32
	channels, point, plane int // of a tile, rounded up to vectors; elements of a point and of a plane
}

func newPlanes(w *winograd, n, tiles, channels int) planes {
	p := planes{channels: roundUp(channels, w.lanes)}
	p.point = oddLines(tiles * p.channels)
	p.plane = w.points() * p.point
	p.data = parallel.Scratch(n * p.plane)
	return p
}

// A winogradPass is what the tasks of a pass share.
type winogradPass struct {
	*winograd
	strips
	tiles *tileKernels
	g     *gather
	in    gather    // reads planes of the input one by one
	width int       // of all panels
	u     []float32 // the transformed weights, [points][panels][depth][input channels][width]
	point int       // elements of u from one point to the next
}

// runWinograd computes y.
func (g *gather) runWinograd(w *winograd) {
	p := winogradPass{winograd: w, strips: g.strips(w.m, winogradTiles), tiles: fastOrPlain(), g: g, in: *g}
	p.in.axes[0] = identity(g.axes[0].in)
	p.transformWeights()
	defer parallel.Release(p.u)
	parallel.For(p.blocks(), 1, func(i, _ int) { p.run(p.work(i)) })
}

// identity is an axis of n outputs that are the inputs.
func identity(n int) axis {
	return axis{in: n, step: 1, n: n, out: n, every: 1, taps: oneTap[:]}
}

var oneTap [1]tap

func (p *winogradPass) transformWeights() {
	g, depth := p.g, len(p.g.axes[0].taps)
	for i := range g.panels {
		p.width += g.panels[i].width
	}
	p.point = oddLines(depth * g.k * p.width)
	p.u = parallel.Scratch(p.points() * p.point)
	at := 0
	for i := range g.panels {
		each := g.k * g.panels[i].width
		for d := range depth {
			p.transformTaps(p.u[at:], g.panels[i].w[d*9*each:][:9*each])
			at += each
		}
	}
}

// transformTaps transforms the weights of 3 x 3 taps.
func (p *winogradPass) transformTaps(to, from []float32) {
	const piece = 1 << 9 // elements of a tap
	each := len(from) / 9
	parallel.For(each, piece, func(lo, hi int) {
		r := newRunner()
		defer r.free()
		half := parallel.Scratch(p.halfFloats())
		defer parallel.Release(half)
		r.sandwich = sandwich{
			from: unsafe.Pointer(&from[lo]), fromRow: 3 * each * elem, fromColumn: each * elem, fromStep: p.lanes * elem,
			to: unsafe.Pointer(&to[lo]), toRow: (p.m + 2) * p.point * elem, toColumn: p.point * elem, toStep: p.lanes * elem,
			count: (hi - lo) / p.lanes, half: unsafe.Pointer(&half[0]),
		}
		r.sandwich.channels(p.lanes)
		p.weight(&r.sandwich)
	})
}

// run computes a block of work.
func (p *winogradPass) run(w work) {
	r := newRunner()
	defer r.free()
	half := parallel.Scratch(p.halfFloats())
	defer parallel.Release(half)
	v := newPlanes(p.winograd, len(p.g.axes[0].taps), w.tiles(), p.g.k)
	defer parallel.Release(v.data)
	m := newPlanes(p.winograd, 1, w.tiles(), p.width)
	defer parallel.Release(m.data)
	p.eachPlane(r, &v, half, w, func(d int, taps []int) {
		p.prefetchOutput(r, w, d)
		p.multiply(r, &v, &m, taps, w.tiles())
		p.transformOutput(&r.sandwich, &m, half, w, d)
	})
}

// eachPlane calls f for each plane of the outputs of w, when the planes of the
// input that it reads are transformed: r lists them, taps the kernel's by which
// they are read.
func (p *winogradPass) eachPlane(r *runner, v *planes, half []float32, w work, f func(d int, taps []int)) {
	depth := &p.g.axes[0]
	if !p.deep {
		p.transform(&r.sandwich, p.input, &p.in, v.data, v, half, w, 0)
		r.list = append(r.list[:0], segment{})
		f(0, zeroTap[:])
		return
	}
	next := 0 // plane of the input that was not transformed yet
	var held [8]int
	for d := w.top; d < w.bottom; d++ {
		taps := held[:0]
		r.list = r.list[:0]
		for i, t := range depth.taps {
			at := d + t.offset
			if at < 0 || at >= depth.in {
				continue
			}
			slot := at % len(depth.taps)
			if next = max(next, at); next == at {
				p.transform(&r.sandwich, p.input, &p.in, v.data[slot*v.plane:], v, half, w, at)
				next++
			}
			r.list = append(r.list, segment{a: slot * v.plane * elem})
			taps = append(taps, i)
		}
		f(d, taps)
	}
}

var zeroTap [1]int

// wideRows is how many blocks make a row long enough for its middle to be read
// where it lies: only blocks at the edges have to be copied for their padding.
const wideRows = 16

// transform transforms the blocks of a plane that in reads.
func (p *winogradPass) transform(s *sandwich, f func(*sandwich), in *gather, to []float32, v *planes, half []float32, w work, plane int) {
	*s = sandwich{
		half:  unsafe.Pointer(&half[0]),
		toRow: (p.m + 2) * v.point * elem, toColumn: v.point * elem, toStep: v.channels * elem,
	}
	across := w.right - w.left
	part, _ := in.alone()
	p.eachRun(w, plane, func(image, d, row, rows, tile int) {
		to := to[tile*v.channels:]
		if part == nil || across < wideRows {
			p.transformBlocks(s, f, in, to, v.channels, image, d, row, rows, w.left, across)
			return
		}
		for i := range rows {
			to := to[i*across*v.channels:]
			p.transformBlocks(s, f, in, to, v.channels, image, d, row+i, 1, w.left, 1)
			p.transformBlocks(s, f, in, to[v.channels:], v.channels, image, d, row+i, 1, w.left+1, across-2)
			p.transformBlocks(s, f, in, to[(across-1)*v.channels:], v.channels, image, d, row+i, 1, w.right-1, 1)
		}
	})
}

// transformBlocks transforms some rows of blocks, from left on, to places side by side.
func (p *winogradPass) transformBlocks(s *sandwich, f func(*sandwich), in *gather, to []float32, channels, image, d, row, rows, left, across int) {
	x := in.view(image, [3]int{d, row * p.m, left * p.m}, [3]int{1, rows * p.m, across * p.m})
	defer release(x.copied)
	s.fromRow, s.fromColumn, s.fromStep = x.row*elem, x.pixel*elem, p.m*x.pixel*elem
	for i := range rows {
		for j := 0; j < in.k; j += p.lanes {
			s.channels(min(p.lanes, in.k-j))
			for at := 0; at < across; at += halfBlocks {
				s.count = min(halfBlocks, across-at)
				s.from = unsafe.Pointer(&x.data[i*p.m*x.row+at*p.m*x.pixel+j])
				s.to = unsafe.Pointer(&to[(i*across+at)*channels+j])
				f(s)
			}
		}
	}
}

// eachRun calls f for the rows of blocks of w, those of one plane together.
func (s *strips) eachRun(w work, plane int, f func(image, d, row, rows, tile int)) {
	for strip := w.lo; strip < w.hi; {
		image, d, row := s.place(w.stack, strip, plane)
		rows := min(w.hi-strip, s.rows-row)
		f(image, d, row, rows, (strip-w.lo)*(w.right-w.left))
		strip += rows
	}
}

// prefetchOutput has the products ask for what will be written after them, some
// lines in each: the writes would wait for memory.
func (p *winogradPass) prefetchOutput(r *runner, w work, plane int) {
	r.lines = 0
	if p.parts > 1 {
		return
	}
	panel := &p.g.panels[0]
	place := func(strip int) int {
		image, d, row := p.place(w.stack, strip, plane)
		return p.g.output(image, d, row*p.m, 0) * panel.yc
	}
	from, to := place(w.lo), min(len(panel.y), place(w.hi-1)+p.m*p.n[2]*panel.yc)
	products := p.points() * len(p.g.panels) * (w.tiles() + p.tiles.rows - 1) / p.tiles.rows * len(r.list)
	r.next = uintptr(unsafe.Pointer(&panel.y[from]))
	r.lines = ((to-from)*elem/64 + products - 1) / products
}

// multiply computes the products of all points: r has the segments of the input,
// and the taps of the kernel's depth as those of the weights.
func (p *winogradPass) multiply(r *runner, v, m *planes, taps []int, tiles int) {
	g := p.g
	r.k = g.k
	r.am, r.ak, r.cm = v.channels*elem, elem, m.channels*elem
	r.flags, r.bias = 0, unsafe.Pointer(&zeros)
	blocks, rows, larger := split(tiles, p.tiles.rows)
	for point := range p.points() {
		column := 0
		for i := range g.panels {
			width := g.panels[i].width
			vectors := r.columns(width, p.lanes)
			for s := range r.list {
				r.list[s].b = taps[s] * g.k * width * elem
			}
			r.bk = width * elem
			r.b = unsafe.Pointer(&p.u[point*p.point+column*g.k*len(g.axes[0].taps)])
			for b, at := 0, 0; b < blocks; b++ {
				height := rows
				if b < larger {
					height++
				}
				r.a = unsafe.Pointer(&v.data[point*v.point+at*v.channels])
				r.c = unsafe.Pointer(&m.data[point*m.point+at*m.channels+column])
				r.call(p.tiles.row[vectors-1][height])
				at += height
			}
			column += width
		}
	}
}

// transformOutput transforms the sums of a plane and writes the outputs.
func (p *winogradPass) transformOutput(s *sandwich, m *planes, half []float32, w work, plane int) {
	*s = sandwich{
		half:    unsafe.Pointer(&half[0]),
		fromRow: (p.m + 2) * m.point * elem, fromColumn: m.point * elem, fromStep: m.channels * elem,
		slope: p.g.slope,
	}
	p.eachRun(w, plane, func(image, d, row, rows, tile int) {
		for i := range rows {
			s.rows = min(p.m, p.n[1]-(row+i)*p.m)
			y := p.g.output(image, d, (row+i)*p.m, w.left*p.m)
			from := m.data[(tile+i*(w.right-w.left))*m.channels:]
			for j := range p.g.panels {
				panel := &p.g.panels[j]
				p.writeOutput(s, panel, m.channels, from, panel.y[y*panel.yc+panel.y0:], w)
				from = from[panel.width:]
			}
		}
	})
}

// writeOutput writes a row of blocks to a panel's tensor.
func (p *winogradPass) writeOutput(s *sandwich, panel *panel, channels int, from, y []float32, w work) {
	flags := 0
	if panel.add {
		flags = tileAdd
	}
	if s.slope != 1 {
		flags |= tileLeaky
	}
	s.toRow, s.toColumn, s.toStep = p.g.axes[2].out*panel.yc*elem, panel.yc*elem, p.m*panel.yc*elem
	across := w.right - w.left
	whole := min(across, p.n[2]/p.m-w.left)
	for j := 0; j < panel.n; j += p.lanes {
		s.channels(min(p.lanes, panel.n-j))
		s.bias = unsafe.Pointer(&zeros)
		if panel.bias != nil {
			s.bias = unsafe.Pointer(&panel.bias[j])
		}
		if whole > 0 {
			s.count, s.columns, s.flags = whole, p.m, flags
			s.from, s.to = unsafe.Pointer(&from[j]), unsafe.Pointer(&y[j])
			p.output(s)
		}
		if whole < across {
			s.count, s.columns, s.flags = 1, p.n[2]%p.m, flags|tilePartial
			s.from, s.to = unsafe.Pointer(&from[whole*channels+j]), unsafe.Pointer(&y[whole*p.m*panel.yc+j])
			p.output(s)
		}
	}
}
