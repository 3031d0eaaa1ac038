package sshn_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// pointwise returns a network for volumes that sees one voxel: it has one
// level, and its kernels are 0 but in the middle.
func pointwise(t *testing.T) *sshn.Model {
	t.Helper()
	cfg := config(sshn.Stochastic)
	cfg.Network.Dims, cfg.Network.Widths = 3, []int{6}
	m := model(t, cfg)
	p := m.Source().Params()
	for param := range m.Layout().Params() {
		if w := p.Tensor(param); w.Shape.Rank() == 5 && w.Shape.Dim(0) == 3 {
			tap := len(w.Data) / 27
			clear(w.Data[:13*tap])
			clear(w.Data[14*tap:])
		}
	}
	return m
}

// grey returns a scan of eight grey levels: those of a pointwise network's
// logits that decide differ by far more than rounding.
func grey(d, h, w int) *nifti.Volume {
	x := tensor.New(d, h, w)
	rng := nn.Stream(5, "grey")
	for i := range x.Data {
		x.Data[i] = float32(rng.IntN(8))
	}
	return &nifti.Volume{Header: nifti.NewHeader(x.Shape, [4][4]float64{{1}, {0, 1}, {0, 0, 1}}), Data: x}
}

// least returns the least limit at which a volume can be segmented.
func least(t *testing.T, m *sshn.Model, extents []int, phi pareto.Phi) int64 {
	t.Helper()
	whole, err := m.Tiling(extents, phi, 0)
	require.NoError(t, err)
	lo, hi := int64(0), whole.Bytes
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if _, err := m.Tiling(extents, phi, mid); err != nil {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

func TestTilesGiveTheAnswerOfTheWholeWhereANetworkSeesOneVoxel(t *testing.T) {
	m, phi := pointwise(t), pareto.Phi{0.5}
	for _, e := range [][]int{{37, 37, 37}, {1, 2, 37}, {37, 1, 1}, {3, 37, 7}, {40, 17, 33}, {2, 37, 18}} {
		p, err := m.At(phi)
		require.NoError(t, err)
		scan := grey(e[0], e[1], e[2])
		want, err := p.Segment(t.Context(), scan)
		require.NoError(t, err)
		found := map[float32]bool{}
		for _, label := range want.Data {
			found[label] = true
		}
		require.Greater(t, len(found), 1, "a segmentation that tells voxels apart")
		whole, err := m.Tiling(e, phi, 0)
		require.NoError(t, err)
		tilings := 0
		for p.Limit = least(t, m, e, phi); p.Limit < whole.Bytes; p.Limit += whole.Bytes/7 + 1 {
			tiling, err := m.Tiling(e, phi, p.Limit)
			require.NoError(t, err)
			require.False(t, tiling.Whole(), "%v", tiling)
			require.LessOrEqual(t, tiling.Bytes, p.Limit)
			got, err := p.Segment(t.Context(), scan)
			require.NoError(t, err)
			require.True(t, reflect.DeepEqual(want, got), "%v", tiling)
			tilings++
		}
		require.Positive(t, tilings, "%v", e)
	}
}

func TestTheLargestTilesThatFitAreTaken(t *testing.T) {
	cfg := config(sshn.Stochastic)
	cfg.Network.Dims = 3
	m, phi, e := model(t, cfg), pareto.Phi{0.3}, []int{60, 72, 10}
	whole, err := m.Tiling(e, phi, 0)
	require.NoError(t, err)
	require.Equal(t, "the whole volume at once", whole.String())
	cost, err := m.Cost(e, phi)
	require.NoError(t, err)
	require.Equal(t, cost.MACs, whole.MACs)
	require.Greater(t, whole.Bytes, cost.Bytes)
	same, err := m.Tiling(e, phi, whole.Bytes)
	require.NoError(t, err)
	require.Equal(t, whole, same)

	edge := 16
	for limit := least(t, m, e, phi); limit < whole.Bytes; limit += whole.Bytes / 50 {
		tiling, err := m.Tiling(e, phi, limit)
		require.NoError(t, err)
		require.GreaterOrEqual(t, tiling.Tile[1], edge, "more memory, no smaller tiles")
		require.Equal(t, 10, tiling.Tile[2], "no more than the volume")
		edge = tiling.Tile[1]
		require.Zero(t, edge%8)
		if next, err := m.Tiling(e, phi, tiling.Bytes-1); err == nil {
			require.Less(t, next.Tile[1], edge, "it was the least memory of these tiles")
		}
	}
	require.Greater(t, edge, 40)
	tiling, err := m.Tiling(e, phi, least(t, m, e, phi))
	require.NoError(t, err)
	// ceil((60-16)/8) + 1 by ceil((72-16)/8) + 1
	require.Equal(t, "56 tiles of 10 x 16 x 16 voxels", tiling.String())
}

func TestALayerOfTilesLiesAcrossTheLongestAxis(t *testing.T) {
	m := pointwise(t)
	const voxels, layer = 10 * 200 * 300, 16 * 10 * 200
	for _, e := range [][]int{{10, 200, 300}, {10, 300, 200}, {200, 10, 300}, {300, 200, 10}} {
		need := least(t, m, e, pareto.Phi{0.5})
		require.Greater(t, need, int64(4*(2*voxels+3*layer)), "image, labels and the sums of three classes")
		require.Less(t, need, int64(4*(3*voxels)), "%v: the sums of all voxels would be 3 voxels more", e)
	}
}

func TestALimitThatNoTileFits(t *testing.T) {
	m := pointwise(t)
	p, err := m.At(pareto.Phi{0.5})
	require.NoError(t, err)
	p.Limit = 1000
	_, err = p.Segment(t.Context(), grey(20, 5, 40))
	require.ErrorContains(t, err, "sshn: a volume of 40 x 5 x 20 voxels takes ")
	require.ErrorContains(t, err, " MB of memory at phi 0.5 and ")
	require.ErrorContains(t, err, " MB in the smallest tiles, 16 x 5 x 16: the limit is 0.0 MB")
	var tight *sshn.MemoryError
	require.ErrorAs(t, err, &tight)
	require.Equal(t, least(t, m, []int{20, 5, 40}, pareto.Phi{0.5}), tight.Least.Bytes)
	_, err = p.Segment(t.Context(), grey(3, 3, 3))
	require.ErrorContains(t, err, "the limit is 0.0 MB", "smaller than a tile")
	_, err = m.Tiling([]int{3, 3}, pareto.Phi{0.5}, 0)
	require.EqualError(t, err, "sshn: tiles of a volume of extents [3 3], for a model of 3 dimensions")
	_, err = m.Tiling([]int{3, 0, 3}, pareto.Phi{0.5}, 0)
	require.EqualError(t, err, "sshn: tiles of a volume of extents [3 0 3]; each is 1 to 16777216")
	_, err = m.Tiling([]int{1 << 24, 1 << 24, 1 << 24}, pareto.Phi{0.5}, 0)
	require.ErrorContains(t, err, "sshn: tiles of a volume of extents [16777216 16777216 16777216]: ")
}

// stopping is done when it was asked a number of times.
type stopping struct {
	context.Context
	asked, at int
}

func (c *stopping) Err() error {
	if c.asked++; c.asked > c.at {
		return context.Canceled
	}
	return nil
}

func TestTilesStopWhenTheContextIsDone(t *testing.T) {
	m, phi := pointwise(t), pareto.Phi{0.5}
	p, err := m.At(phi)
	require.NoError(t, err)
	p.Limit = least(t, m, []int{20, 5, 40}, phi)
	_, err = p.Segment(&stopping{t.Context(), 0, 3}, grey(20, 5, 40))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "sshn: segment: stopped after 3 of ")
}

// A network with context gives other logits near the border of a tile, and
// there is less border to larger tiles.
func TestLargerTilesComeNearerToTheWhole(t *testing.T) {
	cfg := config(sshn.Stochastic)
	cfg.Network.Dims = 3
	m, phi, e := model(t, cfg), pareto.Phi{0.5}, []int{40, 41, 43}
	p, err := m.At(phi)
	require.NoError(t, err)
	scan := grey(e[0], e[1], e[2])
	want, err := p.Segment(t.Context(), scan)
	require.NoError(t, err)
	whole, err := m.Tiling(e, phi, 0)
	require.NoError(t, err)
	last := len(want.Data) / 10
	for _, limit := range []int64{least(t, m, e, phi), whole.Bytes * 3 / 4, whole.Bytes} {
		p.Limit = limit
		got, err := p.Segment(t.Context(), scan)
		require.NoError(t, err)
		differ := 0
		for i := range want.Data {
			if got.Data[i] != want.Data[i] {
				differ++
			}
		}
		tiling, err := m.Tiling(e, phi, limit)
		require.NoError(t, err)
		t.Logf("%v: %d of %d labels differ", tiling, differ, len(want.Data))
		require.Less(t, differ, last)
		last = differ
	}
	require.Zero(t, last, "at once")
}
