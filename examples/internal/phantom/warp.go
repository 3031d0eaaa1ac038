package phantom

import (
	"math"
	"math/rand/v2"

	"github.com/sshn-go/sshn/internal/parallel"
)

// A grid is where the samples of an image lie, in mm of the template's voxel
// coordinates.
type grid struct {
	dims  [3]int // k, j, i
	step  float64
	first vec // the position of sample 0: i, j, k
}

func (g grid) len() int { return g.dims[0] * g.dims[1] * g.dims[2] }

func (g grid) at(k, j, i int) vec {
	return g.first.plus(vec{float64(i) * g.step, float64(j) * g.step, float64(k) * g.step})
}

// A warp leads from the image to the subject's own coordinates: an affine map,
// then the flow of a stationary velocity for unit time, which does not fold.
// It is computed on a coarse grid and interpolated.
type warp struct {
	nodes grid
	to    []vec
}

const (
	nodeStep  = 4 // mm
	flowSteps = 6
)

func newWarp(rng *rand.Rand, g grid, variation float64) *warp {
	uniform := func(r float64) float64 { return (2*rng.Float64() - 1) * r * variation }
	turn := rotation(vec{uniform(7), uniform(4), uniform(3)})
	turn = matrix{
		turn.x.by(math.Exp(uniform(.06))),
		turn.y.by(math.Exp(uniform(.06))),
		turn.z.by(math.Exp(uniform(.06))),
	}
	pivot := vec{middle, 85, 108}
	target := pivot.plus(vec{uniform(3), uniform(3), uniform(3)})
	flow := newFlow(rng, 3.5*rng.Float64()*variation, .7*variation)

	w := &warp{nodes: grid{step: nodeStep, first: g.first}}
	for a, n := range g.dims {
		w.nodes.dims[a] = 1
		if n > 1 {
			w.nodes.dims[a] = int(float64(n-1)*g.step/nodeStep) + 2
		}
	}
	w.to = make([]vec, w.nodes.len())
	dims := w.nodes.dims
	parallel.For(dims[0]*dims[1], 4, func(lo, hi int) {
		for row := lo; row < hi; row++ {
			for i := range dims[2] {
				p := w.nodes.at(row/dims[1], row%dims[1], i).minus(pivot)
				p = target.plus(turn.times(p))
				for range flowSteps {
					p = p.plus(flow.at(p).over(flowSteps))
				}
				w.to[row*dims[2]+i] = p
			}
		}
	})
	return w
}

// each calls f with every sample of g and where it leads, from several
// goroutines.
func (w *warp) each(g grid, f func(at int, p vec)) {
	width := g.dims[2]
	parallel.For(g.dims[0]*g.dims[1], 4, func(lo, hi int) {
		points := make([]vec, width)
		for row := lo; row < hi; row++ {
			w.row(g, row/g.dims[1], row%g.dims[1], points)
			for i, p := range points {
				f(row*width+i, p)
			}
		}
	})
}

// row writes where the samples (k, j, ...) of g lead.
func (w *warp) row(g grid, k, j int, out []vec) {
	dims := w.nodes.dims
	k0, tk := split(float64(k)*g.step, dims[0])
	j0, tj := split(float64(j)*g.step, dims[1])
	k1, j1 := min(k0+1, dims[0]-1), min(j0+1, dims[1]-1)
	column := func(i int) vec {
		near := mix(w.to[(k0*dims[1]+j0)*dims[2]+i], w.to[(k0*dims[1]+j1)*dims[2]+i], tj)
		far := mix(w.to[(k1*dims[1]+j0)*dims[2]+i], w.to[(k1*dims[1]+j1)*dims[2]+i], tj)
		return mix(near, far, tk)
	}
	left, right, at := vec{}, vec{}, -1
	for i := range out {
		i0, t := split(float64(i)*g.step, dims[2])
		if i0 != at {
			left, right, at = column(i0), column(min(i0+1, dims[2]-1)), i0
		}
		out[i] = mix(left, right, t)
	}
}

func mix(a, b vec, t float64) vec { return a.by(1 - t).plus(b.by(t)) }

// split returns the node before x mm and how far on x lies, from 0 to 1.
func split(x float64, nodes int) (int, float64) {
	x /= nodeStep
	i := min(int(x), max(nodes-2, 0))
	return i, x - float64(i)
}

// A flow is a smooth velocity: broad bends and fine wobbles.
type flow struct {
	broad, fine     [3]*field
	sdBroad, sdFine float64 // mm
}

func newFlow(rng *rand.Rand, sdBroad, sdFine float64) *flow {
	f := &flow{sdBroad: sdBroad, sdFine: sdFine}
	whole := vec{template[2], template[1], template[0]}
	for a := range f.broad {
		f.broad[a] = newField(rng, 28, whole)
		f.fine[a] = newField(rng, 11, whole)
	}
	return f
}

func (f *flow) at(p vec) vec {
	broad := vec{f.broad[0].at(p), f.broad[1].at(p), f.broad[2].at(p)}
	fine := vec{f.fine[0].at(p), f.fine[1].at(p), f.fine[2].at(p)}
	return broad.by(f.sdBroad).plus(fine.by(f.sdFine))
}
