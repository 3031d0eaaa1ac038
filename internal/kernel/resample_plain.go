package kernel

// mixRowsPlain is mixRows, two rows at a time.
func mixRowsPlain(y, x []float32, at []int, w []float32, add bool) {
	n, k := len(y), 0
	if !add {
		if len(at) == 1 {
			scaleTo(y, x[at[0]:][:n], w[0])
			return
		}
		lerp(y, x[at[0]:][:n], x[at[1]:][:n], w[0], w[1])
		k = 2
	}
	for ; k+2 <= len(at); k += 2 {
		lerpAdd(y, x[at[k]:][:n], x[at[k+1]:][:n], w[k], w[k+1])
	}
	if k < len(at) {
		axpyPlain(y, x[at[k]:][:n], w[k])
	}
}

// mixColumnsPlain is mixColumns.
func mixColumnsPlain(y []float32, ys int, x []float32, skip int, t *Taps, from, to, c int, scale float32, add bool) {
	for o := from; o < to; o++ {
		at, w := t.at(o)
		y := y[(o-from)*ys:][:c]
		switch {
		case c == 1:
			mixScalar(y, x, at-skip, w, scale, add)
			continue
		case len(w) == 0 && !add:
			clear(y)
			continue
		case len(w) == 0:
			continue
		}
		x := x[(at-skip)*c:][:len(w)*c]
		k := 0
		if !add {
			if len(w) == 1 {
				scaleTo(y, x, scale*w[0])
				continue
			}
			lerp(y, x[:c], x[c:2*c], scale*w[0], scale*w[1])
			k = 2
		}
		for ; k+2 <= len(w); k += 2 {
			lerpAdd(y, x[k*c:][:c], x[(k+1)*c:][:c], scale*w[k], scale*w[k+1])
		}
		if k < len(w) {
			axpyPlain(y, x[k*c:][:c], scale*w[k])
		}
	}
}

// mixScalar is a step of mixColumnsPlain for one channel, as of images and
// label maps, where the loops over channels would take the time.
func mixScalar(y, x []float32, at int, w []float32, scale float32, add bool) {
	var sum float32
	if len(w) > 0 {
		x := x[at:][:len(w)]
		for k, a := range w {
			sum += scale * a * x[k]
		}
	}
	if add {
		sum += y[0]
	}
	y[0] = sum
}

// lerp is y = a0*x0 + a1*x1.
func lerp(y, x0, x1 []float32, a0, a1 float32) {
	i := 0
	for ; i+4 <= len(y); i += 4 {
		y, x0, x1 := y[i:i+4:i+4], x0[i:i+4:i+4], x1[i:i+4:i+4]
		y[0] = a0*x0[0] + a1*x1[0]
		y[1] = a0*x0[1] + a1*x1[1]
		y[2] = a0*x0[2] + a1*x1[2]
		y[3] = a0*x0[3] + a1*x1[3]
	}
	for ; i < len(y); i++ {
		y[i] = a0*x0[i] + a1*x1[i]
	}
}

// lerpAdd is y += a0*x0 + a1*x1.
func lerpAdd(y, x0, x1 []float32, a0, a1 float32) {
	i := 0
	for ; i+4 <= len(y); i += 4 {
		y, x0, x1 := y[i:i+4:i+4], x0[i:i+4:i+4], x1[i:i+4:i+4]
		y[0] += a0*x0[0] + a1*x1[0]
		y[1] += a0*x0[1] + a1*x1[1]
		y[2] += a0*x0[2] + a1*x1[2]
		y[3] += a0*x0[3] + a1*x1[3]
	}
	for ; i < len(y); i++ {
		y[i] += a0*x0[i] + a1*x1[i]
	}
}

// scaleTo is y = a*x.
func scaleTo(y, x []float32, a float32) {
	x = x[:len(y)]
	for i := range y {
		y[i] = a * x[i]
	}
}
