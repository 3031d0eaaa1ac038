package parallel

import "runtime"

// For calls f(lo, hi) for the chunks [0, grain), [grain, 2 grain), ... of
// [0, n), the last one possibly shorter, on up to GOMAXPROCS goroutines, and
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
	procs := runtime.GOMAXPROCS(0)
	if n <= grain || procs == 1 {
		return serial(n, grain, f, g)
	}
	j := workers.post(n, grain, min(procs, (n+grain-1)/grain)-1, f, g)
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
