package pareto

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// at is a point of the plane of MACs and Dice.
func at(macs int64, dice float64) Point {
	return Point{Phi: Phi{0.5}, MACs: macs, Dice: dice}
}

// scatter draws points on a coarse grid, so that ties and duplicates abound.
func scatter(rng *rand.Rand, n int) []Point {
	points := make([]Point, n)
	for i := range points {
		points[i] = at(1+rng.Int64N(12), float64(rng.IntN(13))/12)
		points[i].Phi = Phi{float64(i + 1)}
	}
	return points
}

func TestFrontIsWhatBruteForceLeaves(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		points := scatter(rng, rng.IntN(20))
		given := slices.Clone(points)
		var want []Point
		for i, p := range points {
			beaten := slices.ContainsFunc(points, func(q Point) bool {
				return q.Dice >= p.Dice && q.MACs <= p.MACs && (q.Dice > p.Dice || q.MACs < p.MACs)
			})
			again := slices.ContainsFunc(points[:i], func(q Point) bool { return q.Dice == p.Dice && q.MACs == p.MACs })
			if !beaten && !again {
				want = append(want, p)
			}
		}
		slices.SortFunc(want, func(p, q Point) int { return int(p.MACs - q.MACs) })
		require.Equal(t, want, Front(points, ByMACs))
		require.Equal(t, given, points, "the points given are left alone")
	}
}

func TestFrontPassesOverWhatCannotBeRanked(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	odd := []Point{at(1, nan), at(1, inf), at(0, 0.9), at(-3, 0.9)}
	require.Empty(t, Front(odd, ByMACs))
	require.Empty(t, Front(nil, ByMACs))
	good := at(7, 0)
	require.Equal(t, []Point{good}, Front(append(odd, good), ByMACs))
	slow := Point{Dice: 0.5, Latency: Latency{Median: inf}}
	lost := Point{Dice: 0.5, Latency: Latency{Median: nan}}
	require.Empty(t, Front([]Point{slow, lost}, BySeconds))
}

func TestFrontFollowsTheAxis(t *testing.T) {
	lean := Point{Dice: 0.8, MACs: 10, Bytes: 30, Latency: Latency{Median: 2}}
	small := Point{Dice: 0.8, MACs: 20, Bytes: 10, Latency: Latency{Median: 3}}
	fast := Point{Dice: 0.8, MACs: 30, Bytes: 20, Latency: Latency{Median: 1}}
	all := []Point{lean, small, fast}
	require.Equal(t, []Point{lean}, Front(all, ByMACs))
	require.Equal(t, []Point{small}, Front(all, ByBytes))
	require.Equal(t, []Point{fast}, Front(all, BySeconds))
}

func TestHypervolumeOfHandMadeCases(t *testing.T) {
	ref := Reference{Cost: 10, Dice: 0.25}
	for name, c := range map[string]struct {
		points []Point
		area   float64 // exact in binary
	}{
		"none":                     {nil, 0},
		"one":                      {[]Point{at(4, 0.75)}, 6 * 0.5},
		"twice the same":           {[]Point{at(4, 0.75), at(4, 0.75)}, 6 * 0.5},
		"a step":                   {[]Point{at(4, 0.75), at(8, 1)}, 6*0.5 + 2*0.25},
		"a dominated point":        {[]Point{at(4, 0.75), at(5, 0.5)}, 6 * 0.5},
		"at the reference":         {[]Point{at(10, 0.25)}, 0},
		"accurate but too costly":  {[]Point{at(10, 1), at(12, 1)}, 0},
		"cheap but too inaccurate": {[]Point{at(1, 0.25), at(1, 0)}, 0},
		"too inaccurate, then not": {[]Point{at(1, 0.125), at(4, 0.75)}, 6 * 0.5},
		"no number":                {[]Point{at(1, math.NaN()), at(4, 0.75)}, 6 * 0.5},
	} {
		v := Hypervolume(c.points, ByMACs, ref)
		require.Equal(t, Volume{Area: c.area, By: ByMACs, Reference: ref}, v, name)
	}
	require.Equal(t, 3/7.5, Hypervolume([]Point{at(4, 0.75)}, ByMACs, ref).Share())
}

func TestHypervolumeIsTheUnionOfRectangles(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	ref := Reference{Cost: 11, Dice: 2. / 12}
	for range 300 {
		points := scatter(rng, rng.IntN(15))
		// Every corner lies on the grid of scatter, so counting covered cells
		// is exact.
		cells := 0
		for cost := 1; cost < 11; cost++ {
			for dice := 2; dice < 12; dice++ {
				middle := (float64(dice) + 0.5) / 12
				if slices.ContainsFunc(points, func(p Point) bool { return p.MACs <= int64(cost) && p.Dice > middle }) {
					cells++
				}
			}
		}
		// The areas differ by the rounding of at most 15 sums below 11.
		require.InDelta(t, float64(cells)/12, Hypervolume(points, ByMACs, ref).Area, 1e-13)
	}
}

func TestHypervolumeTellsItsReference(t *testing.T) {
	v := Hypervolume([]Point{at(200e6, 0.9)}, ByMACs, Reference{Cost: 400e6, Dice: 0.5})
	require.Equal(t, "hypervolume 0.4000 of 1, from Dice 0.5 at 400 M MACs", v.String())
	for text, ref := range map[string]Reference{
		"pareto hypervolume: reference of cost 0 and Dice 0.5":    {0, 0.5},
		"pareto hypervolume: reference of cost +Inf and Dice 0.5": {math.Inf(1), 0.5},
		"pareto hypervolume: reference of cost NaN and Dice 0.5":  {math.NaN(), 0.5},
		"pareto hypervolume: reference of cost 1 and Dice 1":      {1, 1},
		"pareto hypervolume: reference of cost 1 and Dice NaN":    {1, math.NaN()},
	} {
		require.PanicsWithError(t, text, func() { Hypervolume(nil, ByMACs, ref) })
	}
}
