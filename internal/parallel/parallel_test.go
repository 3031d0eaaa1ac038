package parallel

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func withProcs(t *testing.T, n int) {
	old := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(old) })
}

func TestEveryIndexIsVisitedOnceInChunksOfTheGrain(t *testing.T) {
	for _, procs := range []int{1, 2, 7} {
		withProcs(t, procs)
		for _, n := range []int{0, 1, 2, 63, 64, 65, 1000} {
			for _, grain := range []int{1, 3, 64, 5000} {
				visits := make([]atomic.Int32, n)
				For(n, grain, func(lo, hi int) {
					if lo%grain != 0 || hi != min(lo+grain, n) {
						t.Errorf("n %d, grain %d: chunk [%d, %d)", n, grain, lo, hi)
					}
					for i := lo; i < hi; i++ {
						visits[i].Add(1)
					}
				})
				for i := range visits {
					require.EqualValues(t, 1, visits[i].Load(), "index %d of %d, grain %d", i, n, grain)
				}
			}
		}
	}
}

func TestSumHasTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	f := func(lo, hi int) float64 {
		s := 0.0
		for i := lo; i < hi; i++ {
			s += math.Sin(float64(i)) / float64(i+1)
		}
		return s
	}
	withProcs(t, 1)
	want := Sum(100_000, 37, f)
	for _, procs := range []int{2, 3, 8} {
		withProcs(t, procs)
		for range 20 {
			require.Equal(t, want, Sum(100_000, 37, f))
		}
	}
	require.Zero(t, Sum(0, 37, f))
}

func TestNestedAndConcurrentLoopsFinish(t *testing.T) {
	withProcs(t, 4)
	var total atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				For(10, 1, func(lo, hi int) {
					For(10, 2, func(lo, hi int) { total.Add(int64(hi - lo)) })
				})
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 8*50*100, total.Load())
}

func TestAPanicOfTheBodyReachesTheCaller(t *testing.T) {
	problem := errors.New("no")
	for _, procs := range []int{1, 2, 4} {
		withProcs(t, procs)
		for _, at := range []int{0, 13, 99} {
			require.PanicsWithValue(t, problem, func() {
				For(100, 1, func(lo, hi int) {
					if lo == at {
						panic(problem)
					}
				})
			})
		}
		n := 0.0
		require.NotPanics(t, func() { n = Sum(100, 1, func(lo, hi int) float64 { return 1 }) })
		require.Equal(t, 100.0, n, "a loop after a panic")
	}
}

func TestGoexitInTheBodyDoesNotHangTheCaller(t *testing.T) {
	withProcs(t, 2)
	caller := make(chan struct{})
	go func() {
		defer close(caller)
		defer func() { recover() }() // if a worker met it, the caller panics; else it exits
		For(100, 1, func(lo, hi int) { runtime.Goexit() })
	}()
	<-caller
	require.NotPanics(t, func() { For(100, 1, func(lo, hi int) {}) })
}

func TestAGrainMustBePositive(t *testing.T) {
	require.PanicsWithValue(t, "parallel: the grain must be positive", func() { For(1, 0, func(lo, hi int) {}) })
}

func TestNothingIsLeftRunning(t *testing.T) {
	withProcs(t, 4)
	For(100, 1, func(lo, hi int) { runtime.Gosched() })
	stacks := make([]byte, 1<<20)
	require.Eventually(t, func() bool {
		workers.mu.Lock()
		defer workers.mu.Unlock()
		idle := workers.alive == 0 && workers.spinning == 0 && len(workers.parked) == 0 && len(workers.jobs) == 0
		return idle && !bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("parallel.(*pool).serve("))
	}, 10*time.Second, time.Millisecond)
}

func TestAWorkerWithoutWorkParksHoweverManyLoopsArePosted(t *testing.T) {
	var p pool
	p.jobs = []*job{{chunks: 2, limit: 1}}
	p.jobs[0].helpers.Store(1)         // another worker has it
	later := time.Now().Add(time.Hour) // so that its time is not over
	w := worker{idle: later}
	for range 2 {
		require.Nil(t, p.take(&w))
		require.True(t, w.spinning)
		require.Equal(t, 1, p.spinning)
		require.Equal(t, later, w.idle, "another loop without work for it leaves its time running")
		p.posted.Add(1)
	}

	w.idle = time.Now().Add(-spinTime)
	p.posted.Add(1)
	require.Nil(t, p.take(&w))
	require.False(t, w.spinning)
	require.Zero(t, p.spinning)
	require.Equal(t, []*worker{&w}, p.parked)

	p.parked = nil // woken, with work to do
	p.jobs[0].helpers.Store(0)
	require.Same(t, p.jobs[0], p.take(&w))
	require.Zero(t, w.idle)
}

func TestGOMAXPROCSIsAskedByEachLoop(t *testing.T) {
	for _, procs := range []int{3, 1, 4, 2} {
		withProcs(t, procs)
		var now, most atomic.Int32
		for range 100 {
			For(64, 1, func(lo, hi int) {
				n := now.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				runtime.Gosched()
				now.Add(-1)
			})
		}
		require.LessOrEqual(t, int(most.Load()), procs)
	}
	withProcs(t, 3)
	var together sync.WaitGroup
	together.Add(3)
	For(3, 1, func(lo, hi int) { // ends only if three run at once
		together.Done()
		together.Wait()
	})
}

func TestALimitHoldsBelowGOMAXPROCS(t *testing.T) {
	withProcs(t, 4)
	for limit, want := range map[int]int{0: 4, -1: 4, 1: 1, 3: 3, 9: 4} {
		require.Zero(t, Limit(limit))
		require.Equal(t, want, Workers(), "a limit of %d", limit)
		var now, most atomic.Int32
		For(64, 1, func(lo, hi int) {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			runtime.Gosched()
			now.Add(-1)
		})
		require.LessOrEqual(t, int(most.Load()), want)
		require.Equal(t, max(0, limit), Limit(0))
	}
}

func TestALoopAllocatesNothingInSteadyState(t *testing.T) {
	withProcs(t, 2)
	var total atomic.Int64
	f := func(lo, hi int) {
		s := Scratch(1000 + lo%3)
		total.Add(int64(len(s)))
		Release(s)
	}
	g := func(lo, hi int) float64 { return 1 }
	got := testing.AllocsPerRun(200, func() {
		For(64, 1, f)
		Sum(64, 1, g)
	})
	// A worker that went idle and was started again allocates a channel and a
	// timer: possible on a busy machine, never once per loop.
	require.Less(t, got, 1.0)
}

func TestScratchIsAlignedAndNotShared(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 17, 1000, 70_000} {
		a, b := Scratch(n), Scratch(n)
		require.Len(t, a, n)
		require.GreaterOrEqual(t, cap(a), n)
		if n > 0 {
			require.Zero(t, uintptr(unsafe.Pointer(&a[0]))%64)
			require.NotSame(t, &a[0], &b[0])
		}
		Release(a)
		Release(b)
	}
}

func BenchmarkFor(b *testing.B) {
	for _, chunks := range []int{2, 64} {
		b.Run(fmt.Sprintf("chunks=%d", chunks), func(b *testing.B) {
			f := func(lo, hi int) {}
			for b.Loop() {
				For(chunks, 1, f)
			}
		})
	}
}

func Example() {
	squares := make([]int, 10)
	For(len(squares), 4, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			squares[i] = i * i
		}
	})
	sum := Sum(len(squares), 4, func(lo, hi int) float64 {
		s := 0.0
		for _, v := range squares[lo:hi] {
			s += float64(v)
		}
		return s
	})
	fmt.Println(squares, sum)
	// Output: [0 1 4 9 16 25 36 49 64 81] 285
}
