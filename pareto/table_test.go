package pareto

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTableMarksTheFrontAndTheChosen(t *testing.T) {
	points := append(three(), Point{Phi: Phi{0.2, 0.3}, Dice: 0.79, DiceSD: 0.123, MACs: 999_600_000, Label: "fixed"})
	var b strings.Builder
	require.NoError(t, WriteTable(&b, points, ByMACs, points[2]))
	require.Equal(t, `
    phi   MACs  memory  median    p95   Dice     sd
    0.5  340 M    9 MB   30 ms  40 ms  0.880      -         front
    0.1   50 M    2 MB    5 ms  20 ms  0.800      -         front
    0.2   90 M    3 MB    8 ms  10 ms  0.870      -         front, chosen
0.2/0.3    1 G       -       -      -  0.790  0.123  fixed
`, "\n"+b.String())
}

func TestTableOfNothingIsItsHead(t *testing.T) {
	var b strings.Builder
	require.NoError(t, WriteTable(&b, nil, ByMACs, Point{}))
	require.Equal(t, "phi  MACs  memory  median  p95  Dice  sd\n", b.String())
}

func TestAmountsHaveThreeDigitsAndAUnit(t *testing.T) {
	for text, x := range map[string]float64{
		"0 s": 0, "1 s": 1, "12.3 ms": 0.01234, "100 ms": 0.09996, "999 µs": 999e-6, "1 ms": 0.0009996, "2.5 ns": 2.5e-9,
		"0.002 ns": 2e-12, "1.5 ks": 1500, "1000000 Es": 1e24, "-3 ms": -0.003, "+Inf": math.Inf(1),
	} {
		require.Equal(t, text, BySeconds.Format(x))
	}
	require.Equal(t, "12", ByMACs.Format(12))
	require.Equal(t, "61.2 M", ByMACs.Format(61_234_567))
	require.Equal(t, "1 M", ByMACs.Format(999_600))
	require.Equal(t, "9.22 EB", ByBytes.Format(1<<63-1))
}

func TestCostIsAFlag(t *testing.T) {
	for _, c := range []Cost{ByMACs, ByBytes, BySeconds} {
		text, err := c.MarshalText()
		require.NoError(t, err)
		var again Cost
		require.NoError(t, again.UnmarshalText(text))
		require.Equal(t, c, again)
	}
	var c Cost
	require.EqualError(t, c.UnmarshalText([]byte("flops")), `cost: "flops" is none of macs, bytes, seconds`)
	_, err := Cost(3).MarshalText()
	require.EqualError(t, err, "no cost 3")
	require.Equal(t, "Cost(-1)", Cost(-1).String())
	require.PanicsWithError(t, "pareto cost: no axis 3", func() { Cost(3).Of(Point{}) })
}
