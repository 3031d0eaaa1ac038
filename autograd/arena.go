package autograd

import (
	"slices"

	"github.com/sshn-go/sshn/internal/parallel"
)

// A place is a run of lines of memory.
type place struct{ line, lines int }

func (p place) end() int { return p.line + p.lines }

// lineFloats is a cache line and an AVX-512 register: 64 bytes.
const lineFloats = 16

// A space hands out places in one stretch of memory, of which it knows nothing
// but the lines: those of a plan as long as what is asked for is what was
// planned, else the tightest gap or, if there is none, more at the end.
type space struct {
	taken []place // in order
	most  int     // lines: that the end of the last has been

	plan []place // of the takes to come
	log  []life  // of the takes so far, if logs
	logs bool
	time int
}

// A life is when a place is taken and given back, counted in takes and gives.
type life struct {
	place
	from, to int // to is 0 while it is taken
}

// take returns a place for n floats.
func (s *space) take(n int) place {
	p := place{lines: max(1, (n+lineFloats-1)/lineFloats)}
	i, planned := s.next(&p)
	if !planned {
		s.plan = nil
		i = s.gap(&p)
	}
	s.taken = slices.Insert(s.taken, i, p)
	s.most = max(s.most, p.end())
	if s.time++; s.logs {
		s.log = append(s.log, life{place: p, from: s.time})
	}
	return p
}

// next sets p to the place that was planned, and tells where it stands among
// those that are taken, if it is as large as p and free.
func (s *space) next(p *place) (i int, ok bool) {
	if len(s.plan) == 0 || s.plan[0].lines != p.lines {
		return 0, false
	}
	*p, s.plan = s.plan[0], s.plan[1:]
	i, taken := s.find(p.line)
	return i, !taken && (i == 0 || s.taken[i-1].end() <= p.line) && (i == len(s.taken) || p.end() <= s.taken[i].line)
}

// gap sets p to the tightest gap, and tells where it stands.
func (s *space) gap(p *place) (i int) {
	best, end := 0, 0
	i, p.line = len(s.taken), 0
	for k, q := range s.taken {
		if g := q.line - end; g >= p.lines && (best == 0 || g < best) {
			best, i, p.line = g, k, end
		}
		end = q.end()
	}
	if best == 0 {
		p.line = end
	}
	return i
}

func (s *space) find(line int) (i int, taken bool) {
	return slices.BinarySearchFunc(s.taken, line, func(p place, line int) int { return p.line - line })
}

// give takes back a place.
func (s *space) give(p place) {
	i, _ := s.find(p.line)
	s.taken = slices.Delete(s.taken, i, i+1)
	s.time++
	for k := len(s.log) - 1; k >= 0; k-- {
		if l := &s.log[k]; l.to == 0 && l.place == p {
			l.to = s.time
			return
		}
	}
}

// planned places what was logged anew, knowing all of it: the largest first,
// each as low as it can lie beside those that live at the same time. It returns
// the places in the order of the takes, and the lines that they take up.
func planned(log []life) (plan []place, lines int) {
	order := make([]int, len(log))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return log[j].lines - log[i].lines })
	plan = make([]place, len(log))
	var beside []place
	for n, i := range order {
		l := log[i]
		beside = beside[:0]
		for _, j := range order[:n] {
			if m := log[j]; (m.to == 0 || l.from < m.to) && (l.to == 0 || m.from < l.to) {
				beside = append(beside, plan[j])
			}
		}
		slices.SortFunc(beside, func(p, q place) int { return p.line - q.line })
		at := 0
		for _, p := range beside {
			if p.line-at >= l.lines {
				break
			}
			at = max(at, p.end())
		}
		plan[i] = place{at, l.lines}
		lines = max(lines, at+l.lines)
	}
	return plan, lines
}

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
