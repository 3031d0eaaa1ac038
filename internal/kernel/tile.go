package kernel

import (
	"sync"
	"unsafe"

	"github.com/sshn-go/sshn/internal/cpu"
)

// A tile is the work of the micro-kernel on which convolution, its gradients and
// matrix products stand, a broadcast times a vector:
//
//	C[m][n] = bias[n] + sum over segments s, sum over k of A[s.a + m*am + k*ak] * B[s.b + k*bk + n]
//
// plus what C held, and then the activation, as the flags say; then so for further
// tiles. A call leaves c, a and next where the last tile has them. A kernel for mr
// rows and nv vectors takes m < mr and n < nv vectors; of the last vector only
// the lanes of the mask are read from bias, B and C and written. All distances
// are in bytes. The generator in _asm knows this layout.
type tile struct {
	c      unsafe.Pointer
	cm     int
	a      unsafe.Pointer
	am, ak int
	b      unsafe.Pointer
	bk     int
	segs   *segment
	nsegs  int
	k      int            // products in a segment, at least one
	bias   unsafe.Pointer // zeros for none
	flags  int
	slope  float32
	_      float32
	bits   int            // the mask, a bit per lane
	mask   unsafe.Pointer // the mask, an int32 per lane
	ahead  int            // what is prefetched of C lies so far from it
	next   uintptr        // what to prefetch besides, which need not exist
	pace   int            // bytes of it with each k, at most a line; 0: nothing

	// Of triples alone:
	tap        int // from one tap's weights to the next one's, or to its gradients
	head, tail int // elements of A that are left out
	paceC      int // bytes of C that are prefetched with each k, from ahead on

	count        int // tiles to do, but for triples by columns; 0 is one
	aNext, cNext int // from each of them to the next

	from uintptr // of triples by rows, where next began; a tile later it is aNext on
}

// A segment is a stretch of products at regular distances, by what it adds to
// the addresses of A and B.
type segment struct{ a, b int }

const (
	tileAdd    = 1 // plus what C held
	tileLeaky  = 2 // then max(value, slope value), where 0 times infinity is 0
	tilePadded = 4 // B's rows may be read to the end of their last vector
)

// A tileTable holds kernels by vectors - 1 and rows. Those of four vectors are for
// short sums, which column has none of.
type tileTable [4][15]func(*tile)

// tileKernels are the kernels of an instruction set. Those of row expect ak to
// be one element, those of column am.
type tileKernels struct {
	lanes       int    // of a vector
	rows        [4]int // of the largest kernel by vectors - 1, 0 where there is none
	row, column *tileTable
	triples     *tripleKernels // or nil
	maps        *mapKernels
	winograd    *[2]winograd
}

// fast are the kernels in use; without lanes, there are none and the plain
// loops do the work.
var fast = kernelsOf(cpu.Best)

func (k *tileKernels) available() bool { return k.lanes > 0 }

const elem = 4 // bytes

var (
	zeros    [32]float32
	laneMask = [32]int32{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}
)

// columns sets the mask for n columns and returns how many vectors they take.
func (p *tile) columns(n, lanes int) (vectors int) {
	vectors = (n + lanes - 1) / lanes
	last := n - (vectors-1)*lanes
	p.bits = 1<<last - 1
	p.mask = unsafe.Pointer(&laneMask[16-last])
	return vectors
}

// A runner is a tile with its segments, and the means to run it: one per task,
// from a free list.
type runner struct {
	tile
	list     []segment
	foreseen foreseen    // what calls are to prefetch
	sums     [32]float32 // where a tile may leave what is not for a tensor
	sandwich sandwich    // for Winograd's transforms
}

var runners = sync.Pool{New: func() any { return new(runner) }}

func newRunner() *runner { return runners.Get().(*runner) }

// free puts r on the free list, without hold on anybody's memory.
func (r *runner) free() {
	r.tile, r.sandwich, r.foreseen = tile{}, sandwich{}, foreseen{}
	runners.Put(r)
}

// Products that one call takes at most: tiles take 14 cycles for one, triples by
// rows 36.
const (
	tileSteps   = 1 << 13
	tripleSteps = tileSteps / 3
)

// call runs a kernel over all segments, not too many products at a time: it
// cannot be preempted.
func (r *runner) call(f func(*tile)) {
	steps := tileSteps
	if r.tap != 0 {
		steps = tripleSteps
	}
	if max(1, r.count)*len(r.list)*r.k <= steps {
		r.segs, r.nsegs = &r.list[0], len(r.list)
		f(&r.tile)
		return
	}
	if count := r.count; count > 1 {
		r.count = 0
		for i := range count {
			if i > 0 {
				r.a, r.c = unsafe.Add(r.a, r.aNext), unsafe.Add(r.c, r.cNext)
			}
			r.call(f)
		}
		return
	}
	whole := r.tile
	few, most := max(1, steps/r.k), min(r.k, steps) // segments, and products of each
	for s := 0; s < len(r.list); s += few {
		for k := 0; k < whole.k; k += most {
			r.segs, r.nsegs, r.k = &r.list[s], min(few, len(r.list)-s), min(most, whole.k-k)
			r.a, r.b = unsafe.Add(whole.a, k*r.ak), unsafe.Add(whole.b, k*r.bk)
			r.flags = whole.flags
			if s > 0 || k > 0 {
				r.flags |= tileAdd
				r.bias = unsafe.Pointer(&zeros)
			}
			if s+few < len(r.list) || k+most < whole.k {
				r.flags &^= tileLeaky
			}
			f(&r.tile)
		}
	}
	r.a, r.b, r.k, r.flags, r.bias = whole.a, whole.b, whole.k, whole.flags, whole.bias
}

// rows runs kernels of at most most rows over n rows of A and C, as few of them and as
// alike as possible, and the prefetches along.
func (r *runner) rows(kernels *[15]func(*tile), most, n int) {
	blocks, height, larger := split(n, most)
	a, c, at := r.a, r.c, 0
	for _, some := range [2]struct{ tiles, height int }{{larger, height + 1}, {blocks - larger, height}} {
		if some.tiles == 0 {
			continue
		}
		r.a, r.c, r.count = unsafe.Add(a, at*r.am), unsafe.Add(c, at*r.cm), some.tiles
		r.aNext, r.cNext = some.height*r.am, some.height*r.cm
		r.prefetchMore()
		r.call(kernels[some.height])
		at += some.tiles * some.height
	}
}

// manyProducts are so many that the weights of a panel of four vectors fill half
// the first cache.
const manyProducts = 1 << 7

// cut returns how many of n output channels, each the sum of so many products,
// the next panel takes: few panels are best, but their weights should not fill
// the first cache, and one vector alone is slow.
func (k *tileKernels) cut(n, depth int) int {
	vectors := (n + k.lanes - 1) / k.lanes
	switch {
	case k.rows[2] == 0 || depth >= manyProducts && vectors != 3:
		vectors = 2
	default:
		panels := (vectors + 3) / 4
		vectors = (vectors + panels - 1) / panels
	}
	return min(n, vectors*k.lanes)
}

// split cuts n rows into as few blocks of at most most rows as possible, of
// nearly equal size: small blocks are slow.
func split(n, most int) (blocks, size, larger int) {
	blocks = (n + most - 1) / most
	return blocks, n / blocks, n % blocks
}

// tilePlain is what the kernels compute, in plain Go.
func tilePlain(p *tile, rows, columns int) {
	p.each(func() { p.onePlain(rows, columns) })
}

// each calls f for each of p's tiles, of which it is then the last.
func (p *tile) each(f func()) {
	for f(); p.count > 1; f() {
		p.count--
		p.a, p.c = unsafe.Add(p.a, p.aNext), unsafe.Add(p.c, p.cNext)
	}
	p.count = 0
}

func (p *tile) onePlain(rows, columns int) {
	at := func(base unsafe.Pointer, offset int) *float32 { return (*float32)(unsafe.Add(base, offset)) }
	for m := range rows {
		for n := range columns {
			sum := *at(p.bias, n*elem)
			for _, s := range unsafe.Slice(p.segs, p.nsegs) {
				for k := range p.k {
					sum += *at(p.a, s.a+m*p.am+k*p.ak) * *at(p.b, s.b+k*p.bk+n*elem)
				}
			}
			c := at(p.c, m*p.cm+n*elem)
			if p.flags&tileAdd != 0 {
				sum += *c
			}
			if p.flags&tileLeaky != 0 {
				sum = leaky(sum, p.slope)
			}
			*c = sum
		}
	}
}

// fold runs the kernels that sum, for each of rows outputs, one vector of A per
// segment: a tile whose B is one, and whose A holds a value for every lane.
func (r *runner) fold(rows int) {
	const eight = 8
	r.segs, r.nsegs = &r.list[0], len(r.list)
	rest := rows % eight
	if r.k = rows / eight; r.k > 0 {
		foldEight(&r.tile)
		if rest == 0 {
			return
		}
		r.a = unsafe.Add(r.a, r.k*eight*r.am)
		r.c = unsafe.Add(r.c, r.k*eight*r.cm)
	}
	r.k = rest
	foldOne(&r.tile)
}

// foldPlain is what the kernels of fold compute.
func foldPlain(p *tile, rows, columns int) {
	at := func(base unsafe.Pointer, offset int) *float32 { return (*float32)(unsafe.Add(base, offset)) }
	for m := range rows {
		for n := range columns {
			sum := *at(p.bias, n*elem)
			for _, s := range unsafe.Slice(p.segs, p.nsegs) {
				sum += *at(p.a, s.a+m*p.am+n*elem)
			}
			c := at(p.c, m*p.cm+n*elem)
			if p.flags&tileAdd != 0 {
				sum += *c
			}
			if p.flags&tileLeaky != 0 {
				sum = leaky(sum, p.slope)
			}
			*c = sum
		}
	}
}
