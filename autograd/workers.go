package autograd

import "github.com/sshn-go/sshn/internal/parallel"

// Workers is how many goroutines a loop of an operation may use: GOMAXPROCS, or what
// [LimitWorkers] leaves of it.
func Workers() int { return parallel.Workers() }

// LimitWorkers bounds [Workers] for every loop of the process, whichever tape it is
// of, and returns the bound that was, so that it can be put back. A bound of 0 or
// less is none, which is the default; one above GOMAXPROCS changes nothing. It may
// be called at any time, and counts for the loops that begin then. What is computed
// does not depend on it; the memory that [Tape.Cost] tells does, for each worker
// takes some.
//
// It is for programs that run several tapes at once. Two networks that are trained
// side by side, each by half of the processors, are done sooner than one after the
// other by all of them: a step has loops that are too short to share.
func LimitWorkers(n int) (before int) { return parallel.Limit(n) }
