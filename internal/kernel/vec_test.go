package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVectorPrimitivesAreTheirLoops(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for n := range 200 {
		x, y := random(r, n), random(r, n)
		axpy, add, scale := clone(y), clone(y), clone(y)
		Axpy(axpy, x, 0.5)
		Add(add, x)
		Scale(scale, 0.5)
		sum, size := 0.0, 0.0
		for i := range n {
			// a half scales exactly, so that fused and unfused products agree
			require.Equal(t, y[i]+0.5*x[i], axpy[i])
			require.Equal(t, y[i]+x[i], add[i])
			require.Equal(t, 0.5*y[i], scale[i])
			sum += float64(x[i]) * float64(y[i])
			size += abs(float64(x[i]) * float64(y[i]))
		}
		near(t, "dot", []float64{sum}, []float64{size}, []float32{Dot(x, y)})
	}
}
