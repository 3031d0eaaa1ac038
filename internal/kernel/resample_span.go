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
	line     []float32 // the blend of input rows, from column lo on
	rows     terms
	pointed  bool
	points   points // of the outputs, if pointed
}

var spans = sync.Pool{New: func() any { return new(span) }}

// newSpan returns a span for so many rows, from a free list.
func (r *Resampling) newSpan(blend bool, rows int) *span {
	const enough = 8 // rows for which a table of points is made
	s := spans.Get().(*span)
	s.Resampling, s.from, s.to = *r, 0, 0
	s.blend = blend
	s.pointed = blend && fast.available() && r.C <= mostPointed && rows >= enough
	return s
}

func (s *span) free() { spans.Put(s) }

// choose sets the outputs.
func (s *span) choose(from, to int) {
	if from == s.from && to == s.to {
		return
	}
	t := s.Axes[2]
	s.from, s.to = from, to
	s.lo, s.hi = t.reach(from, to)
	if n := (s.hi - s.lo) * s.C; s.blend && cap(s.line) < n {
		s.line = parallel.Aligned(n)
	}
	if s.pointed {
		s.points.set(t, from, to, s.C, s.lo)
	}
}

// resample makes the outputs of row (d, h) of an image: the first at y, the
// next one ys floats further on.
func (s *span) resample(y []float32, ys int, x []float32, image, d, h int, how writing) {
	in, _ := s.sizes()
	firstD, wd := s.Axes[0].at(d)
	firstH, wh := s.Axes[1].at(h)
	width := in[2] * s.C
	x = x[((image*in[0]+firstD)*in[1]+firstH)*width:]
	switch {
	case len(wd)*len(wh) == 0 || s.lo == s.hi:
		for o := 0; o < s.to-s.from && how != adding; o++ {
			clear(y[o*ys:][:s.C])
		}
	case !s.blend:
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
		s.columns(y, ys, x[s.lo*s.C:s.hi*s.C], s.lo, wd[0]*wh[0], how)
	default:
		line := s.line[:(s.hi-s.lo)*s.C]
		s.rows.begin(line, x, false)
		for i, a := range wd {
			for k, b := range wh {
				s.rows.put((i*in[1]+k)*width+s.lo*s.C, a*b)
			}
		}
		s.rows.end()
		s.columns(y, ys, line, s.lo, 1, how)
	}
}

// columns makes the outputs scale times what the last axis' table makes of the
// row x, which begins at column skip.
func (s *span) columns(y []float32, ys int, x []float32, skip int, scale float32, how writing) {
	t := s.Axes[2]
	switch {
	case s.pointed && ys == s.C:
		s.points.mix(y, x, scale, how == adding)
	case s.C <= mostMixed:
		mixColumns(y, ys, x, skip, t, s.from, s.to, s.C, scale, how)
	default:
		for o := s.from; o < s.to; o++ {
			at, w := t.at(o)
			s.rows.begin(y[(o-s.from)*ys:][:s.C], x, how == adding)
			for k, a := range w {
				s.rows.put((at-skip+k)*s.C, scale*a)
			}
			s.rows.end()
		}
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
