package kernel

func axpyPlain[T float](y, x []T, a T) {
	x = x[:len(y)]
	for i := range y {
		y[i] += a * x[i]
	}
}

// axpy4Plain adds a linear combination of four vectors to y: one load and one
// store of y for four products.
func axpy4Plain[T float](y, x0, x1, x2, x3 []T, a0, a1, a2, a3 T) {
	n := len(y)
	x0, x1, x2, x3 = x0[:n], x1[:n], x2[:n], x3[:n]
	for i := range y {
		y[i] += a0*x0[i] + a1*x1[i] + (a2*x2[i] + a3*x3[i])
	}
}

func addPlain[T float](y, x []T) {
	x = x[:len(y)]
	for i := range y {
		y[i] += x[i]
	}
}

func scalePlain[T float](y []T, a T) {
	for i := range y {
		y[i] *= a
	}
}

// dotPlain keeps four sums, for the latency of an addition is four cycles.
func dotPlain[T float](x, y []T) T {
	y = y[:len(x)]
	var s0, s1, s2, s3 T
	i := 0
	for ; i+4 <= len(x); i += 4 {
		x, y := x[i:i+4:i+4], y[i:i+4:i+4]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for ; i < len(x); i++ {
		s0 += x[i] * y[i]
	}
	return s0 + s1 + (s2 + s3)
}

// combine adds to y the combination of k vectors that lie xs apart, with
// coefficients that lie as apart.
func combine[T float](y, x []T, xs int, a []T, as, k int) {
	n := len(y)
	i := 0
	for ; i+4 <= k; i += 4 {
		axpy4Plain(y, x[i*xs:][:n], x[(i+1)*xs:][:n], x[(i+2)*xs:][:n], x[(i+3)*xs:][:n],
			a[i*as], a[(i+1)*as], a[(i+2)*as], a[(i+3)*as])
	}
	for ; i < k; i++ {
		axpyPlain(y, x[i*xs:][:n], a[i*as])
	}
}
