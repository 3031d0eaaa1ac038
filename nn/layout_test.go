package nn

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

func TestALayoutIsAFlatListOfNamedStretches(t *testing.T) {
	l := NewLayout()
	b := l.Builder(2)
	w := b.In("encoder").In("0").Param("weight", Ones, 3, 2)
	v := b.Param("bias", Zeros, 2)
	require.Equal(t, Param{"encoder.0.weight", 0, tensor.NewShape(3, 2)}, w)
	require.Equal(t, Param{"bias", 6, tensor.NewShape(2)}, v)
	require.Equal(t, 8, l.Len())
	require.PanicsWithError(t, "nn: parameter bias [4] asked for twice, first as [2]", func() { b.Param("bias", Zeros, 4) })
	require.PanicsWithError(t, "nn: a network over 4 spatial axes; 1, 2 or 3 are possible", func() { l.Builder(4) })

	p := l.Init(1)
	require.Equal(t, []float32{1, 1, 1, 1, 1, 1, 0, 0}, p.Data)
	p.Tensor(v).Data[1] = 5
	require.Equal(t, float32(5), p.Data[7])
}

func TestAParameterStartsTheSameWhateverStandsBesideIt(t *testing.T) {
	alone, among := NewLayout(), NewLayout()
	a := alone.Builder(2).Param("w", XavierNormal, 3, 4)
	among.Builder(2).Param("first", XavierNormal, 9, 9)
	m := among.Builder(2).Param("w", XavierNormal, 3, 4)
	require.Equal(t, alone.Init(7).Tensor(a).Data, among.Init(7).Tensor(m).Data)
	require.NotEqual(t, alone.Init(7).Data, alone.Init(8).Data)

	adopting := NewLayout()
	whole := adopting.Builder(2).In("theta0").Layout(alone)
	require.Equal(t, alone.Init(7).Data, adopting.Init(7).Tensor(whole).Data)
	q, ok := adopting.Lookup("theta0.w")
	require.True(t, ok)
	require.Equal(t, a.Shape, q.Shape)
}

func TestTheGradientOfAParameterLandsInThetas(t *testing.T) {
	l := NewLayout()
	l.Builder(2).Param("a", Ones, 2)
	q := l.Builder(2).Param("b", Ones, 3)
	tape := autograd.NewTape()
	p := Pass{Theta: l.Init(1).Leaf(tape)}
	tape.Backward(p.Param(q).View(1, tensor.Shape{}))
	require.Equal(t, []float32{0, 0, 0, 1, 0}, p.Theta.Grad().Data)
}

func TestStreamsDependOnEveryArgument(t *testing.T) {
	first := func(seed uint64, purpose string, counters ...uint64) uint64 {
		return Stream(seed, purpose, counters...).Uint64()
	}
	require.Equal(t, first(1, "a", 2, 3), first(1, "a", 2, 3))
	seen := map[uint64]bool{}
	for _, x := range []uint64{
		first(1, "a"), first(2, "a"), first(1, "b"), first(1, "a", 0), first(1, "a", 0, 0), first(1, "a", 1),
		first(1, "a", 1, 0), first(1, "a", 0, 1), first(1, "a", 1, 1), first(0, ""), first(0, "", 0),
	} {
		require.False(t, seen[x])
		seen[x] = true
	}
}

func TestFactorsByLevelAndAxis(t *testing.T) {
	require.Equal(t, 0.5, Factors{}.At(3, 1))
	require.Equal(t, 0.2, Uniform(0.2).At(3, 1))
	require.Equal(t, 0.3, PerLevel(0.1, 0.3).At(1, 2))
	require.Equal(t, 0.3, PerAxis(0.1, 0.3).At(7, 1))
	require.Equal(t, []float64{0.1, 0.3}, PerAxis(0.1, 0.3).Vector())
	require.Equal(t, "0.25", Uniform(0.25).String())
	require.PanicsWithError(t, "nn: factors 0.1,0.3 per level have none for level 2, axis 0", func() { PerLevel(0.1, 0.3).At(2, 0) })
	require.PanicsWithError(t, "nn: factors per axis have none for level 0, axis 0", func() { PerAxis().At(0, 0) })
	require.PanicsWithError(t, "nn: factors 0.1,0.3 per level have none for level -1, axis 0", func() { PerLevel(0.1, 0.3).At(-1, 0) })
	require.Empty(t, PerLevel().Vector())
}

func TestEncodingsNeverVanish(t *testing.T) {
	require.Equal(t, []float32{0.5, 0.5, 1, 0}, Encoding{Max: 0.5}.Encode([]float64{0.25, 0.5}).Data)
	y := Encoding{Kind: Circle}.Encode([]float64{0, 0.5, 1}).Data
	for i, want := range []float64{1, 0, 0.70710678, 0.70710678, 0, 1} {
		require.InDelta(t, want, y[i], 1e-7)
	}
	require.Equal(t, []float32{0.25, 0.75, 1, 0}, Encoding{}.Encode([]float64{0.25}, []float64{1}).Data, "a row for each condition")
	require.Zero(t, Encoding{}.Encode().Shape.Len())
	require.PanicsWithError(t, "nn: a condition of 2 numbers beside one of 1", func() { Encoding{}.Encode([]float64{1}, []float64{1, 2}) })
	require.PanicsWithError(t, "nn: a condition of [0.1 NaN] in an encoding up to 1", func() { Encoding{}.Encode([]float64{0.1, math.NaN()}) })
	require.PanicsWithError(t, "nn: a condition of [1e+40] in an encoding up to 0.5", func() { Encoding{Max: 0.5}.Encode([]float64{1e40}) })
	require.EqualError(t, Encoding{Max: math.Inf(1)}.Check(), "nn: an encoding up to +Inf; 1e-6 to 1e6 are possible")
	require.EqualError(t, Encoding{Max: 1e-40}.Check(), "nn: an encoding up to 1e-40; 1e-6 to 1e6 are possible")
	require.PanicsWithError(t, `nn: encoding "square" is unknown`, func() { Encoding{Kind: "square"}.Encode([]float64{1}) })
}
