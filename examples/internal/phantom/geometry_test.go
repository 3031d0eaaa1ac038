package phantom

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDistanceIsThatOfTheNearest(t *testing.T) {
	rng := source(1)
	for _, dims := range [][3]int{{1, 9, 13}, {5, 6, 7}, {1, 1, 4}, {3, 1, 1}} {
		n := dims[0] * dims[1] * dims[2]
		set := make([]bool, n)
		set[rng.IntN(n)] = true
		set[rng.IntN(n)] = true
		got := squaredDistance(set, dims)
		for at := range set {
			want := math.Inf(1)
			for other, in := range set {
				if in {
					want = min(want, squared(at, other, dims))
				}
			}
			require.EqualValues(t, want, got[at], "%v of %v", at, dims)
		}
	}
	require.Equal(t, []float32{far, far}, squaredDistance([]bool{false, false}, [3]int{1, 1, 2}))
}

func squared(a, b int, dims [3]int) float64 {
	i, j, k := a%dims[2]-b%dims[2], a/dims[2]%dims[1]-b/dims[2]%dims[1], a/dims[2]/dims[1]-b/dims[2]/dims[1]
	return float64(i*i + j*j + k*k)
}

func TestNoiseHasUnitVarianceAndItsOwnSlope(t *testing.T) {
	rng := source(2)
	f := newField(rng, 5, vec{100, 100, 100})
	sum, squares := 0.0, 0.0
	const n = 20000
	for range n {
		x := f.at(vec{100 * rng.Float64(), 100 * rng.Float64(), 100 * rng.Float64()})
		sum += x
		squares += x * x
	}
	// About 20^3 independent values, so the deviation of either is near .02.
	require.InDelta(t, 0, sum/n, .1)
	require.InDelta(t, 1, squares/n, .1)

	p := vec{31.2, -7.7, 212.9} // outside the box the noise repeats
	value, slope := f.slope(p)
	require.Equal(t, f.at(p), value)
	for axis, unit := range []vec{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}} {
		const h = 1e-4
		want := (f.at(p.plus(unit.by(h))) - f.at(p.minus(unit.by(h)))) / (2 * h)
		require.InDelta(t, want, slope.dot(unit), 1e-6, "axis %d", axis) // h^2 and rounding / h
	}
}

func TestASolidIsItsEllipsoid(t *testing.T) {
	e := ellipsoid{vec{3, -4, 5}, vec{2, 7, 4}, vec{40, -25, 70}}
	s := e.solid()
	rows := rotation(e.turn)
	for axis, row := range []vec{rows.x, rows.y, rows.z} {
		require.InDelta(t, 1, row.norm(), 1e-12)
		semi := []float64{2, 7, 4}[axis]
		tip := e.centre.plus(row.by(semi))
		require.InDelta(t, 0, s.depth(tip), 1e-12)
		require.InDelta(t, .01, s.depth(tip.minus(row.by(.01))), 1e-4)
		require.InDelta(t, -.01, s.depth(tip.plus(row.by(.01))), 1e-4)
		require.True(t, s.contains(tip.minus(row.by(1e-9))))
		require.False(t, s.contains(tip.plus(row.by(1e-9))))
		require.LessOrEqual(t, math.Abs(tip.x-3), s.reach.x+1e-12)
		require.LessOrEqual(t, math.Abs(tip.y+4), s.reach.y+1e-12)
		require.LessOrEqual(t, math.Abs(tip.z-5), s.reach.z+1e-12)
	}
	require.InDelta(t, 0, rows.x.dot(rows.y), 1e-12)
	require.Positive(t, s.depth(e.centre))
}

func TestUnionIsRoundedWhereBodiesMeetAndExactElsewhere(t *testing.T) {
	require.Equal(t, 9., union(9, 1, 8))
	require.Equal(t, 3+8./4, union(3, 3, 8))
}
