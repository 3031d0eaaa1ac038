package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRectifyIsTheGradientOfTheActivationAndOfTheBias(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	onEveryLevel(t, func(t *testing.T) {
		for _, channels := range []int{1, 3, 16, 24, 33, 70} {
			for _, pixels := range []int{1, 7, 1500} {
				for _, slope := range []float32{0, 0.01, 1} {
					gy, y, gb := random(r, pixels*channels), random(r, pixels*channels), random(r, channels)
					want, sums, scale := clone(gy), widen(gb), widen(gb)
					for j := range scale {
						scale[j] = math.Abs(scale[j])
					}
					for i := range want {
						if y[i] <= 0 {
							want[i] *= slope
						}
						sums[i%channels] += float64(want[i])
						scale[i%channels] += math.Abs(float64(want[i]))
					}
					alone := clone(gy)
					Rectify(alone, y, slope, nil)
					Rectify(gy, y, slope, gb)
					require.Equal(t, want, gy)
					require.Equal(t, want, alone)
					near(t, fmt.Sprintf("gb of %d x %d", pixels, channels), sums, scale, gb)
				}
			}
		}
	})
}

func TestRectifyWithoutAnOutputOnlySums(t *testing.T) {
	gy, gb := []float32{1, 2, 3, 4}, []float32{10, 20}
	Rectify(gy, nil, 0, gb)
	require.Equal(t, []float32{14, 26}, gb)
	require.Equal(t, []float32{1, 2, 3, 4}, gy)
}

func TestReLUStopsInfiniteGradients(t *testing.T) {
	inf := float32(math.Inf(1))
	gy := []float32{inf, inf, 1, inf}
	Rectify(gy, []float32{0, -1, 1, 2}, 0, nil)
	require.Equal(t, []float32{0, 0, 1, inf}, gy)
}

func TestRectifyRefusesSlicesOfTheWrongLength(t *testing.T) {
	require.PanicsWithValue(t, "kernel: gradients of 5 elements for an output of 0 and a bias of 2",
		func() { Rectify(make([]float32, 5), nil, 1, make([]float32, 2)) })
	require.PanicsWithValue(t, "kernel: gradients of 6 elements for an output of 4 and a bias of 2",
		func() { Rectify(make([]float32, 6), make([]float32, 4), 1, make([]float32, 2)) })
}
