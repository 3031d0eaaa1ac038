package metric

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// Distance returns how far each element lies from the nearest element of set
// that is not 0, in mm, between their centres: set [spatial...] -> distances
// [spatial...], of one to three axes, in new memory. It is +Inf everywhere if
// the set is empty. The spacing is that of neighbours along each axis, in mm and
// in the tensor's order (k, j, i of a NIfTI volume). The time is linear in the
// elements and the result exact but for rounding. Distance panics with a
// [*tensor.ShapeError] if there are other axes or if a spacing is not positive.
//
// Source: Felzenszwalb and Huttenlocher, Distance transforms of sampled
// functions, Theory of Computing 8 (2012), sections 2 and 3; for unlike
// spacings, Maurer et al., IEEE TPAMI 25(2), 2003.
func Distance(set tensor.Tensor, spacing ...float64) tensor.Tensor {
	g := newGrid("distance", set.Shape, spacing)
	f := make([]float64, len(set.Data))
	for i, x := range set.Data {
		if x == 0 {
			f[i] = math.Inf(1)
		}
	}
	g.transform(f)
	d := tensor.Zeros(set.Shape)
	for i, x := range f {
		d.Data[i] = float32(math.Sqrt(x))
	}
	return d
}

// A grid is the geometry of elements, brought to three axes by leading ones of
// extent 1 and no length.
type grid struct {
	dims [3]int
	mm   [3]float64
}

func newGrid(op string, s tensor.Shape, spacing []float64) grid {
	fail := func(problem string) {
		panic(&tensor.ShapeError{Op: op, Shapes: []tensor.Shape{s}, Problem: problem})
	}
	if s.Rank() < 1 || s.Rank() > 3 {
		fail("takes one to three axes")
	}
	if len(spacing) != s.Rank() {
		fail(fmt.Sprintf("spacing %v has not one number for each axis", spacing))
	}
	g := grid{dims: [3]int{1, 1, 1}}
	for i, mm := range spacing {
		if !(mm > 0) || math.IsInf(mm, 0) {
			fail(fmt.Sprintf("spacing %v is not positive", spacing))
		}
		g.dims[3-s.Rank()+i], g.mm[3-s.Rank()+i] = s.Dim(i), mm
	}
	return g
}

func (g grid) len() int { return g.dims[0] * g.dims[1] * g.dims[2] }

// transform replaces f by the least of f[p] + |p - q|^2 over all p, for each q:
// the lower envelope of parabolas, along one axis after the other.
func (g grid) transform(f []float64) {
	d, h, w := g.dims[0], g.dims[1], g.dims[2]
	lines := func(axis, count, step int, first func(line int) int) {
		if g.dims[axis] == 1 {
			return
		}
		parallel.For(count, 64, func(lo, hi int) {
			e := newEnvelope(g.dims[axis], g.mm[axis])
			for line := lo; line < hi; line++ {
				e.along(f, first(line), step)
			}
		})
	}
	lines(2, d*h, 1, func(line int) int { return line * w })
	lines(1, d*w, w, func(line int) int { return line/w*h*w + line%w })
	lines(0, h*w, h*w, func(line int) int { return line })
}

// An envelope is the lower envelope of the parabolas f[p] + (x - place(p))^2.
type envelope struct {
	mm   float64
	f    []float64
	apex []int     // the parabolas of the envelope, from left to right
	from []float64 // where each takes over, mm
}

func newEnvelope(n int, mm float64) *envelope {
	return &envelope{mm, make([]float64, n), make([]int, n), make([]float64, n)}
}

// along replaces the elements first, first + step, ... of data.
func (e *envelope) along(data []float64, first, step int) {
	n := 0 // parabolas
	for q := range e.f {
		fq := data[first+q*step]
		e.f[q] = fq
		if math.IsInf(fq, 1) { // a parabola that is nowhere the lowest
			continue
		}
		from := math.Inf(-1)
		for ; n > 0; n-- {
			p := e.apex[n-1]
			// Where the parabolas of p and q meet.
			from = float64(q+p)*e.mm/2 + (fq-e.f[p])/(2*float64(q-p)*e.mm)
			if from > e.from[n-1] {
				break
			}
		}
		if n == 0 {
			from = math.Inf(-1)
		}
		e.apex[n], e.from[n] = q, from
		n++
	}
	if n == 0 {
		return
	}
	at := 0
	for q := range e.f {
		for at+1 < n && e.from[at+1] < float64(q)*e.mm {
			at++
		}
		p := e.apex[at]
		away := float64(q-p) * e.mm
		data[first+q*step] = e.f[p] + float64(away*away) // rounded here, so that no machine fuses it
	}
}
