package plot

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sshn-go/sshn/pareto"
	"github.com/stretchr/testify/require"
)

func TestTicksAreRoundNumbers(t *testing.T) {
	macs := func(x, _ float64) string { return pareto.ByMACs.Format(x) }
	for _, c := range []struct {
		ticks  ticks
		lo, hi float64
		want   string
	}{
		{ticks{false, 9, macs}, 0, 360e6, "0, 50 M, 100 M, 150 M, 200 M, 250 M, 300 M, 350 M"},
		{ticks{false, 4, macs}, 0, 2.2e9, "0, 1 G, 2 G"},
		{ticks{false, 5, decimals}, 0.84, 0.9, "0.84, 0.86, 0.88, 0.90"},
		{ticks{false, 5, decimals}, 0, 1, "0.0, 0.2, 0.4, 0.6, 0.8, 1.0"},
		{ticks{false, 6, decimals}, 0.8995, 0.9005, "0.8996, 0.8998, 0.9000, 0.9002, 0.9004"},
		{ticks{true, 9, macs}, 48e6, 400e6, "50 M, 100 M, 200 M"},
		{ticks{true, 9, macs}, 9e6, 6e9, "10 M, 20 M, 50 M, 100 M, 200 M, 500 M, 1 G, 2 G, 5 G"},
		{ticks{true, 5, macs}, 9e6, 6e9, "10 M, 100 M, 1 G"},
		{ticks{true, 8, macs}, 110e6, 190e6, "120 M, 140 M, 160 M, 180 M"},
		{ticks{true, 5, macs}, 265e6, 490e6, "300 M, 400 M"},
		{ticks{false, 3, macs}, 265e6, 490e6, "300 M, 400 M"},
	} {
		var labels []string
		for _, tick := range c.ticks.Ticks(c.lo, c.hi) {
			require.True(t, tick.Value >= c.lo*(1-1e-9) && tick.Value <= c.hi*(1+1e-9), "%v lies outside", tick.Value)
			if !tick.IsMinor() {
				labels = append(labels, tick.Label)
			}
		}
		require.Equal(t, c.want, strings.Join(labels, ", "), fmt.Sprint(c.lo, " to ", c.hi))
	}
}

func TestManySeriesLookDifferent(t *testing.T) {
	seen := map[mark]bool{}
	for i := range 30 {
		seen[markOf(i)] = true
	}
	require.Len(t, seen, 30)
}
