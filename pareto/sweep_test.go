package pareto

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSweepMergesEqualSizesBeforeItEvaluates(t *testing.T) {
	key := func(phi Phi) string { return fmt.Sprint(math.Ceil(phi[0]*10 - 1e-6)) }
	var evaluated []float64
	points, err := Sweep(t.Context(), []Phi{{0.11}, {0.15}, {0.2}, {0.21}, {0.5}, {0.3}}, key,
		func(_ context.Context, phi Phi) (Point, error) {
			evaluated = append(evaluated, phi[0])
			return Point{Dice: phi[0], MACs: 1}, nil
		})
	require.NoError(t, err)
	require.Equal(t, []float64{0.2, 0.5, 0.3}, evaluated, "the last of each group, in order, once")
	for i, p := range points {
		require.Equal(t, Phi{evaluated[i]}, p.Phi)
		require.Equal(t, evaluated[i], p.Dice)
	}
}

func TestSweepKeepsWhatWasFinished(t *testing.T) {
	broken := errors.New("disk full")
	ctx, cancel := context.WithCancelCause(t.Context())
	first := Point{Phi: Phi{0.1}, Dice: 0.5}
	sweep := func(second func() (Point, error)) ([]Point, error) {
		return Sweep(ctx, []Phi{{0.1}, {0.2}, {0.3}}, Phi.String, func(_ context.Context, phi Phi) (Point, error) {
			if phi[0] == 0.1 {
				return first, nil
			}
			return second()
		})
	}
	points, err := sweep(func() (Point, error) { return Point{}, broken })
	require.EqualError(t, err, "sweep at phi 0.2: disk full")
	require.ErrorIs(t, err, broken)
	require.Equal(t, []Point{first}, points)

	points, err = sweep(func() (Point, error) { return Point{Dice: math.NaN()}, nil })
	require.EqualError(t, err, "sweep at phi 0.2: dice: NaN is outside [0, 1]")
	require.Equal(t, []Point{first}, points)

	points, err = sweep(func() (Point, error) { cancel(broken); return Point{Dice: 0.6}, nil })
	require.EqualError(t, err, "sweep stopped before phi 0.3: disk full")
	require.ErrorIs(t, err, broken)
	require.Equal(t, []Point{first, {Phi: Phi{0.2}, Dice: 0.6}}, points)
}

func TestGridIsTidyAndKeepsItsEnds(t *testing.T) {
	require.Equal(t, []Phi{{0.1}, {0.2}, {0.3}, {0.4}, {0.5}}, Grid(0.1, 0.5, 5))
	require.Equal(t, []Phi{{1. / 3}, {0.4167}, {0.5}}, Grid(1./3, 0.5, 3))
	require.Equal(t, []Phi{{0.2}}, Grid(0.2, 0.5, 1))
	tiny := Grid(0.00001, 0.00002, 4)
	for i := range tiny[1:] {
		require.LessOrEqual(t, tiny[i][0], tiny[i+1][0])
	}
	require.PanicsWithError(t, "pareto grid: 3 factors from 0.5 to 0.1", func() { Grid(0.5, 0.1, 3) })
	require.PanicsWithError(t, "pareto grid: 0 factors from 0.1 to 0.5", func() { Grid(0.1, 0.5, 0) })
	require.PanicsWithError(t, "pareto grid: 2 factors from 0 to 0.5", func() { Grid(0, 0.5, 2) })
	require.PanicsWithError(t, "pareto grid: 2 factors from NaN to 0.5", func() { Grid(math.NaN(), 0.5, 2) })
}

func TestLatencyIsOfTimesThatOccurred(t *testing.T) {
	var seconds []float64
	for i := 20; i >= 1; i-- {
		seconds = append(seconds, float64(i))
	}
	require.Equal(t, Latency{Median: 10, P95: 19}, NewLatency(seconds))
	require.Equal(t, 20., seconds[0], "the times given are left alone")
	require.Equal(t, Latency{Median: 2, P95: 3}, NewLatency([]float64{3, 1, 2}))
	require.Equal(t, Latency{Median: 4, P95: 4}, NewLatency([]float64{4}))
	require.PanicsWithError(t, "pareto latency: no times", func() { NewLatency(nil) })
}

func TestMeasureWarmsUp(t *testing.T) {
	calls := 0
	work := 0.
	l := Measure(5, func() {
		calls++
		for i := range 100_000 / calls { // the first calls are the slowest
			work += float64(i)
		}
	})
	require.Equal(t, 7, calls)
	require.Positive(t, l.Median)
	require.GreaterOrEqual(t, l.P95, l.Median)
	require.PanicsWithError(t, "pareto measure: 0 calls", func() { Measure(0, func() {}) })
	require.Positive(t, work)
}
