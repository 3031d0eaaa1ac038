package kernel

import "unsafe"

// foreseen is memory that is read or written after the products at hand, a few
// stretches of it, which these prefetch.
type foreseen struct {
	stretches [8]stretch
	count     int
	first     int // that was not asked for wholly
}

type stretch struct {
	from  uintptr
	bytes int
}

// add foresees x, if it goes on from what was added last or there is room.
func (f *foreseen) add(x []float32) {
	if len(x) == 0 {
		return
	}
	from := uintptr(unsafe.Pointer(&x[0]))
	if f.count > 0 {
		if last := &f.stretches[f.count-1]; last.from+uintptr(last.bytes) == from {
			last.bytes += len(x) * elem
			return
		}
	}
	if f.count < len(f.stretches) {
		f.stretches[f.count] = stretch{from, len(x) * elem}
		f.count++
	}
}

func (f *foreseen) bytes() (sum int) {
	for _, s := range f.stretches[:f.count] {
		sum += s.bytes
	}
	return sum
}

// prefetchIn sets the pace at which so many bytes are asked for in so many steps
// of k.
func (r *runner) prefetchIn(steps, bytes int) {
	const line = 64
	r.pace = min(line, (bytes+steps-1)/steps)
}

// prefetchMore has the next call go on with what is foreseen.
func (r *runner) prefetchMore() {
	f := &r.foreseen
	if f.first == f.count {
		r.pace = 0
		return
	}
	s := &f.stretches[f.first]
	r.next = s.from
	some := r.pace * len(r.list) * r.k
	s.from += uintptr(some)
	if s.bytes -= some; s.bytes <= 0 {
		f.first++
	}
}
