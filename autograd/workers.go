package autograd

import "github.com/sshn-go/sshn/internal/parallel"

// Workers is how many goroutines an operation may use at most: GOMAXPROCS, or what
// [LimitWorkers] leaves of it.
func Workers() int { return parallel.Workers() }

// LimitWorkers bounds [Workers] for all tapes of the process, with 0 not at all,
// which is the default, and returns the bound that was. What is computed does not
// depend on it. It may be called at any time.
//
// It is for programs that run several tapes at once. Two networks that are trained
// side by side, each by half of the processors, are done sooner than one after the
// other by all of them: a step has loops that are too short to share.
func LimitWorkers(n int) (before int) { return parallel.Limit(n) }
