package kernel

import "math"

// SoftmaxRows writes the softmax of each row of x, of the given number of
// channels, to y, and the logarithm of the sum of the row's exponentials to
// logSum, of one element per row. What is below the least normal float32 becomes
// 0. A row that holds a NaN or +Inf becomes NaN.
func SoftmaxRows(y, x []float32, logSum []float64, channels int) {
	if channels <= 0 || len(x) != len(logSum)*channels || len(y) != len(x) {
		panic("kernel: softmax of slices of the wrong length")
	}
	for r := range logSum {
		logSum[r] = softmax(y[r*channels:][:channels], x[r*channels:][:channels])
	}
}

func softmax(y, x []float32) (logSum float64) {
	top := x[0]
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	m, sum := float64(top), 0.0
	for i, v := range x {
		e := expBelow1(float64(v) - m)
		sum += e
		y[i] = float32(e)
	}
	scale := float32(1 / sum)
	for i := range y {
		y[i] *= scale
	}
	return m + math.Log(sum)
}

// expSteps cut a binade of the exponential for a table, so that the rest
// |r| <= ln 2 / 64 takes a cubic: r⁴/24 < 6e-10, a hundredth of a float32's ulp.
const expSteps = 32

var expTable = func() (t [expSteps]uint64) {
	for i := range t {
		t[i] = math.Float64bits(math.Exp2(float64(i) / expSteps))
	}
	return t
}()

// expBelow1 returns exp(x) for x <= 0, good to float32, and 0 where that has no
// normal float32; of NaN, NaN.
func expBelow1(x float64) float64 {
	const (
		least = -87.33  // ln 2^-126
		round = 3 << 51 // added, it leaves an integer in the low bits
	)
	if x < least {
		return 0
	}
	shifted := x*(expSteps/math.Ln2) + round
	k := math.Float64bits(shifted)
	r := x - (shifted-round)*(math.Ln2/expSteps)
	power := math.Float64frombits(expTable[k%expSteps] + k/expSteps<<52)
	return power + power*(r+r*r*(1./2+r*(1./6)))
}
