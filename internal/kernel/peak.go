package kernel

import (
	"time"

	"github.com/sshn-go/sshn/internal/cpu"
	"github.com/sshn-go/sshn/internal/parallel"
)

// PeakFLOPS measures how many float32 operations a second this machine's
// processors do at best with an instruction set, on so many workers (as
// GOMAXPROCS allows): products and sums in registers, touching no memory. It
// takes about a tenth of a second, and is 0 without vectors or where the machine
// lacks them.
func PeakFLOPS(level cpu.Level, workers int) float64 {
	const turns, operations = 1000, 4 * 10 * 2
	lanes := kernelsOf(level).lanes
	if lanes == 0 || level > cpu.Best {
		return 0
	}
	best := 0.0
	for range 50 {
		start := time.Now()
		const calls = 50
		parallel.For(workers, 1, func(_, _ int) {
			for range calls {
				peakLoop(lanes, turns)
			}
		})
		did := float64(workers * calls * turns * operations * lanes)
		best = max(best, did/time.Since(start).Seconds())
	}
	return best
}

// CopyBandwidth measures the bytes read and written by a copy, per second, on so
// many workers, between blocks of so many bytes for each.
func CopyBandwidth(workers, size int) float64 {
	n := size / elem
	from, to := parallel.Aligned(n*workers), parallel.Aligned(n*workers)
	best := 0.0
	for range 10 {
		start := time.Now()
		repeat := max(1, 1<<24/n)
		parallel.For(workers, 1, func(i, _ int) {
			for range repeat {
				copy(to[i*n:(i+1)*n], from[i*n:(i+1)*n])
			}
		})
		best = max(best, float64(2*elem*n*workers*repeat)/time.Since(start).Seconds())
	}
	return best
}
