package parallel

import (
	"runtime"
	"sync/atomic"
)

// limit bounds the goroutines of a loop; 0: GOMAXPROCS alone does.
var limit atomic.Int64

// Limit sets how many goroutines a loop may use at most, 0 for as many as
// GOMAXPROCS, and returns what it was.
func Limit(n int) (before int) { return int(limit.Swap(int64(max(0, n)))) }

// Workers is how many goroutines a loop may use.
func Workers() int {
	procs := runtime.GOMAXPROCS(0)
	if n := int(limit.Load()); n > 0 {
		return min(procs, n)
	}
	return procs
}

// For calls f(lo, hi) for the chunks [0, grain), [grain, 2 grain), ... of
// [0, n), the last one possibly shorter, on up to [Workers] goroutines, and
// returns when all have returned. A panic of f is raised again here, after the
// other chunks that had begun. It panics if grain is not positive.
func For(n, grain int, f func(lo, hi int)) {
	run(n, grain, f, nil)
}

// Sum adds f(lo, hi) over the chunks that [For] makes, in the order of the
// chunks, so that the result has the same bits on any number of processors.
func Sum(n, grain int, f func(lo, hi int) float64) float64 {
	return run(n, grain, nil, f)
}

func run(n, grain int, f func(lo, hi int), g func(lo, hi int) float64) float64 {
	if grain <= 0 {
		panic("parallel: the grain must be positive")
	}
	most := Workers()
	if n <= grain || most == 1 {
		return serial(n, grain, f, g)
	}
	j := workers.post(n, grain, min(most, (n+grain-1)/grain)-1, f, g)
	if problem := workers.lead(j); problem != nil {
		panic(problem)
	}
	sum := 0.0
	for _, p := range j.partial {
		sum += p
	}
	workers.recycle(j)
	return sum
}

func serial(n, grain int, f func(lo, hi int), g func(lo, hi int) float64) float64 {
	sum := 0.0
	for lo := 0; lo < n; lo += grain {
		hi := min(lo+grain, n)
		if f != nil {
			f(lo, hi)
		} else {
			sum += g(lo, hi)
		}
	}
	return sum
}
