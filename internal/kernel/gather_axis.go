package kernel

// An axis of a gather: output j reads the inputs j*step + offset of its taps.
type axis struct {
	in, step          int // inputs, and how many there are from one output to the next
	n                 int // outputs
	out, first, every int // output j is element first + j*every of out
	taps              []tap
	clipped           bool // every output has a tap inside, and those outside are left out: no padding
}

// A tap is an element of the kernel along an axis. Those that never meet the
// input are left out; the others are in the order of their offsets.
type tap struct{ index, offset int }

// merged tells whether the taps are neighbours in the kernel and in the input.
func (a *axis) merged() bool {
	for i, t := range a.taps[1:] {
		if t.offset != a.taps[i].offset+1 {
			return false
		}
	}
	return true
}

// clip leaves out the taps that lie outside, if some tap of each output lies
// inside.
func (a *axis) clip() {
	for j := range a.n {
		lo, hi := a.inside(j)
		if lo == hi {
			return
		}
	}
	a.clipped = true
}

// inside returns the range [lo, hi) of taps that lie inside for output j.
func (a *axis) inside(j int) (lo, hi int) {
	for hi = len(a.taps); lo < hi && j*a.step+a.taps[lo].offset < 0; {
		lo++
	}
	for lo < hi && j*a.step+a.taps[hi-1].offset >= a.in {
		hi--
	}
	return lo, hi
}

// within returns the range [lo, hi) of outputs for which t lies inside.
func (a *axis) within(t tap) (lo, hi int) {
	if t.offset < 0 {
		lo = (a.step - 1 - t.offset) / a.step
	}
	if last := a.in - 1 - t.offset; last >= 0 {
		hi = min(a.n, last/a.step+1)
	}
	return min(lo, hi), hi
}

// reads returns the range of taps by which output j reads.
func (a *axis) reads(j int) (lo, hi int) {
	if a.clipped {
		return a.inside(j)
	}
	return 0, len(a.taps)
}

// region returns the inputs that n outputs from lo on read: the first, which
// may lie outside, and how many.
func (a *axis) region(lo, n int) (from, count int) {
	first, last := a.taps[0].offset, a.taps[len(a.taps)-1].offset
	from, to := lo*a.step+first, (lo+n-1)*a.step+last+1
	if a.clipped {
		from, to = max(from, 0), min(to, a.in)
	}
	return from, to - from
}
