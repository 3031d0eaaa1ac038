package kernel

// mostPointed is the number of channels up to which each element of a row is
// made by itself, a vector of them at a time: with more, the lanes of a pixel's
// vector are well used.
const mostPointed = 3

// points is the table of an axis spread over the elements of a row: [k][size]
// places in the input row and weights, a negative place for none.
type points struct {
	n, size, most int // elements; the same in whole vectors; weights of an element at most
	at            []int32
	w             []float32
}

// set makes the table of outputs [from, to) of t for c channels and an input
// row that begins at column skip.
func (p *points) set(t *Taps, from, to, c, skip int) {
	const lanes = 16
	p.n = (to - from) * c
	p.size, p.most = (p.n+lanes-1)/lanes*lanes, 1
	for o := from; o < to; o++ {
		p.most = max(p.most, int(t.Start[o+1]-t.Start[o]))
	}
	if n := p.size * p.most; cap(p.at) < n {
		p.at, p.w = make([]int32, n), make([]float32, n)
	}
	p.at, p.w = p.at[:p.size*p.most], p.w[:p.size*p.most]
	for i := range p.at {
		p.at[i], p.w[i] = -1, 0
	}
	for o := from; o < to; o++ {
		at, w := t.at(o)
		for k, a := range w {
			i := k*p.size + (o-from)*c
			for j := range c {
				p.at[i+j], p.w[i+j] = int32((at-skip+k)*c+j), a
			}
		}
	}
}

// mix sets the elements of y, or with add adds to them, scale times the
// weighted sums of those of x.
func (p *points) mix(y, x []float32, scale float32, add bool) {
	y = y[:p.n]
	reads(x)
	writes(y)
	flag := 0
	if add {
		flag = 1
	}
	for lo := 0; lo < p.n; lo += piece {
		mixPointsFast(&y[lo], &x[0], min(piece, p.n-lo), &p.at[lo], &p.w[lo], p.size*elem, p.most, flag, scale)
	}
}
