package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// A winogradWeights is the pass of a weight gradient: for each point, products
// of the transformed input, transposed, and the spread gradient by y.
type winogradWeights struct {
	winogradPass
	gy   []gather // reads planes of the gradient by y
	each int      // elements of the sums from one point to the next
}

// weightGradWinograd computes gw, given how the input is read.
func (c *Conv) weightGradWinograd(g *gather, w *winograd, gw, gy []float32, add bool) {
	p := g.winogradWeights(w, Input{X: gy, C: c.Cout})
	blocks, chunks := p.blocks(), p.chunks(c)
	sums := gw
	if chunks > 1 {
		sums = parallel.Scratch(chunks * len(gw))
		defer parallel.Release(sums)
		clear(sums)
	} else if !add {
		clear(gw)
	}
	parallel.For(chunks, 1, func(i, _ int) {
		p.chunk(sums[i*len(gw):][:len(gw)], i*blocks/chunks, (i+1)*blocks/chunks)
	})
	if chunks > 1 {
		addChunks(gw, sums, chunks, add)
	}
}

func (g *gather) winogradWeights(w *winograd, gy Input) winogradWeights {
	p := winogradWeights{
		winogradPass: winogradPass{winograd: w, strips: g.weightStrips(w.m), tiles: fastOrPlain(), g: g, in: g.planes(w.lanes)},
		gy:           []gather{{batch: g.batch, in: []Input{gy}, k: g.n}},
		each:         oddLines(g.k * g.n),
	}
	for a := range g.axes {
		p.gy[0].axes[a] = identity(g.axes[a].n)
	}
	return p
}

// weightStrips cuts the work into blocks, of which each of the chunks has about as
// many.
func (g *gather) weightStrips(m int) strips {
	chunks := g.weightChunks(m)
	s := g.strips(m, weightTiles, chunks)
	if s.cuts > chunks {
		s.cuts = min(s.count, roundUp(s.cuts, chunks))
	}
	return s
}

// chunks is how many sums are made, to be added at last.
func (p *winogradWeights) chunks(c *Conv) int {
	return max(1, min(p.blocks(), p.g.weightChunks(p.m), weightMemory/max(1, c.weights())))
}

// weightChunks is how many there should be: two, or the greatest power of two for
// which each of them has chunkTiles tiles times as many. A chunk clears its sums,
// reads and writes them with each block, and transforms them at last, so that where
// there is little to do few workers do it sooner than many.
func (g *gather) weightChunks(m int) int {
	tiles := g.batch * g.axes[0].n * ((g.axes[1].n + m - 1) / m) * ((g.axes[2].n + m - 1) / m)
	c := 2
	for 2*c <= weightChunks && tiles >= chunkTiles*4*c*c {
		c *= 2
	}
	return c
}

// chunk adds to gw what the blocks of work from lo to hi give.
func (p *winogradWeights) chunk(gw []float32, lo, hi int) {
	r := newRunner()
	defer r.free()
	depth, most := len(p.g.axes[0].taps), p.most()
	half := parallel.Scratch(p.halfFloats())
	defer parallel.Release(half)
	x, y := newPlanes(p.winograd, depth, most, p.g.k), newPlanes(p.winograd, 1, most, p.g.n)
	defer parallel.Release(x.data)
	defer parallel.Release(y.data)
	sums := parallel.Scratch(depth * p.points() * p.each)
	defer parallel.Release(sums)
	clear(sums)
	for i := lo; i < hi; i++ {
		w := p.work(i)
		p.eachPlane(r, &x, half, w, func(d int, taps []int) {
			p.transform(&r.sandwich, p.spread, p.gy, y.data, &y, half, w, d)
			r.foreseen = foreseen{}
			if next, d, ok := p.after(i, d, hi); ok {
				p.foreseeInputs(&r.foreseen, next, d)
				p.foreseeReads(&r.foreseen, p.gy, next, d)
			}
			p.multiply(r, sums, &x, &y, taps, w.tiles())
		})
	}
	p.collect(&r.sandwich, gw, sums, half)
}

// multiply adds the products of all points and of some taps of the kernel's
// depth, whose planes of x r lists, to the sums: [depth][points][Cin][Cout].
func (p *winogradWeights) multiply(r *runner, sums []float32, x, y *planes, taps []int, tiles int) {
	k, n := p.g.k, p.g.n
	planes := r.list
	r.list = zeroSegment[:]
	r.k, r.am, r.ak, r.bk, r.cm = tiles, elem, x.channels*elem, y.channels*elem, n*elem
	r.flags, r.bias = tileAdd, unsafe.Pointer(&zeros)
	r.foreseen.spread(p.points() * len(taps) * p.tiles.calls(k, n) * tiles)
	width := 0
	for point := range p.points() {
		for i, tap := range taps {
			a := x.data[planes[i].a/elem+point*x.point:]
			c := sums[(tap*p.points()+point)*p.each:][:k*n]
			for j := 0; j < n; j += width {
				width = p.tiles.cut(n-j, manyProducts)
				vectors := r.columns(width, p.lanes)
				r.a, r.b, r.c = unsafe.Pointer(&a[0]), unsafe.Pointer(&y.data[point*y.point+j]), unsafe.Pointer(&c[j])
				r.rows(&p.tiles.column[vectors-1], p.tiles.rows[vectors-1], k)
			}
		}
	}
	r.list = planes
}

var zeroSegment [1]segment

// collect transforms the sums and adds them to gw.
func (p *winogradWeights) collect(s *sandwich, gw, sums, half []float32) {
	size := p.g.k * p.g.n
	*s = sandwich{
		half:    unsafe.Pointer(&half[0]),
		fromRow: (p.m + 2) * p.each * elem, fromColumn: p.each * elem, fromStep: p.lanes * elem,
		toRow: 3 * size * elem, toColumn: size * elem, toStep: p.lanes * elem,
	}
	for i, t := range p.g.axes[0].taps {
		to, from := gw[t.index*9*size:][:9*size], sums[i*p.points()*p.each:]
		const some = 256 // vectors at a time, so that a call is short
		for at := 0; at < size; at += s.count * p.lanes {
			s.count = max(1, min(some, (size-at)/p.lanes))
			s.channels(min(p.lanes, size-at))
			s.from, s.to = unsafe.Pointer(&from[at]), unsafe.Pointer(&to[at])
			p.weightGrad(s)
		}
	}
}
