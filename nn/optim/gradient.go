package optim

import (
	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
)

// grain is what a chunk takes: a few streams of 32 KB.
const grain = 1 << 13

// some of a chunk's gradient stays in the first cache beside what it is made of.
const some = 1 << 12

// each calls f for chunks of the elements [lo, hi), with scale times the chunk's
// gradient. What is kept as outer products is made a chunk at a time, in a cache;
// of a single one the rows are scaled copies of a vector, and nothing is made.
func each(g autograd.Gradient, lo, hi int, f func(lo, hi int, scale float32, gradient []float32)) {
	o := g.Outer
	if o == nil {
		dense(g.Dense, lo, hi, 0, f)
		return
	}
	end := o.Offset + o.Len()
	dense(g.Dense, lo, min(hi, o.Offset), 0, f)
	within(o, max(lo, o.Offset), min(hi, end), f)
	dense(g.Dense, max(lo, end), hi, o.Len(), f)
}

// dense is each for elements that lie in x, so many places earlier.
func dense(x []float32, lo, hi, earlier int, f func(lo, hi int, scale float32, gradient []float32)) {
	if lo >= hi {
		return
	}
	parallel.For(hi-lo, grain, func(i, j int) {
		i, j = lo+i, lo+j
		f(i, j, 1, x[i-earlier:j-earlier])
	})
}

// within is each for elements of the matrix.
func within(o *autograd.Outer, lo, hi int, f func(lo, hi int, scale float32, gradient []float32)) {
	if lo >= hi {
		return
	}
	pieces := (o.Columns + grain - 1) / grain
	first, last := (lo-o.Offset)/o.Columns, (hi-1-o.Offset)/o.Columns
	parallel.For((last-first+1)*pieces, 1, func(task, _ int) {
		row, from := first+task/pieces, task%pieces*grain
		at := o.Offset + row*o.Columns
		i, j := max(lo, at+from), min(hi, at+min(from+grain, o.Columns))
		if i >= j {
			return
		}
		if len(o.Left) == 1 {
			f(i, j, o.Left[0][row], o.Right[0][i-at:j-at])
			return
		}
		gradient := parallel.Scratch(min(some, j-i))
		defer parallel.Release(gradient)
		for ; i < j; i += some {
			part := gradient[:min(some, j-i)]
			clear(part)
			for k, left := range o.Left {
				kernel.Axpy(part, o.Right[k][i-at:][:len(part)], left[row])
			}
			f(i, i+len(part), 1, part)
		}
	})
}
