package rescale

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/tensor"
)

// Size is the one rule for the extent of an axis of n pixels rescaled by the
// factor phi: max(1, ceil(phi*n - 1e-6)). The margin is for products such as
// 0.07*100, which is 7.000000000000001 in float64. It panics with a
// [*FactorError] if phi is not positive and finite, if n is not positive, or if
// the result is over 2^31-1.
func Size(n int, phi float64) int {
	if !(phi > 0) || math.IsInf(phi, 1) {
		panic(&FactorError{n, phi, "the factor must be positive and finite"})
	}
	if n < 1 {
		panic(&FactorError{n, phi, "there is nothing to rescale"})
	}
	size := math.Ceil(phi*float64(n) - 1e-6)
	if size > math.MaxInt32 {
		panic(&FactorError{n, phi, "the result is over 2^31-1 pixels"})
	}
	return max(1, int(size))
}

// Sizes applies [Size] to the spatial axes of x [N, spatial..., C], with one
// factor for all axes, or one for each in the tensor's order: D H W. It panics
// with a [*FactorError] as Size does, and with a [*tensor.ShapeError] if there
// is neither one factor nor one per axis.
func Sizes(x tensor.Shape, phi ...float64) []int {
	sizes := x.Spatial()
	if len(sizes) == 0 || len(phi) != 1 && len(phi) != len(sizes) {
		panic(&tensor.ShapeError{Op: "rescale", Shapes: []tensor.Shape{x},
			Problem: fmt.Sprintf("%d factors for %d spatial axes", len(phi), len(sizes))})
	}
	for a, n := range sizes {
		sizes[a] = Size(n, phi[a%len(phi)])
	}
	return sizes
}

// A FactorError tells that an axis cannot be rescaled by a factor. It is what
// [Size] panics with.
type FactorError struct {
	N       int     // pixels along the axis
	Phi     float64 // the factor
	Problem string
}

// Error implements error.
func (e *FactorError) Error() string {
	return fmt.Sprintf("rescale: an axis of %d pixels by phi = %g: %s", e.N, e.Phi, e.Problem)
}
