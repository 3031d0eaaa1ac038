package kernel

import "unsafe"

// mixRows sets y to, or with add adds to it, the sum over k of w[k] times the
// vector of y's length at x[at[k]]. There is at least one.
func mixRows(y, x []float32, at []int, w []float32, add bool) {
	if len(at) == 1 && w[0] == 1 && !add {
		copy(y, x[at[0]:][:len(y)])
		return
	}
	for _, i := range at {
		reads(x[i:][:len(y)]) // and a check of the bounds, for the assembly has none
	}
	writes(y)
	if !fast.available() {
		mixRowsPlain(y, x, at, w, add)
		return
	}
	flag := 0
	if add {
		flag = 1
	}
	w = w[:len(at)]
	for lo := 0; lo < len(y); lo += piece {
		mixRowsFast(&y[lo], &x[lo], min(piece, len(y)-lo), &at[0], &w[0], len(at), flag)
	}
}

// columns are outputs of a row to be made of pixels of another row. Distances
// are in bytes. The generator in _asm knows this layout.
type columns struct {
	y            unsafe.Pointer
	ys           int
	x            unsafe.Pointer
	xs           int
	skip         int // what the first column at x comes after
	first, start *int32
	weight       *float32
	n            int
	body         int // 3*(vectors-1), and 1 if the last one is whole, 2 if all go past the caches
	add          int
	scale        float32
	_            float32
	bits         int            // the lanes of the last vector, a bit for each
	mask         unsafe.Pointer // the same, an int32 for each
}

// A writing says how outputs are written.
type writing int

const (
	over   writing = iota // what is there
	adding                // to what is there
	past                  // the caches: over, where the output is too large to be found there by who reads it
)

// mixColumns makes outputs [from, to) of the table t, pixels of c floats that
// lie ys apart from y on: scale times the weighted sums of the pixels of x, of
// which the first is column skip.
func mixColumns(y []float32, ys int, x []float32, skip int, t *Taps, from, to, c int, scale float32, how writing) {
	if raceDetector {
		lo, hi := t.reach(from, to)
		reads(x[(lo-skip)*c : (hi-skip)*c])
		for o := range to - from {
			writes(y[o*ys:][:c])
		}
	}
	if !fast.available() {
		mixColumnsPlain(y, ys, x, skip, t, from, to, c, scale, how == adding)
		return
	}
	_ = y[(to-from-1)*ys+c-1]
	p := columns{ys: ys * elem, xs: c * elem, skip: skip * c * elem, weight: unsafe.SliceData(t.Weight), scale: scale}
	if how == adding {
		p.add = 1
	}
	const most = 4 // vectors in a call
	calls := max(1, 1<<18*(to-from)/(1+int(t.Start[to]-t.Start[from])*c))
	for o := from; o < to; o += calls {
		p.first, p.start, p.n = &t.First[o], &t.Start[o], min(calls, to-o)
		for at := 0; at < c; at += most * fast.lanes {
			p.y, p.x = unsafe.Pointer(&y[(o-from)*ys+at]), unsafe.Pointer(&x[at])
			p.channels(min(c-at, most*fast.lanes), how == past)
			mixColumnsFast(&p)
		}
	}
}

// channels sets the body and the mask for n channels.
func (p *columns) channels(n int, past bool) {
	vectors := (n + fast.lanes - 1) / fast.lanes
	last := n - (vectors-1)*fast.lanes
	p.body = 3 * (vectors - 1)
	if last == fast.lanes {
		p.body++
		if vector := uintptr(fast.lanes * elem); past && (uintptr(p.y)|uintptr(p.ys))%vector == 0 {
			p.body++
		}
	}
	p.bits = 1<<last - 1
	p.mask = unsafe.Pointer(&laneMask[16-last])
}
