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

// lerp is y = a0*x0 + a1*x1.
func lerp(y, x0, x1 []float32, a0, a1 float32) {
	x0, x1 = x0[:len(y)], x1[:len(y)]
	for i := range y {
		y[i] = a0*x0[i] + a1*x1[i]
	}
}

// lerpAdd is y += a0*x0 + a1*x1.
func lerpAdd(y, x0, x1 []float32, a0, a1 float32) {
	x0, x1 = x0[:len(y)], x1[:len(y)]
	for i := range y {
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
