package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChannelsAreTheirDefinitionToTheBit(t *testing.T) {
	bits := func(x []float32) (b []uint32) {
		for _, v := range x {
			b = append(b, math.Float32bits(v))
		}
		return b
	}
	onEveryLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, channels := range []int{1, 3, 16, 32, 37} {
			for _, pixels := range []int{1, 2, 7, 91, 2000} {
				x, v := random(r, pixels*channels), random(r, channels)
				x[0], v[channels-1] = float32(math.Copysign(0, -1)), 0
				product, sum, added := make([]float32, len(x)), make([]float32, len(x)), random(r, len(x))
				wantAdded := clone(added)
				wantProduct, wantSum := make([]float32, len(x)), make([]float32, len(x))
				want := make([]float64, channels)
				for i := range x {
					c := i % channels
					wantProduct[i], wantSum[i] = x[i]*v[c], x[i]+v[c]
					wantAdded[i] += wantProduct[i]
					want[c] += float64(x[i]) * float64(added[i])
				}
				sums := make([]float32, channels)
				AddProducts(sums, x, added)
				ScaleShift(product, x, v, nil)
				ScaleShift(sum, x, nil, v)
				AddScaled(added, x, v)
				what := fmt.Sprintf("%d pixels of %d channels", pixels, channels)
				require.Equal(t, bits(wantProduct), bits(product), what)
				require.Equal(t, bits(wantSum), bits(sum), what)
				require.Equal(t, bits(wantAdded), bits(added), what)
				for c := range sums {
					require.InDelta(t, want[c], sums[c], 1e-6*float64(pixels), what)
				}
			}
		}
	})
	require.PanicsWithValue(t, "kernel: 6 elements of 6 by 4 and 0 channels", func() { ScaleShift(make([]float32, 6), make([]float32, 6), make([]float32, 4), nil) })
	require.PanicsWithValue(t, "kernel: sums of 4 channels of 6 by 6 elements", func() { AddProducts(make([]float32, 4), make([]float32, 6), make([]float32, 6)) })
}
