package kernel

// Maps of few channels are resampled a group of rows at a time. The input rows
// that a group reads are blended along the depth, then to a line for each output
// row. The lines are transposed, [rows][columns * C] to [columns * C][rows],
// which is one row of pixels of C * rows channels that fill vectors. What
// mixColumns makes of that is transposed back.

const (
	mostTurned = 3  // channels of such maps: with more a pixel's vector is well used
	turnedRows = 16 // in a group at most
	turn       = 8  // lines, and elements of them, that are transposed at once
)

// turning is the working memory for a group.
type turning struct {
	plane []float32 // input rows blended along the depth
	lines []float32 // for turn rows, of the input or the output
	width int       // elements from one line to the next
	x, y  []float32 // lines of the input and of the output, transposed
}

// turningFloats is how much it takes for groups of so many rows, of elements of
// so many input rows that are read and of an output row that are written.
func turningFloats(group, planeRows, in, out int) int {
	plane := planeRows * in
	in, out = wholeTurns(in), wholeTurns(out)
	return turn*max(in, out) + group*(in+out) + plane
}

func newTurning(work []float32, group, in, out int) turning {
	in, out = wholeTurns(in), wholeTurns(out)
	t := turning{width: max(in, out)}
	t.lines, work = work[:turn*t.width], work[turn*t.width:]
	t.x, work = work[:group*in], work[group*in:]
	t.y, t.plane = work[:group*out], work[group*out:]
	return t
}

func wholeTurns(n int) int { return (n + turn - 1) / turn * turn }

// planeRows is the number of input rows for which a group wants a plane.
func (r *Resampling) planeRows(group int) int {
	depth, height, most := r.Axes[0], r.Axes[1], 0
	if len(depth.Weight) <= depth.Out() && depth.sorted { // no window of two
		return 0
	}
	for h := 0; h < height.Out(); h += group {
		lo, hi, dense := height.band(h, min(h+group, height.Out()))
		if dense {
			most = max(most, hi-lo)
		}
	}
	return most
}

// band returns the inputs [lo, hi) that outputs [from, to) read, and whether
// each of them about once at least.
func (t *Taps) band(from, to int) (lo, hi int, dense bool) {
	lo, hi = t.reach(from, to)
	return lo, hi, hi-lo <= int(t.Start[to]-t.Start[from])
}

// turned makes the outputs of rows [h, h+rows) of depth d of an image, which
// follow each other in y.
func (s *span) turned(y, x []float32, image, d, h, rows int, how writing) {
	t, row := &s.turning, s.Axes[2].Out()*s.C
	n, width, all := (s.hi-s.lo)*s.C, (s.to-s.from)*s.C, wholeTurns(rows)
	if n == 0 {
		for i := 0; i < rows && how != adding; i++ {
			clear(y[i*row:][:width])
		}
		return
	}
	blend := s.plane(x, image, d, h, rows)
	for j := 0; j < all; j += turn {
		for i := j; i < min(j+turn, rows); i++ {
			s.mix(t.lines[(i-j)*t.width:][:n], blend, h+i)
		}
		turnInto(t.x[j:], all, t.lines, t.width, wholeTurns(n)/turn)
	}
	mixColumns(t.y, all*s.C, t.x, s.lo, s.Axes[2], s.from, s.to, all*s.C, 1, over)
	for j := 0; j < all; j += turn {
		whole := 0 // elements that go straight to y
		if j+turn <= rows {
			whole = width / turn * turn
			turnBack(y[j*row:], row, t.y[j:], all, whole/turn, how == adding)
		}
		if rest := y[whole:]; whole < width {
			turnBack(t.lines, t.width, t.y[whole*all+j:], all, wholeTurns(width-whole)/turn, false)
			for i := j; i < min(j+turn, rows); i++ {
				mixRows(rest[i*row:][:width-whole], t.lines[(i-j)*t.width:], zero, one, how == adding)
			}
		}
	}
	for i := 0; i < rows && how != adding; i++ {
		if s.empty(d, h+i) { // what was made may be -0
			clear(y[i*row:][:width])
		}
	}
}

var zero, one = []int{0}, []float32{1}

// plane blends the input rows that depth d of rows [h, h+rows) is made of, if
// there are several depths and each row is read: the memory is then read in its
// order.
func (s *span) plane(x []float32, image, d, h, rows int) inputRows {
	p := s.inputRows(x, image, d)
	lo, hi, dense := s.Axes[1].band(h, h+rows)
	if len(p.weight) < 2 || !dense {
		return p
	}
	n, parts := (s.hi-s.lo)*s.C, hi-lo
	if n == p.row { // whole rows follow each other
		n, parts = parts*n, 1
	}
	for i := range parts {
		s.rows.begin(s.turning.plane[i*n:][:n], p.x[lo*p.row+i*p.row:], false)
		for k, a := range p.weight {
			s.rows.put(k*p.plane, a)
		}
		s.rows.end()
	}
	return inputRows{x: s.turning.plane, row: (s.hi - s.lo) * s.C, first: lo, weight: one}
}

// turnInto sets to[i][j] = from[j][i], j < turn, i < blocks*turn, rows of to and
// of from being so many elements apart.
func turnInto(to []float32, toStride int, from []float32, fromStride, blocks int) {
	_, _ = to[(blocks*turn-1)*toStride+turn-1], from[(turn-1)*fromStride+blocks*turn-1]
	transposeEight(&to[0], &from[0], toStride*elem, fromStride*elem, turn*toStride*elem, turn*elem, blocks, 0)
}

// turnBack sets to[j][i] = from[i][j], j < turn, i < blocks*turn, or adds that.
func turnBack(to []float32, toStride int, from []float32, fromStride, blocks int, add bool) {
	if blocks == 0 {
		return
	}
	_, _ = from[(blocks*turn-1)*fromStride+turn-1], to[(turn-1)*toStride+blocks*turn-1]
	flag := 0
	if add {
		flag = 1
	}
	for j := range turn {
		writes(to[j*toStride:][:blocks*turn])
	}
	transposeEight(&to[0], &from[0], toStride*elem, fromStride*elem, turn*elem, turn*fromStride*elem, blocks, flag)
}
