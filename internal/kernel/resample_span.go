package kernel

import (
	"sync"

	"github.com/sshn-go/sshn/internal/parallel"
)

// A span makes outputs [from, to) of the rows that it is given.
type span struct {
	Resampling
	from, to int
	lo, hi   int // the columns of the input that they read
	blend    bool
	group    int       // rows that are made at once
	work     []float32 // for the blend of input rows, from column lo on, and a group of them
	turning  turning   // the same, if there are groups
	rows     terms
}

var spans = sync.Pool{New: func() any { return new(span) }}

// newSpan returns a span for groups of so many rows, from a free list.
func (r *Resampling) newSpan(blend bool, group int) *span {
	s := spans.Get().(*span)
	s.Resampling, s.from, s.to = *r, 0, 0
	s.blend, s.group = blend, group
	return s
}

func (s *span) free() { spans.Put(s) }

// choose sets the outputs.
func (s *span) choose(from, to int) {
	if from == s.from && to == s.to {
		return
	}
	s.from, s.to = from, to
	s.lo, s.hi = s.Axes[2].reach(from, to)
	if !s.blend {
		return
	}
	n := s.spanFloats(s.group, from, to)
	if cap(s.work) < n {
		s.work = parallel.Aligned(n)
	}
	s.work = s.work[:n]
	if s.group > 1 {
		s.turning = newTurning(s.work, s.group, (s.hi-s.lo)*s.C, (to-from)*s.C)
	}
}

// spanFloats is the memory that a span for groups of so many rows takes for
// outputs [from, to) if it blends.
func (r *Resampling) spanFloats(group, from, to int) int {
	lo, hi := r.Axes[2].reach(from, to)
	in := (hi - lo) * r.C
	if group == 1 {
		return in
	}
	return turningFloats(group, r.planeRows(group), in, (to-from)*r.C)
}

// resample makes the outputs of row (d, h) of an image: the first at y, the
// next one ys floats further on.
func (s *span) resample(y []float32, ys int, x []float32, image, d, h int, how writing) {
	in, _ := s.sizes()
	firstD, wd := s.Axes[0].at(d)
	firstH, wh := s.Axes[1].at(h)
	width := in[2] * s.C
	switch {
	case s.empty(d, h) || s.lo == s.hi:
		for o := 0; o < s.to-s.from && how != adding; o++ {
			clear(y[o*ys:][:s.C])
		}
	case !s.blend:
		x = x[((image*in[0]+firstD)*in[1]+firstH)*width:]
		if how == past && len(wd)*len(wh) > 1 {
			how = over
		}
		for i, a := range wd {
			for k, b := range wh {
				s.columns(y, ys, x[(i*in[1]+k)*width:][:width], 0, a*b, how)
				how = adding
			}
		}
	case len(wd)*len(wh) == 1:
		x = x[((image*in[0]+firstD)*in[1]+firstH)*width:]
		s.columns(y, ys, x[s.lo*s.C:s.hi*s.C], s.lo, wd[0]*wh[0], how)
	default:
		s.mix(s.work, s.inputRows(x, image, d), h)
		s.columns(y, ys, s.work, s.lo, 1, how)
	}
}

// empty tells whether the output row (d, h) is made of no input row.
func (s *span) empty(d, h int) bool {
	_, wd := s.Axes[0].at(d)
	_, wh := s.Axes[1].at(h)
	return len(wd)*len(wh) == 0
}

// inputRows are the input rows that output rows of one depth are made of, from a
// span's first column on: of several planes, or of one blend of them.
type inputRows struct {
	x          []float32
	plane, row int       // from one to the next
	first      int       // what row x begins with
	weight     []float32 // of each plane
}

func (s *span) inputRows(x []float32, image, d int) inputRows {
	in, _ := s.sizes()
	first, w := s.Axes[0].at(d)
	row := in[2] * s.C
	return inputRows{x: x[(image*in[0]+first)*in[1]*row+s.lo*s.C:], plane: in[1] * row, row: row, weight: w}
}

// mix sets the line to the blend of the input rows that output row h is made of.
func (s *span) mix(line []float32, p inputRows, h int) {
	first, w := s.Axes[1].at(h)
	s.rows.begin(line, p.x, false)
	for i, a := range p.weight {
		at := i*p.plane + (first-p.first)*p.row
		for k, b := range w {
			s.rows.put(at+k*p.row, a*b)
		}
	}
	s.rows.end()
}

// columns makes the outputs scale times what the last axis' table makes of the
// row x, which begins at column skip.
func (s *span) columns(y []float32, ys int, x []float32, skip int, scale float32, how writing) {
	t := s.Axes[2]
	if s.C <= mostMixed {
		mixColumns(y, ys, x, skip, t, s.from, s.to, s.C, scale, how)
		return
	}
	for o := s.from; o < s.to; o++ {
		at, w := t.at(o)
		s.rows.begin(y[(o-s.from)*ys:][:s.C], x, how == adding)
		for k, a := range w {
			s.rows.put((at-skip+k)*s.C, scale*a)
		}
		s.rows.end()
	}
}

const mostMixed = 1 << 8 // channels up to which a row is resampled at once, not pixel by pixel

// terms are what a vector y is to be a weighted sum of: vectors of its length
// at given places of x.
type terms struct {
	y, x []float32
	add  bool // to what y holds
	n    int
	at   [16]int
	w    [16]float32
}

func (t *terms) begin(y, x []float32, add bool) { t.y, t.x, t.add, t.n = y, x, add, 0 }

func (t *terms) put(at int, w float32) {
	if t.n == len(t.at) {
		mixRows(t.y, t.x, t.at[:], t.w[:], t.add)
		t.add, t.n = true, 0
	}
	t.at[t.n], t.w[t.n] = at, w
	t.n++
}

func (t *terms) end() {
	switch {
	case t.n > 0:
		mixRows(t.y, t.x, t.at[:t.n], t.w[:t.n], t.add)
	case !t.add:
		clear(t.y)
	}
	t.y, t.x = nil, nil
}
