package sshn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/unet"
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

func TestAmpleTilesCostNoMoreThanCubes(t *testing.T) {
	m, err := New(Config{Method: Stochastic, Network: unet.Config{Dims: 3, In: 1, Out: 4, Widths: []int{4, 4, 4}}})
	require.NoError(t, err)
	f := nn.Uniform(0.25)
	volume := [3]int{160, 192, 224}
	whole, err := m.tiling(volume[:], f, 0)
	require.NoError(t, err)
	last, thinner := whole, 0
	work := func(t Tiling) int64 { return int64(t.Len()) * product(t.Tile) }
	for limit := whole.Bytes - 1; ; limit = last.Bytes - 1 {
		tiling, err := m.tiling(volume[:], f, limit)
		require.NoError(t, err)
		require.LessOrEqual(t, tiling.Bytes, limit)
		if min(tiling.Tile[0], tiling.Tile[1], tiling.Tile[2]) < ample {
			require.Equal(t, cube(volume, tiling.Tile[0]), tiling.Tile, "small tiles are cubes")
			break
		}
		require.GreaterOrEqual(t, work(tiling), work(last), "less memory, no less work")
		for axis, n := range tiling.Tile {
			require.True(t, n%grain == 0 || n == volume[axis])
		}
		for edge := ample; edge < 224; edge += grain {
			if c := m.tiles(volume, cube(volume, edge), f); c.Bytes <= limit {
				require.LessOrEqual(t, work(tiling), work(c), "%v; %v would do", tiling, c)
			}
		}
		last = tiling
		thinner++
	}
	require.Greater(t, thinner, 10)
	require.Equal(t, []int{224, 152, 112, 96, 80, 64}, lengths(224))
	require.Equal(t, []int{7}, lengths(7))
}

func TestSumsOfLogitsAreNeverOfAllVoxels(t *testing.T) {
	m, err := New(Config{Method: Stochastic, Network: unet.Config{Dims: 3, In: 1, Out: 4, Widths: []int{4, 4, 4}}})
	require.NoError(t, err)
	f := nn.Uniform(0.25)
	for _, volume := range [][]int{{10, 2000, 2000}, {10, 1990, 2000}, {1990, 2000, 10}, {192, 192, 192}, {100, 96, 96}} {
		whole, err := m.tiling(volume, f, 0)
		require.NoError(t, err)
		for limit := whole.Bytes - 1; limit > whole.Bytes/2; limit -= whole.Bytes / 20 {
			tiling, err := m.tiling(volume, f, limit)
			require.NoError(t, err)
			require.Less(t, tiling.slab(), product(tiling.Volume), "%v", tiling)
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
