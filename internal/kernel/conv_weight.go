package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

const (
	weightFloats = 1 << 14 // of a block's input: with the gradients beside it, it is read again and again
	weightPixels = 1 << 9  // of a chunk, at least, for its sums have to be added to the others'
	weightWork   = 1 << 20 // multiply-adds of a chunk, at least
	weightChunks = 16
	weightMemory = 4 << 20 // floats for the sums of all chunks
)

// A weightGrad holds what the tasks of a weight gradient share. In its tiles m
// runs over a row of taps and input channels, which are neighbours in the input
// as in w, and k over pixels: nothing is transposed.
type weightGrad struct {
	*Conv
	gather                  // how the input is read
	gy, sums      []float32 // sums: a gradient of w for each chunk
	fresh         bool      // the sums are yet to be written
	size, blocks  [3]int
	images        int  // in a block
	chunks, parts int  // of the blocks; of the kernel: one, or each tap, or each three that triples take
	triples       bool // do the products
}

func (c *Conv) weightGradFast(gw []float32, x []Input, gy []float32, add bool) {
	var held [3][8]tap
	s := weightGrad{Conv: c, gy: gy}
	s.read(x, &held)
	if s.tapCount() < volume(c.Kernel) && !add { // those that never meet the input get nothing
		clear(gw)
		add = true
	}
	if s.tapCount() == 0 {
		return
	}
	if w := c.winograd(&s.gather, true); w != nil {
		c.weightGradWinograd(&s.gather, w, gw, gy, add)
		return
	}
	blocks := s.cut()
	s.sums, s.fresh = gw, !add
	if s.chunks > 1 {
		s.sums, s.fresh = parallel.Scratch(s.chunks*len(gw)), true
		defer parallel.Release(s.sums)
		if s.tapCount() < volume(c.Kernel) {
			clear(s.sums)
		}
	}
	parallel.For(s.chunks*s.parts, 1, func(task, _ int) {
		r := newRunner()
		defer r.free()
		chunk := task / s.parts
		r.flags = tileAdd
		if s.fresh {
			r.flags = 0
		}
		end := (chunk + 1) * blocks / s.chunks
		for b := chunk * blocks / s.chunks; b < end; b++ {
			r.foreseen = foreseen{}
			if b+1 < end {
				s.foresee(r, b+1)
			}
			for i := range c.Groups {
				s.block(r, b, i, task%s.parts, s.sums[chunk*len(gw):][:len(gw)])
			}
			r.flags = tileAdd
		}
	})
	if s.chunks > 1 {
		addChunks(gw, s.sums, s.chunks, add)
	}
}

// read sets how the input is read.
func (s *weightGrad) read(x []Input, held *[3][8]tap) {
	c := s.Conv
	s.gather = gather{batch: c.N, in: x, k: c.Cin / c.Groups, n: c.Cout / c.Groups}
	for a := range s.axes {
		s.axes[a] = c.forwardAxis(a, held[a][:0])
	}
}

// cut chooses the blocks, and the chunks and parts that they are shared out by. It
// returns how many blocks there are.
func (s *weightGrad) cut() (blocks int) {
	s.flatten()
	s.axes[0].clip()
	s.axes[1].clip()
	s.chunks = int(max(1, min(weightChunks, int64(weightMemory/s.weights()), int64(s.points()/weightPixels), s.MACs()/weightWork)))
	floats, width := weightFloats, s.axes[2].n
	if part, _ := s.gather.alone(); part == nil {
		floats, width = 4*weightFloats, s.copiedWidth()
	} else if s.triple() && s.skipsPadding() { // each call adds to three times as many sums
		floats *= 2
	}
	s.size = blockSize(&s.axes, s.k, floats, (s.points()+s.chunks-1)/s.chunks, width)
	blocks = 1
	for a := range s.blocks {
		s.blocks[a] = (s.axes[a].n + s.size[a] - 1) / s.size[a]
		blocks *= s.blocks[a]
	}
	s.images = 1
	if blocks == 1 && s.skipsPadding() {
		s.images = max(1, min(s.batch/s.chunks, weightFloats/(volume(s.Conv.In)*s.k)))
	}
	s.triples = s.suitsTriples()
	blocks *= (s.batch + s.images - 1) / s.images
	s.chunks = min(s.chunks, blocks)
	s.parts = 1
	if s.chunks < weightChunks/4 {
		s.parts = s.tapCount()
		if s.triples {
			s.parts /= len(s.axes[2].taps)
		}
	}
	return blocks
}

// addChunks sets gw to the sum of the chunks' gradients, or adds it.
func addChunks(gw, sums []float32, chunks int, add bool) {
	parallel.For(len(gw), 1<<13, func(lo, hi int) {
		for i := range chunks {
			if part := sums[i*len(gw)+lo : i*len(gw)+hi]; i > 0 || add {
				Add(gw[lo:hi], part)
			} else {
				copy(gw[lo:hi], part)
			}
		}
	})
}

// block adds to gw what block b gives for group i and one part of the kernel, or
// sets gw to that if r's flags do not say to add.
func (s *weightGrad) block(r *runner, b, i, part int, gw []float32) {
	g := s.gather
	g.x0 = i * g.k
	image, images, lo, n := s.place(b)
	if s.single() {
		g.axes[1].clipped = false
		s.blockOfOne(r, &g, image, i, part, lo, n, gw)
		return
	}
	var v view
	across := g.axes[2].taps
	skip := s.skipsPadding()
	if skip {
		input, first := g.alone()
		v = g.whole(image, input, first)
	} else {
		v = g.view(image, lo, n)
		defer release(v.copied)
	}
	rows := g.k // of c, for the taps that are taken together
	if s.triples || s.parts == 1 && !skip && g.axes[2].merged() && v.pixel == g.k {
		across, rows = across[:1], g.k*len(across)
	}
	m := rows // of tiles
	if s.triples {
		m = g.k
	}
	r.am, r.ak = elem, g.axes[2].step*v.pixel*elem
	r.bk, r.cm = s.Cout*elem, s.Cout*elem
	r.bias = unsafe.Pointer(&zeros)
	for p := range len(g.axes[0].taps) * len(g.axes[1].taps) {
		if s.parts > 1 && p != part/len(across) {
			continue
		}
		d, h := g.axes[0].taps[p/len(g.axes[1].taps)], g.axes[1].taps[p%len(g.axes[1].taps)]
		x, gy := s.listRows(r, &v, images, d, h, lo, n)
		for j, w := range across {
			if s.parts > 1 && j != part%len(across) {
				continue
			}
			from, to := lo[2], lo[2]+n[2]
			if skip && !s.triples {
				least, most := g.axes[2].within(w)
				from, to = max(from, least), min(to, most)
			}
			tap := (d.index*s.Kernel[1]+h.index)*s.Kernel[2] + w.index
			c := gw[tap*g.k*s.Cout+i*g.n:]
			if r.k = to - from; r.k > 0 && len(r.list) > 0 {
				gy := s.gy[((image*g.axes[0].n*g.axes[1].n+gy)*g.axes[2].n+from)*s.Cout+i*g.n:]
				first := from*g.axes[2].step + w.offset
				if s.triples {
					r.head, r.tail = 0, 0
					if skip {
						r.head, r.tail = max(0, -first), max(0, first+r.k+2-g.axes[2].in)
					}
					first += r.head
				}
				s.tiles(r, s.kernels(), v.data[x+v.at(v.from[0], v.from[1], first):], gy, c, m, g.n)
			} else if r.flags&tileAdd == 0 {
				for row := range rows {
					clear(c[row*s.Cout:][:g.n])
				}
			}
		}
	}
}

// place returns the images of block b, and its outputs.
func (s *weightGrad) place(b int) (image, images int, lo, n [3]int) {
	image = b / volume(s.blocks) * s.images
	for a, at := range unravel(b%volume(s.blocks), s.blocks) {
		lo[a] = at * s.size[a]
		n[a] = min(s.size[a], s.axes[a].n-lo[a])
	}
	return image, min(s.images, s.batch-image), lo, n
}

// foresee has the products of a block prefetch what block b reads: of several
// inputs only the one that holds all channels of the first group. Where tasks
// are parts of the kernel, others read the same.
func (s *weightGrad) foresee(r *runner, b int) {
	input, _ := s.gather.alone()
	if input == nil || s.parts > 1 {
		return
	}
	image, images, lo, n := s.place(b)
	var in, out, from, to, end [3]int
	for a := range s.axes {
		x := &s.axes[a]
		in[a], out[a], end[a] = x.in, x.n, lo[a]+n[a]
		first, count := x.region(lo[a], n[a])
		from[a], to[a] = min(max(0, first), x.in), max(0, min(x.in, first+count))
	}
	rows := func(x []float32, channels int, size, from, to [3]int) {
		for i := image; i < image+images; i++ {
			for d := from[0]; d < to[0]; d++ {
				for h := from[1]; h < to[1] && from[2] < to[2]; h++ {
					row := ((i*size[0]+d)*size[1] + h) * size[2]
					r.foreseen.add(x[(row+from[2])*channels : (row+to[2])*channels])
				}
			}
		}
	}
	rows(input.X, input.C, in, from, to)
	rows(s.gy, s.Cout, out, lo, end)
	r.foreseen.spread(images * volume(n) * s.Groups * s.calls())
}

// skipsPadding tells whether each tap skips the padding, for the channels alone fill a
// tile. Otherwise a row of taps together reads it.
func (s *weightGrad) skipsPadding() bool {
	input, _ := s.gather.alone()
	return input != nil && s.gather.k >= lowRows
}

// listRows lists the rows of a block for which a tap lies inside, relative to
// the first of them, and returns where that begins in x and its place in gy.
func (s *weightGrad) listRows(r *runner, v *view, images int, td, th tap, lo, n [3]int) (x, gy int) {
	ax := &s.gather.axes
	d0, d1 := ax[0].within(td)
	h0, h1 := ax[1].within(th)
	d0, d1 = max(d0, lo[0]), min(d1, lo[0]+n[0])
	h0, h1 = max(h0, lo[1]), min(h1, lo[1]+n[1])
	r.list = r.list[:0]
	for i := range images {
		for d := d0; d < d1; d++ {
			for h := h0; h < h1; h++ {
				r.list = append(r.list, segment{
					((i*ax[0].in+(d-d0)*ax[0].step)*v.rows + (h-h0)*ax[1].step) * v.row * elem,
					((i*ax[0].n+d-d0)*ax[1].n + h - h0) * ax[2].n * s.Cout * elem,
				})
			}
		}
	}
	return v.at(d0*ax[0].step+td.offset, h0*ax[1].step+th.offset, v.from[2]), d0*ax[1].n + h0
}

// kernels returns those of the tiles.
func (s *weightGrad) kernels() kernelTable {
	if s.triples {
		return fast.triples.column
	}
	return kernelTable{fast.column, fast.rows}
}

// suitsTriples tells whether triples can take all taps of width at once, in blocks
// of our size, the last of which may be narrower. A call takes whole rows, for what
// is left out at their ends.
func (s *weightGrad) suitsTriples() bool {
	a, width := &s.axes[2], s.size[2]
	if !s.triple() || s.single() || width > tripleSteps || a.n-(a.n-1)/width*width < 2 {
		return false
	}
	return !s.skipsPadding() || a.taps[0].offset >= -2 && a.n+a.taps[2].offset <= a.in+2
}

// calls is how many calls of a kernel make the products of some outputs.
func (s *weightGrad) calls() int {
	if !s.triples {
		return fast.calls(s.tapCount()*s.k, s.n)
	}
	panels, _, _ := split(s.n, 2*fast.lanes)
	vectors := min(2, (s.n+fast.lanes-1)/fast.lanes)
	blocks, _, _ := split(s.k, s.kernels().rows[vectors-1])
	return s.tapCount() / len(s.axes[2].taps) * blocks * panels
}

// tiles adds the products of m columns of a, and of those beside them that triples
// take too, and n columns of b to c.
func (s *weightGrad) tiles(r *runner, table kernelTable, a, b, c []float32, m, n int) {
	width := 0
	for j := 0; j < n; j += width {
		width = fast.cut(n-j, manyProducts)
		vectors := r.columns(width, fast.lanes)
		kernels, most := &table.kernels[vectors-1], table.rows[vectors-1]
		r.a, r.b, r.c = unsafe.Pointer(&a[0]), unsafe.Pointer(&b[j]), unsafe.Pointer(&c[j])
		if !s.triples {
			r.rows(kernels, most, m)
			continue
		}
		blocks, rows, larger := split(m, most)
		for i, at := 0, 0; i < blocks; i++ {
			height := rows
			if i < larger {
				height++
			}
			r.a, r.c = unsafe.Pointer(&a[at*r.am/elem]), unsafe.Pointer(&c[at*s.Cout+j])
			r.tap = (m - height + 1) * s.Cout * elem
			r.prefetchMore()
			r.call(kernels[height])
			at += height
		}
	}
}
