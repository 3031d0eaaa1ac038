package optim

import (
	"math"

	"github.com/sshn-go/sshn/internal/parallel"
)

// Clip scales a gradient in place so that its Euclidean norm is at most limit,
// if that is over 0, and returns the norm from before. A norm that is not
// finite is returned as it is, and the gradient is left alone: no scale mends it.
func Clip(gradient []float32, limit float64) float64 {
	norm := math.Sqrt(parallel.Sum(len(gradient), 1<<14, func(lo, hi int) float64 {
		var sum float64
		for _, g := range gradient[lo:hi] {
			sum += float64(g) * float64(g)
		}
		return sum
	}))
	if limit > 0 && norm > limit && !math.IsInf(norm, 1) {
		scale := float32(limit / norm)
		parallel.For(len(gradient), 1<<14, func(lo, hi int) {
			for i := range gradient[lo:hi] {
				gradient[lo+i] *= scale
			}
		})
	}
	return norm
}
