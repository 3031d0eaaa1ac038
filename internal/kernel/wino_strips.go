package kernel

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
	cuts         int // a stack is cut into so many blocks of work
	layers       int // pieces of the depth
}

const (
	winogradTiles = 56 // of a block of work: the products' panels are read once for so many
	weightTiles   = 64 // of one of a weight gradient: products in one element of the sums
	chunkTiles    = 30 // see weightChunks; by BenchmarkConv on two cores, 10 x 10 to 160 x 192
	winogradDepth = 24 // planes of a block of work
)

// strips cuts the work for F(m x m, 3x3) into blocks of about most tiles, or of
// fewer, down to a quarter, if it takes that to make so many tasks.
func (g *gather) strips(m, most, tasks int) strips {
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
	most = max(most/4, min(most, tiles/tasks))
	s.parts = (s.across + most - 1) / most
	if s.across < 2*most {
		s.parts = 1
	}
	some := max(1, most*s.parts/s.across)
	s.cuts = (s.count + some - 1) / some
	return s
}

// blocks is the number of blocks of work.
func (s *strips) blocks() int { return s.stacks * s.cuts * s.layers * s.parts }

// A work is a block of it: strips from lo to hi of a stack, blocks of m x m from
// left to right in a row, planes from top to bottom.
type work struct{ stack, lo, hi, left, right, top, bottom int }

func (s *strips) work(i int) work {
	var w work
	part := i % s.parts
	i /= s.parts
	layer := i % s.layers
	i /= s.layers
	w.stack = i / s.cuts
	cut := i % s.cuts
	w.lo, w.hi = cut*s.count/s.cuts, (cut+1)*s.count/s.cuts
	w.left, w.right = part*s.across/s.parts, (part+1)*s.across/s.parts
	w.bottom = 1
	if s.deep {
		w.top, w.bottom = layer*s.n[0]/s.layers, (layer+1)*s.n[0]/s.layers
	}
	return w
}

// most is the number of tiles of the largest block of work.
func (s *strips) most() int {
	return (s.count + s.cuts - 1) / s.cuts * ((s.across + s.parts - 1) / s.parts)
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

// eachRun calls f for the rows of blocks of w, those of one plane together.
func (s *strips) eachRun(w work, plane int, f func(image, d, row, rows, tile int)) {
	for strip := w.lo; strip < w.hi; {
		image, d, row := s.place(w.stack, strip, plane)
		rows := min(w.hi-strip, s.rows-row)
		f(image, d, row, rows, (strip-w.lo)*(w.right-w.left))
		strip += rows
	}
}
