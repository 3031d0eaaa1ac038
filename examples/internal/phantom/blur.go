package phantom

import (
	"math"

	"github.com/sshn-go/sshn/internal/parallel"
)

// gauss returns the weights of a Gaussian of sd voxels at distances 0, 1, 2.
func gauss(sd float64) [3]float32 {
	w := [3]float64{}
	for i := range w {
		w[i] = math.Exp(-float64(i*i) / (2 * sd * sd))
	}
	sum := w[0] + 2*(w[1]+w[2])
	return [3]float32{float32(w[0] / sum), float32(w[1] / sum), float32(w[2] / sum)}
}

// spread convolves x with the weights along each axis that has more than one
// sample. Zero lies outside. What is zero in x stays zero: a mask stays sharp.
func spread(x []float32, dims [3]int, w [3]float32) {
	src := append([]float32(nil), x...)
	dst := make([]float32, len(x))
	step := 1
	for a := 2; a >= 0; a-- {
		if n := dims[a]; n > 1 {
			axis := step
			parallel.For(len(x), 1<<15, func(lo, hi int) {
				for at := lo; at < hi; at++ {
					i := at / axis % n
					v := w[0] * src[at]
					for r := 1; r <= 2; r++ {
						if i >= r {
							v += w[r] * src[at-r*axis]
						}
						if i+r < n {
							v += w[r] * src[at+r*axis]
						}
					}
					dst[at] = v
				}
			})
			src, dst = dst, src
		}
		step *= dims[a]
	}
	for at := range x {
		if x[at] != 0 {
			x[at] = src[at]
		}
	}
}
