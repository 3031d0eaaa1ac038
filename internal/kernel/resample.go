package kernel

import (
	"fmt"

	"github.com/sshn-go/sshn/internal/parallel"
)

// A Resampling is a linear map of maps channels last that works on each spatial
// axis by itself:
//
//	x [N, In..., C] -> y [N, Out..., C], Axes[a] from In[a] to Out[a]
//
// Its adjoint is the resampling by the transposed tables, so that forward and
// backward are one loop in which every output gathers what it is made of and
// none is written by two workers.
type Resampling struct {
	N, C int
	Axes [3]*Taps // leading axes that are not used are Identity(1)
}

// Apply computes y = A x, or with add y += A x.
func (r *Resampling) Apply(y, x []float32, add bool) {
	in, out := r.sizes()
	if len(x) != r.N*volume(in)*r.C || len(y) != r.N*volume(out)*r.C {
		panic(fmt.Sprintf("kernel: x of %d and y of %d elements for %d maps of %d channels resampled from %v to %v",
			len(x), len(y), r.N, r.C, in, out))
	}
	if len(y) == 0 {
		return
	}
	// Trailing axes that stay as they are may as well be channels.
	for range r.Axes {
		if last := r.Axes[2]; last.identity {
			r = &Resampling{r.N, r.C * last.In, [3]*Taps{single, r.Axes[0], r.Axes[1]}}
		}
	}
	if blend, gather := r.work(); blend < gather {
		r.blend(y, x, add)
	} else {
		r.gather(y, x, add)
	}
}

var single = Identity(1)

// MACs is the number of multiply-adds of Apply; copying takes none.
func (r *Resampling) MACs() int64 {
	if r.Axes[0].copies && r.Axes[1].copies && r.Axes[2].copies {
		return 0
	}
	blend, gather := r.work()
	return int64(r.N) * int64(r.C) * min(blend, gather)
}

// Scratch is the number of floats of working memory that each worker takes.
func (r *Resampling) Scratch() int {
	if blend, gather := r.work(); blend < gather {
		return r.Axes[2].In * r.C
	}
	return 0
}

// work counts the multiply-adds per map and channel of the two ways to go.
// Blending whole input rows first pays where a column is read by several
// outputs, as in enlarging; gathering where most columns are read by none.
func (r *Resampling) work() (blend, gather int64) {
	_, out := r.sizes()
	rows := int64(len(r.Axes[0].Weight)) * int64(len(r.Axes[1].Weight)) // read, by all output rows
	columns := int64(len(r.Axes[2].Weight))
	return rows*int64(r.Axes[2].In) + int64(out[0]*out[1])*columns, rows * columns
}

func (r *Resampling) sizes() (in, out [3]int) {
	for a, t := range r.Axes {
		in[a], out[a] = t.In, t.Out()
	}
	return in, out
}

const resampleChunk = 1 << 15 // floats: some ten microseconds

// blend makes of the input rows that an output row is made of one row, and
// resamples that.
func (r *Resampling) blend(y, x []float32, add bool) {
	in, out := r.sizes()
	width, c := in[2]*r.C, out[2]*r.C
	parallel.For(r.N*out[0]*out[1], max(1, resampleChunk/max(width, c)), func(lo, hi int) {
		line := parallel.Scratch(width)
		for row := lo; row < hi; row++ {
			dst := y[row*c:][:c]
			at, wd, wh := r.rows(row)
			for i, w := range wd {
				mix(line, x[(at+i*in[1])*width:], wh, width, w, i > 0)
			}
			if len(wd)*len(wh) > 0 {
				mixColumns(dst, line, r.Axes[2], 0, r.C, 1, add)
			} else if !add {
				clear(dst)
			}
		}
		parallel.Release(line)
	})
}

// gather makes each output of all that it is made of at once. Rows are cut
// into pieces, for that of a signal may be long and the only one.
func (r *Resampling) gather(y, x []float32, add bool) {
	in, out := r.sizes()
	width, piece := in[2]*r.C, min(out[2], max(1, resampleChunk/r.C))
	pieces := (out[2] + piece - 1) / piece
	parallel.For(r.N*out[0]*out[1]*pieces, max(1, resampleChunk/(piece*r.C)), func(lo, hi int) {
		for j := lo; j < hi; j++ {
			row, first := j/pieces, j%pieces*piece
			dst := y[(row*out[2]+first)*r.C:][:min(piece, out[2]-first)*r.C]
			at, wd, wh := r.rows(row)
			if len(wd)*len(wh) == 0 && !add {
				clear(dst)
			}
			for i, a := range wd {
				for k, b := range wh {
					mixColumns(dst, x[(at+i*in[1]+k)*width:][:width], r.Axes[2], first, r.C, a*b, add || i+k > 0)
				}
			}
		}
	})
}

// rows returns the first input row that an output row reads, and the weights
// over depth and height.
func (r *Resampling) rows(row int) (at int, wd, wh []float32) {
	d, h := r.Axes[0], r.Axes[1]
	plane := row / h.Out()
	n := plane / d.Out()
	firstD, wd := d.at(plane - n*d.Out())
	firstH, wh := h.at(row - plane*h.Out())
	return (n*d.In+firstD)*h.In + firstH, wd, wh
}

// mixColumns sets or adds to y, the outputs from first on of a row, scale times
// what t makes of the row x.
func mixColumns(y, x []float32, t *Taps, first, c int, scale float32, add bool) {
	if c == 1 {
		mixScalars(y, x, t, first, scale, add)
		return
	}
	for o := first; len(y) > 0; o++ {
		at, w := t.at(o)
		mix(y[:c], x[at*c:], w, c, scale, add)
		y = y[c:]
	}
}
