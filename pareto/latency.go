package pareto

import (
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"
)

// Latency is how long one forward pass takes, in seconds.
type Latency struct {
	Median float64 `json:"median_s"`
	P95    float64 `json:"p95_s"` // the 95th percentile
}

// NewLatency summarises measured times. Both numbers are times that occurred:
// of n in ascending order, the (n/2)-th and the (0.95 n)-th, rounded up. It
// leaves seconds as it is and panics with a [*UseError] if it is empty.
func NewLatency(seconds []float64) Latency {
	if len(seconds) == 0 {
		misuse("latency", "no times")
	}
	x := slices.Sorted(slices.Values(seconds))
	return Latency{
		Median: stat.Quantile(0.5, stat.Empirical, x, nil),
		P95:    stat.Quantile(0.95, stat.Empirical, x, nil),
	}
}

// Measure times n calls of f, after two that do not count: the first allocates
// and fills caches, the second is the first to reuse buffers. It panics with a
// [*UseError] if n < 1.
func Measure(n int, f func()) Latency {
	if n < 1 {
		misuse("measure", "%d calls", n)
	}
	f()
	f()
	seconds := make([]float64, n)
	for i := range seconds {
		start := time.Now()
		f()
		seconds[i] = time.Since(start).Seconds()
	}
	return NewLatency(seconds)
}
