package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAdamIsItsFormula(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	a := Adam{Rise1: 0.1, Rise2: 0.01, Rate: 0.05, Correction: 3, Epsilon: 1e-3, Decay: 0.02, Shrink: 0.04}
	for _, n := range []int{0, 1, 7, adamGrain + 3} {
		for _, withLargest := range []bool{false, true} {
			theta, g, m, v := random(r, n), random(r, n), random(r, n), random(r, n)
			var largest []float32
			for i := range v {
				v[i] *= v[i]
			}
			if withLargest {
				largest = random(r, n)
			}
			want := make([]float64, n)
			for i := range want {
				d := float64(g[i]) + 0.02*float64(theta[i])
				mi := 0.9*float64(m[i]) + 0.1*d
				vi := 0.99*float64(v[i]) + 0.01*d*d
				if withLargest {
					vi = max(vi, float64(largest[i]))
				}
				want[i] = 0.96*float64(theta[i]) - 0.05*mi/(math.Sqrt(vi)*3+1e-3)
			}
			a.Step(theta, g, m, v, largest)
			for i := range want {
				// A handful of float32 roundings of numbers below 10.
				require.InDelta(t, want[i], theta[i], 1e-5, "%d of %d", i, n)
			}
		}
	}
}

func TestAdamOfDifferentLengthsPanics(t *testing.T) {
	x, y := make([]float32, 3), make([]float32, 2)
	require.PanicsWithValue(t, "kernel: Adam of slices of different lengths", func() { new(Adam).Step(x, x, x, y, nil) })
	require.PanicsWithValue(t, "kernel: Adam of slices of different lengths", func() { new(Adam).Step(x, x, x, x, y) })
}
