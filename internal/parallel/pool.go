package parallel

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A training step leaves gaps of up to about 250 us between its loops, and to
// wake a parked worker takes 20 to 120 us: to spin for longer would cost other
// processes more than it saves.
const (
	spinTime = 250 * time.Microsecond // without work a worker stays awake this long
	idleTime = 50 * time.Millisecond  // and alive this long
)

var workers pool

// A job is one loop. Who works on it claims chunks by the counter next.
type job struct {
	next atomic.Int64 // the first chunk that nobody claimed
	_    [56]byte     // next is the one field that everybody writes

	helpers atomic.Int32 // workers that hold this job; changed under the pool's lock

	n, grain, chunks int
	limit            int32 // of helpers
	f                func(lo, hi int)
	g                func(lo, hi int) float64
	partial          []float64 // g's results by chunk

	problem any           // the first panic, under the pool's lock
	waiting bool          // the caller sleeps until the last helper has left
	left    chan struct{} // wakes it
}

// A pool holds the loops under way and the workers.
type pool struct {
	posted atomic.Int64 // counts jobs: what spinning workers watch

	mu       sync.Mutex
	jobs     []*job // under way, perhaps without unclaimed chunks
	free     []*job
	parked   []*worker
	alive    int // workers
	spinning int // of them
}

type worker struct {
	wake     chan struct{}
	timer    *time.Timer
	idle     time.Time // since when it has had no work; zero: it has
	seen     int64     // jobs posted when it last looked
	spinning bool
	ended    bool // it no longer counts as alive
}

// post announces a loop and wakes or starts workers for it.
func (p *pool) post(n, grain, helpers int, f func(lo, hi int), g func(lo, hi int) float64) *job {
	p.mu.Lock()
	defer p.mu.Unlock()
	var j *job
	if last := len(p.free) - 1; last >= 0 {
		j, p.free = p.free[last], p.free[:last]
	} else {
		j = &job{left: make(chan struct{}, 1)}
	}
	j.n, j.grain, j.chunks, j.limit, j.f, j.g = n, grain, (n+grain-1)/grain, int32(helpers), f, g
	if g != nil {
		j.partial = slices.Grow(j.partial[:0], j.chunks)[:j.chunks]
	}
	j.next.Store(0)
	p.jobs = append(p.jobs, j)
	p.posted.Add(1)

	for need := helpers - p.spinning; need > 0; need-- {
		if last := len(p.parked) - 1; last >= 0 {
			w := p.parked[last]
			p.parked = p.parked[:last]
			w.wake <- struct{}{}
		} else if p.alive < runtime.GOMAXPROCS(0)-1 {
			p.alive++
			go p.serve()
		}
	}
	return j
}

// lead works on j in the caller and returns the value that f panicked with, if
// any, when no helper holds j.
func (p *pool) lead(j *job) (problem any) {
	defer func() { problem = p.finish(j) }() // also when f ends the goroutine
	j.work()
	return
}

// finish waits until no helper holds j and returns its problem.
func (p *pool) finish(j *job) any {
	p.mu.Lock()
	p.jobs = slices.DeleteFunc(p.jobs, func(o *job) bool { return o == j })
	p.mu.Unlock()
	if !spin(time.Time{}, func() bool { return j.helpers.Load() == 0 }) {
		p.mu.Lock()
		j.waiting = j.helpers.Load() != 0
		wait := j.waiting
		p.mu.Unlock()
		if wait {
			<-j.left
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return j.problem
}

func (p *pool) recycle(j *job) {
	j.f, j.g, j.partial = nil, nil, j.partial[:0]
	p.mu.Lock()
	p.free = append(p.free, j)
	p.mu.Unlock()
}

// serve is the life of a worker.
func (p *pool) serve() {
	w := worker{wake: make(chan struct{}, 1), timer: time.NewTimer(idleTime)}
	defer func() {
		if !w.ended { // f ended the goroutine by runtime.Goexit
			p.mu.Lock()
			p.alive--
			p.mu.Unlock()
		}
	}()
	for {
		switch j := p.take(&w); {
		case j != nil:
			p.help(j)
		case w.spinning:
			spin(w.idle, func() bool { return p.posted.Load() != w.seen })
		case !p.park(&w):
			return
		}
	}
}

// take finds a job that w may help with. Without one it counts w as spinning
// or, when w found nothing for long enough, as parked: loops too short for so
// many workers, or for so many as GOMAXPROCS allowed once, keep none awake.
func (p *pool) take(w *worker) *job {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.spinning {
		w.spinning = false
		p.spinning--
	}
	w.seen = p.posted.Load()
	for _, j := range p.jobs {
		if j.helpers.Load() < j.limit && j.next.Load() < int64(j.chunks) {
			j.helpers.Add(1)
			w.idle = time.Time{}
			return j
		}
	}
	if w.idle.IsZero() {
		w.idle = time.Now()
	}
	if time.Since(w.idle) < spinTime {
		w.spinning = true
		p.spinning++
		return nil
	}
	w.idle = time.Time{} // once woken it may spin again
	p.parked = append(p.parked, w)
	return nil
}

func (p *pool) help(j *job) {
	defer func() {
		p.mu.Lock()
		if j.helpers.Add(-1) == 0 && j.waiting {
			j.waiting = false
			j.left <- struct{}{}
		}
		p.mu.Unlock()
	}()
	j.work()
}

// park sleeps until woken, or returns false when that took too long.
func (p *pool) park(w *worker) bool {
	w.timer.Reset(idleTime)
	select {
	case <-w.wake:
		return true
	case <-w.timer.C:
	}
	p.mu.Lock()
	i := slices.Index(p.parked, w)
	if i >= 0 {
		p.parked = slices.Delete(p.parked, i, i+1)
		p.alive--
		w.ended = true
	}
	p.mu.Unlock()
	if i < 0 { // somebody is waking it at this moment
		<-w.wake
	}
	return i < 0
}

// work runs chunks until none is unclaimed. A panic is kept for the caller and
// ends the loop.
func (j *job) work() {
	done := false
	defer func() {
		if done {
			return
		}
		problem := recover()
		if problem == nil {
			problem = errors.New("parallel: the loop's body called runtime.Goexit")
		}
		j.next.Store(int64(j.chunks))
		workers.mu.Lock()
		if j.problem == nil {
			j.problem = problem
		}
		workers.mu.Unlock()
	}()
	for {
		i := int(j.next.Add(1)) - 1
		if i >= j.chunks {
			break
		}
		lo := i * j.grain
		hi := min(lo+j.grain, j.n)
		if j.f != nil {
			j.f(lo, hi)
		} else {
			j.partial[i] = j.g(lo, hi)
		}
	}
	done = true
}

// spin waits for a condition without sleeping, and reports whether it came to
// hold within spinTime of start, zero being now. It yields every few
// microseconds: the processor may be wanted for better, but to yield takes a
// lock of the scheduler's.
func spin(start time.Time, condition func() bool) bool {
	const often = 4096
	for i := 1; !condition(); i++ {
		if i%often != 0 {
			continue
		}
		if start.IsZero() {
			start = time.Now()
		} else if time.Since(start) >= spinTime {
			return false
		}
		runtime.Gosched()
	}
	return true
}
