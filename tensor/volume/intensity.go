package volume

import (
	"errors"
	"fmt"
	"math"

	"github.com/sshn-go/sshn/tensor"
)

// An Intensity takes brightness to what a network wants: it clips x to [Lo, Hi],
// takes Shift away and divides by Width. It is a value.
type Intensity struct{ Lo, Hi, Shift, Width float64 }

// MinMax returns the intensity that takes the least of x to 0 and the greatest
// to 1. Where mask, of x's shape, is 0, elements do not count; one without data
// counts all. It is an error if none counts or if one of x is not finite, and an
// image of elements alike becomes 0; so it is with the other functions.
func MinMax(x, mask tensor.Tensor) (Intensity, error) {
	if _, err := counted(x, mask); err != nil {
		return Intensity{}, err
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, v := range x.Data {
		if counts(mask, i) {
			lo, hi = min(lo, float64(v)), max(hi, float64(v))
		}
	}
	return Intensity{lo, hi, lo, width(hi - lo)}, nil
}

// Percentiles returns the intensity that clips x at two percentiles, of which
// the lower becomes 0 and the upper 1. A percentile is interpolated linearly
// between the order statistics at ranks of (n - 1) percent / 100. Percentiles
// panics if they do not lie in order in [0, 100].
func Percentiles(x, mask tensor.Tensor, lower, upper float64) (Intensity, error) {
	if !(lower >= 0 && lower < upper && upper <= 100) {
		panic(&tensor.UseError{Problem: fmt.Sprintf("volume: percentiles %v and %v do not lie in order in [0, 100]", lower, upper)})
	}
	n, err := counted(x, mask)
	if err != nil {
		return Intensity{}, err
	}
	lo, hi := percentile(x, mask, n, lower), percentile(x, mask, n, upper)
	return Intensity{lo, hi, lo, width(hi - lo)}, nil
}

// ZScore returns the intensity that takes away the mean and divides by the
// deviation of the voxels that count, that of a population: it divides by their
// number. Nothing is clipped.
func ZScore(x, mask tensor.Tensor) (Intensity, error) {
	n, err := counted(x, mask)
	if err != nil {
		return Intensity{}, err
	}
	mean, square := 0.0, 0.0
	for i, v := range x.Data {
		if counts(mask, i) {
			mean += float64(v)
		}
	}
	mean /= float64(n)
	for i, v := range x.Data {
		if counts(mask, i) {
			d := float64(v) - mean
			square += float64(d * d)
		}
	}
	return Intensity{math.Inf(-1), math.Inf(1), mean, width(math.Sqrt(square / float64(n)))}, nil
}

// Apply writes x's intensities to dst, which may be x. It panics with a
// [*tensor.ShapeError] if the shapes differ.
func (n Intensity) Apply(dst, x tensor.Tensor) {
	alike("intensity", dst, x)
	for i, v := range x.Data {
		dst.Data[i] = float32((min(max(float64(v), n.Lo), n.Hi) - n.Shift) / n.Width)
	}
}

// Undo is the inverse of Apply but for what was clipped, and rounding.
func (n Intensity) Undo(dst, y tensor.Tensor) {
	alike("intensity", dst, y)
	for i, v := range y.Data {
		dst.Data[i] = float32(float64(float64(v)*n.Width) + n.Shift)
	}
}

func width(x float64) float64 {
	if x == 0 {
		return 1
	}
	return x
}

// counted returns how many voxels count.
func counted(x, mask tensor.Tensor) (int, error) {
	if mask.Data != nil {
		alike("mask", mask, x)
	}
	n, odd := 0, 0
	for i, v := range x.Data {
		if v-v != 0 { // NaN or infinite
			odd++
		}
		if counts(mask, i) {
			n++
		}
	}
	switch {
	case odd > 0:
		return 0, fmt.Errorf("%d of %d intensities are not finite", odd, len(x.Data))
	case n == 0:
		return 0, errors.New("no intensity counts")
	}
	return n, nil
}

func counts(mask tensor.Tensor, at int) bool { return mask.Data == nil || mask.Data[at] != 0 }

func alike(op string, x, y tensor.Tensor) {
	if x.Shape != y.Shape || len(x.Data) != len(y.Data) {
		panic(&tensor.ShapeError{Op: op, Shapes: []tensor.Shape{x.Shape, y.Shape}, Problem: "shapes differ"})
	}
}

// percentile returns a percentile of the n voxels that count.
func percentile(x, mask tensor.Tensor, n int, percent float64) float64 {
	rank := float64(n-1) * percent / 100
	below := int(rank)
	share := rank - float64(below)
	lo := ordered(x, mask, below)
	if share == 0 {
		return lo
	}
	return lo + float64(share*(ordered(x, mask, below+1)-lo))
}

// ordered returns the voxel of a rank, without sorting them: it counts the
// upper halves of their bits, then the lower halves of those with the right
// upper.
func ordered(x, mask tensor.Tensor, rank int) float64 {
	upper := uint32(0)
	for pass := range 2 {
		histogram := make([]int, 1<<16)
		for i, v := range x.Data {
			key := sortable(v)
			switch {
			case !counts(mask, i):
			case pass == 0:
				histogram[key>>16]++
			case key>>16 == upper:
				histogram[key&0xffff]++
			}
		}
		at := uint32(0)
		for rank >= histogram[at] {
			rank -= histogram[at]
			at++
		}
		if pass == 0 {
			upper = at
		} else {
			upper = upper<<16 | at
		}
	}
	if upper>>31 == 0 {
		return float64(math.Float32frombits(^upper))
	}
	return float64(math.Float32frombits(upper ^ 1<<31))
}

// sortable returns an integer whose order is that of finite numbers.
func sortable(x float32) uint32 {
	bits := math.Float32bits(x)
	if bits>>31 == 1 {
		return ^bits
	}
	return bits | 1<<31
}
