package sshn

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

func TestScalesByHand(t *testing.T) {
	x := tensor.New(201)
	for i := range x.Data {
		x.Data[i] = float32(i) // percentiles 0.5 and 99.5 are 1 and 199
	}
	for _, c := range []struct {
		scale Scale
		want  map[int]float64
	}{
		{ScaleRange, map[int]float64{0: 0, 1: 1. / 200, 200: 1}},
		{ScaleClip, map[int]float64{0: 0, 1: 0, 2: 1. / 198, 199: 1, 200: 1}},
		// 1 to 200 have a mean of 100.5 and a variance of (200^2 - 1) / 12.
		{ScaleZ, map[int]float64{0: -100.5 / math.Sqrt(39999./12), 200: 99.5 / math.Sqrt(39999./12)}},
		{ScaleNone, map[int]float64{0: 0, 200: 200}},
	} {
		y := x.Clone()
		require.NoError(t, c.scale.apply(y, y))
		for i, want := range c.want {
			require.Equal(t, float32(want), y.Data[i], "%s of %d", c.scale, i)
		}
	}
}

func TestAnImageOfElementsAlikeBecomesZero(t *testing.T) {
	for _, scale := range Scales {
		for _, x := range []float32{0, 7} {
			y := tensor.From([]float32{x, x, x}, 3)
			require.NoError(t, scale.apply(y, y))
			if scale == ScaleNone {
				continue
			}
			require.Equal(t, []float32{0, 0, 0}, y.Data, "%s of %v", scale, x)
		}
	}
}

func TestScalesTellOfWhatIsNotFinite(t *testing.T) {
	for _, scale := range Scales {
		x := tensor.From([]float32{1, float32(math.NaN()), float32(math.Inf(-1))}, 3)
		require.EqualError(t, scale.apply(x, x), "2 of 3 intensities are not finite", "%s", scale)
	}
	cfg := Config{Scale: "loud"}
	cfg.Network.In, cfg.Network.Out = 1, 2
	require.EqualError(t, cfg.Check(), `intensity scale "loud" is unknown; there are [range clip z none]`)
}

// 1 / (greatest - least) would be infinite.
func TestAnImageOfNearlyEqualElementsHasARangeToo(t *testing.T) {
	y := tensor.From([]float32{0, math.SmallestNonzeroFloat32}, 2)
	require.NoError(t, ScaleRange.apply(y, y))
	require.Equal(t, []float32{0, 1}, y.Data)
}
