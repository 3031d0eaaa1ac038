package kernel

import "unsafe"

// foreseen is memory that is read or written after the products at hand, some
// stretches of it, which these prefetch one after another.
type foreseen struct {
	stretches [16]stretch
	count     int
	first     int // that was not asked for wholly
	pace      int // bytes with each step of k
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

// spread sets the pace at which all of it is asked for in so many steps of k.
func (f *foreseen) spread(steps int) {
	bytes := 0
	for _, s := range f.stretches[:f.count] {
		bytes += s.bytes
	}
	f.pace = paceOf(bytes, steps)
}

// paceOf is the pace at which so many bytes are asked for in so many steps of k,
// or as many of them as can be: a line with each.
func paceOf(bytes, steps int) int {
	const line = 64
	return min(line, (bytes+steps-1)/steps)
}

// prefetchMore has the next call go on with what is foreseen.
func (r *runner) prefetchMore() {
	f := &r.foreseen
	if f.first == f.count {
		r.pace = 0
		return
	}
	s, steps := &f.stretches[f.first], max(1, r.count)*len(r.list)*r.k
	r.next, r.pace = s.from, min(f.pace, paceOf(s.bytes, steps))
	s.from += uintptr(r.pace * steps)
	if s.bytes -= r.pace * steps; s.bytes <= 0 {
		f.first++
	}
}

// calls is how many calls make a product of so many rows and columns, by tiles of
// two vectors.
func (k *tileKernels) calls(rows, columns int) int {
	blocks, _, _ := split(rows, k.rows[1])
	panels, _, _ := split(columns, 2*k.lanes)
	return blocks * panels
}
