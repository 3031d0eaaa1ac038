package optim

import (
	"math"

	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
)

// Norm returns the Euclidean norm of a gradient, summed in float64. As the
// square of no float32 overflows there, it is finite if and only if every
// element is.
func Norm(gradient []float32) float64 {
	return math.Sqrt(parallel.Sum(len(gradient), grain, func(lo, hi int) float64 {
		g := gradient[lo:hi]
		var a, b, c, d float64 // an addition takes four cycles
		i := 0
		for ; i+4 <= len(g); i += 4 {
			q := g[i : i+4 : i+4]
			a += float64(q[0]) * float64(q[0])
			b += float64(q[1]) * float64(q[1])
			c += float64(q[2]) * float64(q[2])
			d += float64(q[3]) * float64(q[3])
		}
		for _, v := range g[i:] {
			a += float64(v) * float64(v)
		}
		return a + b + (c + d)
	}))
}

// Clip scales a gradient in place so that its Euclidean norm is at most limit,
// if that is over 0, and returns the norm from before. A norm that is not
// finite is returned as it is, and the gradient is left alone: no scale mends
// it. Source: Pascanu, Mikolov and Bengio, ICML 2013, algorithm 1.
func Clip(gradient []float32, limit float64) float64 {
	norm := Norm(gradient)
	if limit > 0 && norm > limit && !math.IsInf(norm, 1) {
		scale := float32(limit / norm)
		parallel.For(len(gradient), grain, func(lo, hi int) { kernel.Scale(gradient[lo:hi], scale) })
	}
	return norm
}
