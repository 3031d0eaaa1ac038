package data

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
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
		src := Sample{Image: tensor.From(x, dims[1], dims[2], channels), Labels: tensor.New(dims[1], dims[2])}
		for i := range src.Labels.Data {
			src.Labels.Data[i] = float32(i)
		}
		got, want, label := make([]float32, channels), make([]float32, channels), float32(-1)
		multilinear(want, x, dims, place)
		sample(got, &label, &src, dims, place)
		require.Equal(t, want, got, "%v of %v", place, dims)
		require.Equal(t, nearest(src.Labels.Data, dims, place), label, "%v of %v", place, dims)
		if sampleAmid(got, &label, &src, dims, place) {
			amid++
			require.Equal(t, want, got, "%v of %v", place, dims)
		}
	}
	require.Greater(t, amid, 1000)
}
