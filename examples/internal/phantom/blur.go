package phantom

import (
	"math"
	"slices"

	"github.com/sshn-go/sshn/internal/parallel"
)

// gauss returns the weights of a Gaussian of sd voxels at distances 0, 1, 2 and
// so on to three deviations.
func gauss(sd float64) []float32 {
	w := make([]float64, max(int(3*sd), 2)+1)
	sum := -1.0 // the middle counts once
	for i := range w {
		w[i] = math.Exp(-float64(i*i) / (2 * sd * sd))
		sum += 2 * w[i]
	}
	weights := make([]float32, len(w))
	for i, x := range w {
		weights[i] = float32(x / sum)
	}
	return weights
}

// spread convolves x with the weights along each axis that has more than one
// sample. Zero lies outside. What is zero in x stays zero: a mask stays sharp.
func spread(x []float32, dims [3]int, w []float32) {
	within(x, func(src, dst []float32) []float32 {
		for axis, n := range dims {
			if n > 1 {
				convolve(dst, src, dims, axis, w)
				src, dst = dst, src
			}
		}
		return src
	})
}

// thicken makes x what slices along an axis show that are n voxels thick and
// lie n apart, the first at a share of n: a Gaussian blur of 3/4 n, and between
// the middles of slices a straight line. The mask stays sharp here, too. Source
// of the 3/4: Billot et al., SynthSeg, Medical Image Analysis 86, 2023.
func thicken(x []float32, dims [3]int, axis int, n, first float64) {
	step := stride(dims, axis)
	count := dims[axis]
	within(x, func(src, dst []float32) []float32 {
		convolve(dst, src, dims, axis, gauss(.75*n))
		parallel.For(len(x), 1<<15, func(lo, hi int) {
			for at := lo; at < hi; at++ {
				i := at / step % count
				k := math.Floor(float64(i)/n - first)
				below := (k + first) * n
				t := float32((float64(i) - below) / n)
				from := func(place float64) float32 {
					j := min(max(int(math.Round(place)), 0), count-1)
					return dst[at+(j-i)*step]
				}
				src[at] = (1-t)*from(below) + t*from(below+n)
			}
		})
		return src
	})
}

// within replaces x by what f makes of it in either of two buffers, the first of
// which holds x, but for zeros.
func within(x []float32, f func(src, dst []float32) []float32) {
	y := f(slices.Clone(x), make([]float32, len(x)))
	for at := range x {
		if x[at] != 0 {
			x[at] = y[at]
		}
	}
}

// convolve convolves src along an axis.
func convolve(dst, src []float32, dims [3]int, axis int, w []float32) {
	step, n := stride(dims, axis), dims[axis]
	parallel.For(len(src), 1<<15, func(lo, hi int) {
		for at := lo; at < hi; at++ {
			i := at / step % n
			v := w[0] * src[at]
			for r := 1; r < len(w); r++ {
				if i >= r {
					v += w[r] * src[at-r*step]
				}
				if i+r < n {
					v += w[r] * src[at+r*step]
				}
			}
			dst[at] = v
		}
	})
}

// stride returns how far the next sample along an axis is.
func stride(dims [3]int, axis int) int {
	step := 1
	for a := 2; a > axis; a-- {
		step *= dims[a]
	}
	return step
}
