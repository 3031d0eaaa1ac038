package pareto

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func three() []Point {
	return []Point{
		{Phi: Phi{0.5}, Dice: 0.88, MACs: 340e6, Bytes: 9e6, Latency: Latency{Median: 0.03, P95: 0.04}},
		{Phi: Phi{0.1}, Dice: 0.80, MACs: 50e6, Bytes: 2e6, Latency: Latency{Median: 0.005, P95: 0.02}},
		{Phi: Phi{0.2}, Dice: 0.87, MACs: 90e6, Bytes: 3e6, Latency: Latency{Median: 0.008, P95: 0.01}},
	}
}

func TestAPointSaysWhatWasMeasured(t *testing.T) {
	require.Equal(t, "phi 0.1: Dice 0.800, 50 M MACs, 2 MB, 5 ms", three()[1].String())
	require.Equal(t, "Fixed, phi 0.2/0.5: Dice 0.800, 5 M MACs", Point{Phi: Phi{0.2, 0.5}, Dice: 0.8, MACs: 5e6, Label: "Fixed"}.String())
	require.Equal(t, "Dice NaN", Point{Dice: math.NaN()}.String())
}

func TestPointsOfOnePhiAreToldApart(t *testing.T) {
	points := []Point{{Phi: Phi{0.2}, Dice: 0.9, MACs: 100}, {Phi: Phi{0.2}, Dice: 0.8, MACs: 100}, {Phi: Phi{0.2}, Dice: 0.95, MACs: 300}}
	c, err := Cheapest(points, ByMACs, 0.1)
	require.NoError(t, err)
	require.Equal(t, "phi 0.2: 0.900 Dice, within 0.1 of the best 0.950 at phi 0.2, for 33 % of its MACs", c.String())
	var b strings.Builder
	require.NoError(t, WriteTable(&b, points, ByMACs, c.Point))
	require.Equal(t, `
phi  MACs  memory  median  p95   Dice  sd
0.2   100       -       -    -  0.900   -  front, chosen
0.2   100       -       -    -  0.800   -
0.2   300       -       -    -  0.950   -  front
`, "\n"+b.String())
}

func TestWhatWasNotMeasuredIsNoLeast(t *testing.T) {
	p, err := Best([]Point{{Dice: 0.9}, {Dice: 0.9, MACs: 100, Label: "measured"}}, Budget{})
	require.NoError(t, err)
	require.Equal(t, "measured", p.Label)
}

func TestBestKeepsEveryLimit(t *testing.T) {
	for _, c := range []struct {
		budget Budget
		phi    float64
	}{
		{Budget{}, 0.5},
		{Budget{MACs: 340e6}, 0.5},
		{Budget{MACs: 340e6 - 1}, 0.2},
		{Budget{Bytes: 2.5e6}, 0.1},
		{Budget{Seconds: 0.008}, 0.2}, // the median, not the 95th percentile
		{Budget{MACs: 1e9, Bytes: 1e9, Seconds: 0.005}, 0.1},
	} {
		p, err := Best(three(), c.budget)
		require.NoError(t, err)
		require.Equal(t, Phi{c.phi}, p.Phi, "%v", c.budget)
	}
}

func TestBestOfEqualsIsTheCheapestThenTheFirst(t *testing.T) {
	a := Point{Label: "a", Dice: 0.5, MACs: 2, Bytes: 1}
	b := Point{Label: "b", Dice: 0.5, MACs: 1, Bytes: 2}
	c := Point{Label: "c", Dice: 0.5, MACs: 1, Bytes: 2}
	p, err := Best([]Point{a, b, c}, Budget{})
	require.NoError(t, err)
	require.Equal(t, "b", p.Label)
}

func TestBestSaysWhatWouldFit(t *testing.T) {
	for text, budget := range map[string]Budget{
		"no point fits a budget of 10 M MACs: the least needed is 50 M MACs (phi 0.1)":                     {MACs: 10e6},
		"no point fits a budget of 1.5 MB and 6 ms: the least needed is 2 MB (phi 0.1) and 5 ms (phi 0.1)": {Bytes: 1.5e6, Seconds: 0.006},
		"no point fits a budget of NaN: the least needed is 5 ms (phi 0.1)":                                {Seconds: math.NaN()},
		"no point fits a budget of -1 MACs: the least needed is 50 M MACs (phi 0.1)":                       {MACs: -1},
	} {
		_, err := Best(three(), budget)
		require.EqualError(t, err, text)
	}
	crossed := []Point{{Phi: Phi{0.1}, Dice: 0.8, MACs: 10e6, Latency: Latency{Median: 0.03}}, {Phi: Phi{0.2}, Dice: 0.8, MACs: 60e6, Latency: Latency{Median: 0.005}}}
	_, err := Best(crossed, Budget{MACs: 50e6, Seconds: 0.02})
	require.EqualError(t, err, "no point fits a budget of 50 M MACs and 20 ms: each limit has points within it, and none is within all")
	_, err = Best(nil, Budget{})
	require.EqualError(t, err, "no point to choose: none of 0 has a Dice")
	_, err = Best([]Point{at(1, math.NaN())}, Budget{MACs: 5})
	require.EqualError(t, err, "no point to choose: none of 1 has a Dice")
	_, err = Best([]Point{at(1, 0.5)}, Budget{Seconds: 1})
	require.EqualError(t, err, "no point fits a budget of 1 s: none of 1 has a measured latency")
}

func TestCheapestGivesItsReason(t *testing.T) {
	c, err := Cheapest(three(), ByMACs, 0.01) // 0.88 - 0.87 > 0.01 in binary
	require.NoError(t, err)
	require.Equal(t, "phi 0.2: 0.870 Dice, within 0.01 of the best 0.880 at phi 0.5, for 26 % of its MACs", c.String())
	c, err = Cheapest(three(), BySeconds, 0.08)
	require.NoError(t, err)
	require.Equal(t, "phi 0.1: 0.800 Dice, within 0.08 of the best 0.880 at phi 0.5, for 17 % of its latency", c.String())
	c, err = Cheapest(three(), ByBytes, 0)
	require.NoError(t, err)
	require.Equal(t, "phi 0.5: 0.880 Dice, the best; nothing cheaper is within 0 of it", c.String())
	c, err = Cheapest([]Point{
		{Phi: Phi{0.1}, Dice: 0.8, MACs: 10, Label: "film"},
		{Phi: Phi{0.1}, Dice: 0.85, MACs: 20, Label: "sshn"},
	}, ByMACs, 0.1)
	require.NoError(t, err)
	require.Equal(t, "phi 0.1: 0.800 Dice, within 0.1 of the best 0.850 at phi 0.1, for 50 % of its MACs", c.String())
	c, err = Cheapest([]Point{{Phi: Phi{0.1}, Dice: 0.8, MACs: 10}, {Phi: Phi{0.2}, Dice: 0.85}}, ByMACs, 0.1)
	require.NoError(t, err)
	require.Equal(t, "phi 0.1: 0.800 Dice, the best; nothing cheaper is within 0.1 of it", c.String(), "the other has no cost")
}

func TestACostThatIsTheSameEverywhereChoosesNothing(t *testing.T) {
	points := three()
	require.True(t, ByBytes.Varies(points))
	points[2].Bytes = 0 // not measured
	for i := range points[:2] {
		points[i].Bytes = 9e6
	}
	require.False(t, ByBytes.Varies(points))
	c, err := Cheapest(points, ByBytes, 0.1)
	require.NoError(t, err)
	require.Equal(t, "phi 0.5: 0.880 Dice, the best; every phi has the same memory", c.String())
	_, err = Best(points, Budget{Bytes: 1e6})
	require.EqualError(t, err, "no point fits a budget of 1 MB: the least needed is 9 MB (any phi)")
}

func TestCheapestIsWhatBruteForceFinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		points := scatter(rng, 1+rng.IntN(12))
		epsilon := float64(rng.IntN(5)) / 12
		best := 0.0
		for _, p := range points {
			best = max(best, p.Dice)
		}
		var want int64 = math.MaxInt64
		for _, p := range points {
			if p.Dice > best-epsilon-1e-9 { // Dice are multiples of 1/12
				want = min(want, p.MACs)
			}
		}
		c, err := Cheapest(points, ByMACs, epsilon)
		require.NoError(t, err)
		require.Equal(t, want, c.Point.MACs)
		require.Equal(t, best, c.Best.Dice)
	}
}

func TestCheapestRefusesNonsense(t *testing.T) {
	_, err := Cheapest([]Point{at(1, 0.5)}, BySeconds, 0)
	require.EqualError(t, err, "no point to choose: none of 1 has a Dice and a measured latency")
	require.PanicsWithError(t, "pareto cheapest: epsilon of -0.1", func() { Cheapest(nil, ByMACs, -0.1) })
	require.PanicsWithError(t, "pareto cheapest: epsilon of NaN", func() { Cheapest(nil, ByMACs, math.NaN()) })
}
