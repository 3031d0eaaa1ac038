package autograd

import "github.com/sshn-go/sshn/internal/parallel"

// A place is a run of lines of memory.
type place struct{ line, lines int }

func (p place) end() int { return p.line + p.lines }

// lineFloats is a cache line and an AVX-512 register: 64 bytes.
const lineFloats = 16

// A space hands out places in one stretch of memory, of which it knows nothing
// but the lines: the tightest that are free or, if none are, more at the end.
type space struct {
	free []place // in order; no two touch, and none touches the end
	end  int     // no line from here on is taken
	most int     // that end has been
}

// take returns a place for n floats.
func (s *space) take(n int) place {
	p := place{s.end, max(1, (n+lineFloats-1)/lineFloats)}
	best := -1
	for i, f := range s.free {
		if f.lines >= p.lines && (best < 0 || f.lines < s.free[best].lines) {
			best = i
		}
	}
	if best < 0 {
		s.end += p.lines
		s.most = max(s.most, s.end)
		return p
	}
	f := &s.free[best]
	p.line = f.line
	f.line += p.lines
	f.lines -= p.lines
	if f.lines == 0 {
		s.free = append(s.free[:best], s.free[best+1:]...)
	}
	return p
}

// give takes back a place, and joins it with those that are free beside it.
func (s *space) give(p place) {
	i := 0
	for i < len(s.free) && s.free[i].line < p.line {
		i++
	}
	if i > 0 && s.free[i-1].end() == p.line {
		i--
		p = place{s.free[i].line, s.free[i].lines + p.lines}
		s.free = append(s.free[:i], s.free[i+1:]...)
	}
	if i < len(s.free) && p.end() == s.free[i].line {
		p.lines += s.free[i].lines
		s.free = append(s.free[:i], s.free[i+1:]...)
	}
	if p.end() == s.end {
		s.end = p.line
		return
	}
	s.free = append(s.free, place{})
	copy(s.free[i+1:], s.free[i:])
	s.free[i] = p
}

// bytes is the memory up to the end.
func (s *space) bytes() int64 { return 4 * lineFloats * int64(s.end) }

// An arena is the memory of a space. It is one slab, as long as the space has
// ever been when the tape was last empty; what lies beyond has buffers of its
// own until then.
type arena struct{ slab []float32 }

// at returns the n floats at a place, whose content is unspecified.
func (a *arena) at(p place, n int) []float32 {
	from, to := p.line*lineFloats, p.end()*lineFloats
	if to > len(a.slab) {
		return parallel.Aligned(n)
	}
	return a.slab[from : from+n : to]
}

// reserve sees to it that the slab has so many lines. It grows by a tenth at
// least, for with ever new phis there is ever again a largest. It may be called
// only when no buffer is in use.
func (a *arena) reserve(lines int) {
	if n := lines * lineFloats; n > len(a.slab) {
		n = max(n, len(a.slab)+len(a.slab)/10)
		a.slab = nil // which may be collected before the new one is made
		a.slab = parallel.Aligned(n)
	}
}
