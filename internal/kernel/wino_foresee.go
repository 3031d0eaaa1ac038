package kernel

// Transforms read and write memory at once, in places far apart, so they wait for
// it; products take as long and wait for nothing. So the products of a block of
// work prefetch what the transforms after them take: the outputs, and what the
// next block of a task reads. Of a row in several parts that is not one stretch, and
// such rows are left out.

// after returns the block of work and the plane that follow plane d of block i, of
// a task that ends at block hi.
func (s *strips) after(i, d, hi int) (w work, plane int, ok bool) {
	if w = s.work(i); d+1 < w.bottom {
		return w, d + 1, true
	}
	if i+1 == hi {
		return w, 0, false
	}
	w = s.work(i + 1)
	return w, w.top, true
}

// foreseeInputs has the products prefetch what the transforms of w for a plane of
// outputs will read that those for the plane before did not.
func (p *winogradPass) foreseeInputs(f *foreseen, w work, plane int) {
	if p.deep {
		taps := p.g.axes[0].taps
		plane += taps[len(taps)-1].offset
	}
	p.foreseeReads(f, p.in, w, plane)
}

// foreseeReads is foreseeInputs for what in reads of a plane of the input: the rows
// that the block above does not read.
func (p *winogradPass) foreseeReads(f *foreseen, in []gather, w work, plane int) {
	if p.parts > 1 {
		return
	}
	for i := range in {
		g := &in[i]
		part, first := g.alone()
		if part == nil || plane >= g.axes[0].in {
			continue
		}
		h := &g.axes[1]
		row := func(strip, below int) int {
			image, d, row := p.place(w.stack, strip, plane)
			if row+below > 0 { // else it is the first, below nothing
				row = row*p.m + h.taps[len(h.taps)-1].offset + below
			}
			return ((image*g.axes[0].in+d)*h.in + max(0, min(h.in, row))) * g.axes[2].in * part.C
		}
		if from, to := row(w.lo, 0)+first, row(w.hi-1, p.m); from < to {
			f.add(part.X[from:to])
		}
	}
}

// foreseeOutputs has the products prefetch what is written of a plane after them,
// of several tensors to the first.
func (p *winogradPass) foreseeOutputs(f *foreseen, w work, plane int) {
	if p.parts > 1 {
		return
	}
	panel := &p.g.panels[0]
	row := func(strip, below int) int {
		image, d, row := p.place(w.stack, strip, plane)
		return p.g.output(image, d, min(p.n[1], row*p.m+below), 0) * panel.yc
	}
	f.add(panel.y[row(w.lo, 0):row(w.hi-1, p.m)])
}
