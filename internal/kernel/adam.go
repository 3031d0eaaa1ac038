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
// the largest second moment so far, or nil to use v itself. The results have the
// same bits on all instruction sets, but for numbers below 2^-126.
func (a *Adam) Step(theta, g, m, v, largest []float32) { a.StepScaled(theta, 1, g, m, v, largest) }

// StepScaled is Step by a gradient of scale times g, as a row of an outer product
// is.
func (a *Adam) StepScaled(theta []float32, scale float32, g, m, v, largest []float32) {
	if len(g) != len(theta) || len(m) != len(theta) || len(v) != len(theta) || largest != nil && len(largest) != len(theta) {
		panic("kernel: Adam of slices of different lengths")
	}
	parallel.For(len(theta), adamGrain, func(lo, hi int) {
		if largest == nil {
			a.step(theta[lo:hi], scale, g[lo:hi], m[lo:hi], v[lo:hi])
		} else {
			a.stepLargest(theta[lo:hi], scale, g[lo:hi], m[lo:hi], v[lo:hi], largest[lo:hi])
		}
	})
}

func (a *Adam) step(theta []float32, scale float32, g, m, v []float32) {
	c, n := *a, len(theta)
	if fast.available() {
		reads(g)
		writes(theta, m, v)
		fast.maps.adam(&theta[0], &g[0], &m[0], &v[0], n, scale, c.Rise1, c.Rise2, c.Rate, c.Correction, c.Epsilon, c.Decay, c.Shrink)
		return
	}
	g, m, v = g[:n], m[:n], v[:n]
	for i := range theta {
		vi := c.moments(theta[i], float32(scale*g[i]), &m[i], &v[i])
		theta[i] = c.moved(theta[i], m[i], vi)
	}
}

func (a *Adam) stepLargest(theta []float32, scale float32, g, m, v, largest []float32) {
	c, n := *a, len(theta)
	if fast.available() {
		reads(g)
		writes(theta, m, v, largest)
		fast.maps.adamLargest(&theta[0], &g[0], &m[0], &v[0], &largest[0], n,
			scale, c.Rise1, c.Rise2, c.Rate, c.Correction, c.Epsilon, c.Decay, c.Shrink)
		return
	}
	g, m, v, largest = g[:n], m[:n], v[:n], largest[:n]
	for i := range theta {
		vi := c.moments(theta[i], float32(scale*g[i]), &m[i], &v[i])
		if !(largest[i] > vi) {
			largest[i] = vi
		}
		theta[i] = c.moved(theta[i], m[i], largest[i])
	}
}

// The conversions below keep a compiler from fusing a product with a sum, which
// would change the bits.

// moments updates the moments of an element; it returns the second.
func (a *Adam) moments(theta, g float32, m, v *float32) float32 {
	d := g + float32(a.Decay*theta)
	// Adding a part of the difference, rather than beta m + (1-beta) d, keeps
	// a constant gradient's moments fixed though 1-beta is rounded.
	*m += float32(a.Rise1 * (d - *m))
	*v += float32(a.Rise2 * (float32(d*d) - *v))
	return *v
}

// moved returns where theta goes.
func (a *Adam) moved(theta, m, v float32) float32 {
	return theta - (float32(a.Shrink*theta) + a.Rate*m/(float32(root(v)*a.Correction)+a.Epsilon))
}

// root compiles to one float32 instruction.
func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }
