//go:build !purego

package kernel

func axpyFast(y, x *float32, n int, a float32) {
	if fast.lanes == 16 {
		axpy512(y, x, n, a)
	} else {
		axpy256(y, x, n, a)
	}
}

func axpy4Fast(y, x *float32, stride, n int, a0, a1, a2, a3 float32) {
	if fast.lanes == 16 {
		axpyFour512(y, x, stride, n, a0, a1, a2, a3)
	} else {
		axpyFour256(y, x, stride, n, a0, a1, a2, a3)
	}
}

func addFast(y, x *float32, n int) {
	if fast.lanes == 16 {
		add512(y, x, n)
	} else {
		add256(y, x, n)
	}
}

func scaleFast(y *float32, n int, a float32) {
	if fast.lanes == 16 {
		scale512(y, n, a)
	} else {
		scale256(y, n, a)
	}
}

func dotFast(x, y *float32, n int) float32 {
	if fast.lanes == 16 {
		return dot512(x, y, n)
	}
	return dot256(x, y, n)
}

func dotFourFast(sums *[4]float32, x *float32, stride int, y *float32, n int) {
	if fast.lanes == 16 {
		dotFour512(sums, x, stride, y, n)
	} else {
		dotFour256(sums, x, stride, y, n)
	}
}

func peakLoop(lanes, n int) {
	if lanes == 16 {
		peak512(n)
	} else {
		peak256(n)
	}
}
