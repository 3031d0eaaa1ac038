package kernel

// mix sets y to, or with add adds to it, scale times the sum of w[k] times the
// vector of y's length at x[k*stride]. Without weights the sum is zero.
func mix(y, x, w []float32, stride int, scale float32, add bool) {
	n, k := len(y), 0
	if !add {
		switch {
		case len(w) == 0:
			clear(y)
			return
		case len(w) > 1:
			lerp(y, x[:n], x[stride:][:n], scale*w[0], scale*w[1])
			k = 2
		case scale*w[0] == 1:
			copy(y, x[:n])
			return
		default:
			scaleTo(y, x[:n], scale*w[0])
			return
		}
	}
	for ; k+2 <= len(w); k += 2 {
		lerpAdd(y, x[k*stride:][:n], x[(k+1)*stride:][:n], scale*w[k], scale*w[k+1])
	}
	if k < len(w) {
		Axpy(y, x[k*stride:][:n], scale*w[k])
	}
}

// mixScalars is mixColumns of one channel, as of images and label maps, where a
// call for each pixel would take the time.
func mixScalars(y, x []float32, t *Taps, first int, scale float32, add bool) {
	for o := range y {
		at, w := t.at(first + o)
		taps := x[at:][:len(w)]
		var sum float32
		for k, a := range w {
			sum += scale * a * taps[k]
		}
		if add {
			sum += y[o]
		}
		y[o] = sum
	}
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
