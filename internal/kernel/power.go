package kernel

import "math"

// Powers replaces each normal x > 0 by x^exponent exp(shift), shift being that of
// its place; the others stay as they are. Of +Inf it is NaN; what is below about
// 2^-126 becomes 0.
func Powers(x, shift []float32, exponent float64) {
	if len(x) != len(shift) {
		panic("kernel: powers of slices of different lengths")
	}
	if !fast.available() {
		powersPlain(x, shift, exponent)
		return
	}
	reads(shift)
	writes(x)
	for lo := 0; lo < len(x); lo += piece {
		fast.maps.powers(&x[lo], &shift[lo], min(piece, len(x)-lo), exponent)
	}
}

func powersPlain(x, shift []float32, exponent float64) {
	const leastNormal = 0x1p-126
	for i, v := range x {
		if v < leastNormal || v != v {
			continue
		}
		v -= v - v // NaN of what is infinite
		e := exponent*math.Log(float64(v)) + float64(shift[i])
		if x[i] = 0; !(e < leastExponent) {
			x[i] = float32(math.Exp(e))
		}
	}
}
