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

// A winogradPass is what the tasks of a pass share.
type winogradPass struct {
	*winograd
	strips
	tiles *tileKernels
	g     *gather
	in    []gather  // read planes of the input one by one, each some of its channels
	width int       // of all panels
	u     []float32 // the transformed weights, [points][panels][depth][input channels][width]
	point int       // elements of u from one point to the next
}

// runWinograd computes y.
func (g *gather) runWinograd(w *winograd) {
	p := g.winogradPass(w)
	p.transformWeights()
	defer parallel.Release(p.u)
	const tasks = 4 * tasksWanted // enough for many workers: only within a task it is known which block is next
	parallel.For(p.blocks(), max(1, p.blocks()/tasks), p.run)
}

func (g *gather) winogradPass(w *winograd) winogradPass {
	return winogradPass{winograd: w, strips: g.strips(w.m, winogradTiles, tasksWanted/2), tiles: fastOrPlain(), g: g, in: g.planes(w.lanes)}
}

// planes returns what reads the planes of the input one by one: a gather for
// each of several inputs, so that none is copied that can be read where it lies,
// if no vector of channels holds those of two.
func (g *gather) planes(lanes int) (each []gather) {
	all := *g
	all.axes[0] = identity(g.axes[0].in)
	first := -g.x0 // of the input, among the channels that are read
	for i := range g.in {
		lo, hi := max(0, first), min(g.k, first+g.in[i].C)
		if lo < hi {
			if lo%lanes != 0 {
				return []gather{all}
			}
			one := all
			one.in, one.x0, one.k = g.in[i:i+1], lo-first, hi-lo
			each = append(each, one)
		}
		first += g.in[i].C
	}
	return each
}

// identity is an axis of n outputs that are the inputs.
func identity(n int) axis {
	return axis{in: n, step: 1, n: n, out: n, every: 1, taps: oneTap[:]}
}

var oneTap [1]tap

func (p *winogradPass) transformWeights() {
	g, depth := p.g, len(p.g.axes[0].taps)
	p.measure()
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

// measure sets how large the transformed weights are.
func (p *winogradPass) measure() {
	for i := range p.g.panels {
		p.width += p.g.panels[i].width
	}
	p.point = oddLines(len(p.g.axes[0].taps) * p.g.k * p.width)
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

// run computes the blocks of work from lo to hi.
func (p *winogradPass) run(lo, hi int) {
	r := newRunner()
	defer r.free()
	half := parallel.Scratch(p.halfFloats())
	defer parallel.Release(half)
	v := newPlanes(p.winograd, len(p.g.axes[0].taps), p.most(), p.g.k)
	defer parallel.Release(v.data)
	m := newPlanes(p.winograd, 1, p.most(), p.width)
	defer parallel.Release(m.data)
	for i := lo; i < hi; i++ {
		w := p.work(i)
		p.eachPlane(r, &v, half, w, func(d int, taps []int) {
			r.foreseen = foreseen{}
			p.foreseeOutputs(&r.foreseen, w, d)
			if next, d, ok := p.after(i, d, hi); ok {
				p.foreseeInputs(&r.foreseen, next, d)
			}
			p.multiply(r, &v, &m, taps, w.tiles())
			p.transformOutput(&r.sandwich, &m, half, w, d)
		})
	}
}

// eachPlane calls f for each plane of the outputs of w, when the planes of the
// input that it reads are transformed: r lists them, taps the kernel's by which
// they are read.
func (p *winogradPass) eachPlane(r *runner, v *planes, half []float32, w work, f func(d int, taps []int)) {
	depth := &p.g.axes[0]
	if !p.deep {
		p.transform(&r.sandwich, p.input, p.in, v.data, v, half, w, 0)
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
				p.transform(&r.sandwich, p.input, p.in, v.data[slot*v.plane:], v, half, w, at)
				next++
			}
			r.list = append(r.list, segment{a: slot * v.plane * elem})
			taps = append(taps, i)
		}
		f(d, taps)
	}
}

var zeroTap [1]int

// multiply computes the products of all points: r has the segments of the input,
// and the taps of the kernel's depth as those of the weights.
func (p *winogradPass) multiply(r *runner, v, m *planes, taps []int, tiles int) {
	g := p.g
	r.k = g.k
	r.am, r.ak, r.cm = v.channels*elem, elem, m.channels*elem
	r.flags, r.bias = 0, unsafe.Pointer(&zeros)
	r.foreseen.spread(p.points() * p.tiles.calls(tiles, p.width) * len(r.list) * r.k)
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
			r.a = unsafe.Pointer(&v.data[point*v.point])
			r.c = unsafe.Pointer(&m.data[point*m.point+column])
			r.rows(&p.tiles.row[vectors-1], p.tiles.rows[vectors-1], tiles)
			column += width
		}
	}
}
