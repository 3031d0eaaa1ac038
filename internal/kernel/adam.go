package kernel

import (
	"math"

	"github.com/sshn-go/sshn/internal/parallel"
)

// Adam holds the numbers of one step of Adam. Source: Kingma and Ba, ICLR 2015,
// algorithm 1; Reddi et al., ICLR 2018, algorithm 2 (the largest second moment);
// Loshchilov and Hutter, ICLR 2019, algorithm 2 (Shrink).
type Adam struct {
	Rise1, Rise2 float32 // 1-beta1, 1-beta2
	Rate         float32 // the step size over 1-beta1^t
	Correction   float32 // 1 / sqrt(1-beta2^t)
	Epsilon      float32
	Decay        float32 // times theta, is added to the gradient
	Shrink       float32 // times theta, is taken from theta
}

// adamGrain is what a chunk takes: 7 streams of 64 KB, some tens of µs.
const adamGrain = 1 << 14

// Step changes theta and its moments m and v in place, in one pass. largest is
// the largest second moment so far, or nil to use v itself.
func (a *Adam) Step(theta, g, m, v, largest []float32) {
	if len(g) != len(theta) || len(m) != len(theta) || len(v) != len(theta) || largest != nil && len(largest) != len(theta) {
		panic("kernel: Adam of slices of different lengths")
	}
	parallel.For(len(theta), adamGrain, func(lo, hi int) {
		if largest == nil {
			a.step(theta[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi])
		} else {
			a.stepLargest(theta[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi], largest[lo:hi])
		}
	})
}

func (a *Adam) step(theta, g, m, v []float32) {
	n, c := len(theta), *a
	g, m, v = g[:n], m[:n], v[:n]
	for i, t := range theta {
		d := g[i] + c.Decay*t
		// Adding a part of the difference, rather than beta m + (1-beta) d, keeps
		// a constant gradient's moments fixed though 1-beta is rounded.
		mi := m[i] + c.Rise1*(d-m[i])
		vi := v[i] + c.Rise2*(d*d-v[i])
		m[i], v[i] = mi, vi
		theta[i] = t - (c.Shrink*t + c.Rate*mi/(root(vi)*c.Correction+c.Epsilon))
	}
}

func (a *Adam) stepLargest(theta, g, m, v, largest []float32) {
	n, c := len(theta), *a
	g, m, v, largest = g[:n], m[:n], v[:n], largest[:n]
	for i, t := range theta {
		d := g[i] + c.Decay*t
		mi := m[i] + c.Rise1*(d-m[i])
		vi := v[i] + c.Rise2*(d*d-v[i])
		top := max(vi, largest[i])
		m[i], v[i], largest[i] = mi, vi, top
		theta[i] = t - (c.Shrink*t + c.Rate*mi/(root(top)*c.Correction+c.Epsilon))
	}
}

// root compiles to one float32 instruction.
func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }
