package volume

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

func TestIntensitiesByHand(t *testing.T) {
	x := tensor.From([]float32{-2, 0, 1, 2, 4, 98}, 6)
	mask := tensor.From([]float32{0, 1, 1, 1, 1, 0}, 6)
	apply := func(n Intensity, err error) []float32 {
		require.NoError(t, err)
		y := tensor.New(6)
		n.Apply(y, x)
		return y.Data
	}
	require.Equal(t, []float32{0, 0.02, 0.03, 0.04, 0.06, 1}, apply(MinMax(x, tensor.Tensor{})))
	require.Equal(t, []float32{0, 0, 0.25, 0.5, 1, 1}, apply(MinMax(x, mask)), "what lies outside of the mask is clipped")
	n, err := ZScore(x, mask)
	require.NoError(t, err)
	require.Equal(t, 1.75, n.Shift)
	require.InDelta(t, math.Sqrt((1.75*1.75+0.75*0.75+0.25*0.25+2.25*2.25)/4), n.Width, 1e-15)
	n, err = Percentiles(x, tensor.Tensor{}, 10, 80)
	require.NoError(t, err)
	require.Equal(t, []float64{-1, 4}, []float64{n.Lo, n.Hi}, "half way from the first to the second; the fifth")
}

func TestPercentilesAreThoseOfSortedVoxels(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, 2, 3, 1000} {
		x, mask := tensor.New(n), tensor.New(n)
		var kept []float64
		for i := range x.Data {
			x.Data[i] = float32(rng.NormFloat64() * math.Exp(20*rng.Float64()-10))
			if i == 0 || rng.IntN(3) > 0 {
				mask.Data[i] = 1
				kept = append(kept, float64(x.Data[i]))
			}
		}
		slices.Sort(kept)
		for rank, want := range kept {
			require.Equal(t, want, ordered(x, mask, rank))
		}
		whole, err := MinMax(x, mask)
		require.NoError(t, err)
		p, err := Percentiles(x, mask, 0, 100)
		require.NoError(t, err)
		require.Equal(t, whole, p)
		require.Equal(t, []float64{kept[0], kept[len(kept)-1]}, []float64{whole.Lo, whole.Hi})
	}
}

func TestUndoIsTheInverse(t *testing.T) {
	x := random(tensor.NewShape(3, 4, 5), 0)
	for i := range x.Data {
		x.Data[i] = 100*x.Data[i] - 20
	}
	for _, of := range []func() (Intensity, error){
		func() (Intensity, error) { return MinMax(x, tensor.Tensor{}) },
		func() (Intensity, error) { return Percentiles(x, tensor.Tensor{}, 5, 95) },
		func() (Intensity, error) { return ZScore(x, tensor.Tensor{}) },
	} {
		n, err := of()
		require.NoError(t, err)
		y, z := x.Clone(), tensor.Zeros(x.Shape)
		n.Apply(y, y)
		n.Undo(z, y)
		for i, v := range z.Data {
			// Three roundings to 24 bits of numbers up to 100.
			require.InDelta(t, min(max(float64(x.Data[i]), n.Lo), n.Hi), float64(v), 3*100./(1<<24))
		}
	}
}

func TestVoxelsAlikeBecomeZero(t *testing.T) {
	x := tensor.From([]float32{7, 7}, 2)
	for _, of := range []func(x, mask tensor.Tensor) (Intensity, error){MinMax, ZScore} {
		n, err := of(x, tensor.Tensor{})
		require.NoError(t, err)
		y := tensor.New(2)
		n.Apply(y, x)
		require.Equal(t, []float32{0, 0}, y.Data)
		n.Undo(y, y)
		require.Equal(t, x.Data, y.Data)
	}
}

func TestIntensitiesThatCannotBeFound(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	_, err := ZScore(tensor.From([]float32{1, nan, inf}, 3), tensor.Tensor{})
	require.EqualError(t, err, "2 of 3 intensities are not finite")
	_, err = MinMax(tensor.New(2), tensor.New(2))
	require.EqualError(t, err, "no intensity counts")
	_, err = Percentiles(tensor.New(2), tensor.New(2), 1, 99)
	require.EqualError(t, err, "no intensity counts")
	_, err = MinMax(tensor.New(0), tensor.Tensor{})
	require.EqualError(t, err, "no intensity counts")
	require.PanicsWithError(t, "mask of [3] and [2]: shapes differ", func() { MinMax(tensor.New(2), tensor.New(3)) })
	require.PanicsWithError(t, "intensity of [3] and [2]: shapes differ", func() { Intensity{}.Apply(tensor.New(3), tensor.New(2)) })
	require.PanicsWithError(t, "volume: percentiles 5 and 5 do not lie in order in [0, 100]", func() { Percentiles(tensor.New(2), tensor.Tensor{}, 5, 5) })
}
