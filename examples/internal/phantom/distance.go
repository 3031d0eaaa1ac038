package phantom

import "github.com/sshn-go/sshn/internal/parallel"

// squaredDistance returns, for each sample of a grid [d h w], the square of
// its distance to the nearest one of the set, in samples, or at least far
// where there is none near.
//
// Felzenszwalb and Huttenlocher, Distance transforms of sampled functions,
// Theory of Computing 8 (2012), section 2: one axis after the other, the lower
// envelope of parabolas.
func squaredDistance(set []bool, dims [3]int) []float32 {
	f := make([]float32, len(set))
	for i, in := range set {
		if !in {
			f[i] = far
		}
	}
	d, h, w := dims[0], dims[1], dims[2]
	lines := func(count, length, step int, first func(line int) int) {
		if length == 1 {
			return
		}
		parallel.For(count, 64, func(lo, hi int) {
			e := newEnvelope(length)
			for line := lo; line < hi; line++ {
				e.along(f, first(line), step)
			}
		})
	}
	lines(d*h, w, 1, func(line int) int { return line * w })
	lines(d*w, h, w, func(line int) int { return line/w*h*w + line%w })
	lines(h*w, d, h*w, func(line int) int { return line })
	return f
}

const far = 1e6

type envelope struct {
	f     []float32
	apex  []int     // the parabolas of the envelope, from left to right
	start []float32 // where each takes over
}

func newEnvelope(n int) *envelope {
	return &envelope{make([]float32, n), make([]int, n), make([]float32, n+1)}
}

func (e *envelope) along(data []float32, first, step int) {
	alike := true
	for i := range e.f {
		e.f[i] = data[first+i*step]
		alike = alike && e.f[i] == e.f[0]
	}
	if alike {
		return
	}
	n := 0
	for q, fq := range e.f {
		s := float32(-far)
		for ; n > 0; n-- {
			p := e.apex[n-1]
			s = (fq - e.f[p] + float32(q*q-p*p)) / float32(2*(q-p))
			if s > e.start[n-1] {
				break
			}
		}
		if n == 0 {
			s = -far
		}
		e.apex[n], e.start[n] = q, s
		n++
	}
	e.start[n] = far
	at := 0
	for q := range e.f {
		for e.start[at+1] < float32(q) {
			at++
		}
		p := e.apex[at]
		data[first+q*step] = float32((q-p)*(q-p)) + e.f[p]
	}
}
