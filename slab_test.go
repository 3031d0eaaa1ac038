package sshn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

func TestTilesCoverEveryVoxel(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 37} {
		for size := 1; size <= n; size++ {
			tiling := Tiling{Volume: [3]int{n, n, 1}, Tile: [3]int{size, size, 1}}
			starts := tiling.starts(0)
			require.Zero(t, starts[0])
			require.Equal(t, n-size, starts[len(starts)-1])
			for i := 1; i < len(starts); i++ {
				step := starts[i] - starts[i-1]
				require.Positive(t, step)
				require.LessOrEqual(t, step, max(size/2, 1), "tiles of %d in %d overlap by half", size, n)
			}
			require.Equal(t, len(starts)*len(starts), tiling.Len())
		}
	}
}

func TestTheWeightsOfTilesAreThoseOfAGaussianWithAFloor(t *testing.T) {
	const n = 16
	s := newSlab(Tiling{Volume: [3]int{n, 1, n}, Tile: [3]int{n, 1, n}}, 1)
	ones := make([]float32, n*n)
	for i := range ones {
		ones[i] = 1
	}
	s.add(tensor.From(ones, n, 1, n, 1), 0, [3]int{})
	require.EqualValues(t, float32(floor), s.sums[0], "a corner")
	require.InDelta(t, 0.939413, s.sums[7*n+8], 1e-6, "half a voxel off the middle on two axes: exp(-(1/4)^2)")
	require.InDelta(t, 0.443747, s.sums[7*n+10], 1e-6, "exp(-(1/4)^2/2 - (5/4)^2/2)")
	for _, w := range s.sums {
		require.GreaterOrEqual(t, w, float32(floor))
	}
}
