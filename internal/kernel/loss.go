package kernel

import (
	"fmt"
	"math"
)

// SoftmaxRows writes the softmax of each row of x, of the given number of
// channels, to y, and the logarithm of the sum of the row's exponentials to
// logSum, of one element per row. What is below the least normal float32 becomes
// 0. A row that holds a NaN or +Inf becomes NaN.
func SoftmaxRows(y, x []float32, logSum []float64, channels int) {
	if channels <= 0 || len(x) != len(logSum)*channels || len(y) != len(x) {
		panic("kernel: softmax of slices of the wrong length")
	}
	if fast.available() && len(x) > 0 {
		softmaxFast(y, x, logSum, channels)
		return
	}
	for r := range logSum {
		logSum[r] = softmax(y[r*channels:][:channels], x[r*channels:][:channels])
	}
}

// softmaxFast does as many rows at a time as make a piece.
func softmaxFast(y, x []float32, logSum []float64, channels int) {
	reads(x)
	writes(y)
	writes(logSum)
	each := max(1, piece/channels)
	sums := scratch64(min(each, len(logSum)))
	defer release64(sums)
	for lo := 0; lo < len(logSum); lo += each {
		rows := min(each, len(logSum)-lo)
		fast.maps.softmaxRows(&y[lo*channels], &x[lo*channels], &logSum[lo], &sums[0], rows, channels)
		fast.maps.addLogs(&logSum[lo], &sums[0], rows)
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

// leastExponent is about ln 2^-126: exponentials of less count as zero.
const leastExponent = -87.33

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
	const round = 3 << 51 // added, it leaves an integer in the low bits
	if x < leastExponent {
		return 0
	}
	shifted := x*(expSteps/math.Ln2) + round
	k := math.Float64bits(shifted)
	r := x - (shifted-round)*(math.Ln2/expSteps)
	power := math.Float64frombits(expTable[k%expSteps] + k/expSteps<<52)
	return power + power*(r+r*r*(1./2+r*(1./6)))
}

// LabelGradient adds to gx, or writes to it unless add holds, the gradient by
// logits of a loss of their softmax p and of labels. Of row r and channel k it is
//
//	g = scale p(k) (common(r) + each(k) - sum over j of p(j) each(j))
//
// but at the row's label that of which all add up to 0: it would be the small
// difference of large numbers where p is near 1. gx and p are [rows, channels],
// labels channels' numbers.
func LabelGradient(gx, p, each []float32, common []float64, labels []float32, scale float32, add bool) {
	channels := len(each)
	if len(gx) != len(labels)*channels || len(p) != len(gx) || len(common) != len(labels) {
		panic("kernel: gradients by labels of slices of the wrong length")
	}
	for _, y := range labels {
		if !(y >= 0 && int(y) < channels) {
			panic(fmt.Sprintf("kernel: label %g of %d channels", y, channels))
		}
	}
	if !fast.available() {
		for r, y := range labels {
			labelGradient(gx[r*channels:][:channels], p[r*channels:][:channels], each, common[r], int(y), scale, add)
		}
		return
	}
	reads(p, each, labels)
	reads(common)
	writes(gx)
	f := fast.maps.labelGradientSet
	if add {
		f = fast.maps.labelGradientAdd
	}
	few := max(1, piece/channels)
	for lo := 0; lo < len(labels); lo += few {
		f(&gx[lo*channels], &p[lo*channels], &each[0], &common[lo], &labels[lo], scale, min(few, len(labels)-lo), channels)
	}
}

func labelGradient(gx, p, each []float32, common float64, y int, scale float32, add bool) {
	for c, v := range p {
		common -= float64(v * each[c])
	}
	shared, others := float32(common), 0.0
	for c, v := range p {
		d := scale * v * (shared + each[c])
		if c == y {
			d = 0
		}
		others += float64(d)
		if add {
			d += gx[c]
		}
		gx[c] = d
	}
	gx[y] -= float32(others)
}
