package optim

import (
	"math"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
)

// Norm returns the Euclidean norm of a gradient, summed in float64. As the
// square of no float32 overflows there, that of Dense is finite if and only if
// every element is.
//
// Of a sum of outer products l_i ⊗ r_i it is the root of the sum over i and j of
// (l_i·l_j)(r_i·r_j), and infinite if the norm of one product is beyond float32, for
// then an element may be.
func Norm(g autograd.Gradient) float64 {
	sum := dot(g.Dense, g.Dense)
	if o := g.Outer; o != nil {
		matrix := 0.0
		for i := range o.Left {
			for j := range o.Left {
				product := dot(o.Left[i], o.Left[j]) * dot(o.Right[i], o.Right[j])
				if i == j && product > math.MaxFloat32*math.MaxFloat32 {
					return math.Inf(1)
				}
				matrix += product
			}
		}
		sum += max(matrix, 0) // but for rounding it is not negative; a NaN stays one
	}
	return math.Sqrt(sum)
}

func dot(x, y []float32) float64 {
	return parallel.Sum(len(x), grain, func(lo, hi int) float64 { return kernel.DotWide(x[lo:hi], y[lo:hi]) })
}

// Clip scales a gradient in place so that its Euclidean norm is at most limit,
// if that is over 0, and returns the norm from before. A norm that is not
// finite is returned as it is, and the gradient is left alone: no scale mends
// it. Source: Pascanu, Mikolov and Bengio, ICML 2013, algorithm 1.
func Clip(g autograd.Gradient, limit float64) float64 {
	norm := Norm(g)
	if !(limit > 0 && norm > limit) || math.IsInf(norm, 1) {
		return norm
	}
	scale := float32(limit / norm)
	parallel.For(len(g.Dense), grain, func(lo, hi int) { kernel.Scale(g.Dense[lo:hi], scale) })
	if g.Outer != nil {
		for _, left := range g.Outer.Left {
			kernel.Scale(left, scale)
		}
	}
	return norm
}
