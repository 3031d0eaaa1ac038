package data

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlacesAmidFourPixelsAreInterpolatedToTheSameBits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	amid := 0
	for range 20000 {
		dims, channels := [3]int{1, 1 + r.IntN(5), 1 + r.IntN(5)}, 1+r.IntN(3)
		x := make([]float32, dims[1]*dims[2]*channels)
		for i := range x {
			x[i] = r.Float32() - 0.5
		}
		place := [3]float64{0, 7*r.Float64() - 1, 7*r.Float64() - 1}
		if r.IntN(4) == 0 {
			place[1] = math.Floor(place[1])
		}
		if r.IntN(100) == 0 {
			place[2] = []float64{math.Inf(1), math.NaN(), 1e19, -1e19}[r.IntN(4)]
		}
		got, want := make([]float32, channels), make([]float32, channels)
		multilinear(want, x, dims, place)
		linear(got, x, dims, place)
		require.Equal(t, want, got, "%v of %v", place, dims)
		if bilinear(got, x, dims, place) {
			amid++
			require.Equal(t, want, got, "%v of %v", place, dims)
		}
	}
	require.Greater(t, amid, 1000)
}
