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
	if f := r.folded(); f.blends() {
		f.blend(y, x, add)
	} else {
		f.gather(y, x, add)
	}
}

// Region computes the outputs [from, from+count) of one image of x. Those of a
// row begin stride elements apart in y and the rows follow each other; what is
// between two pixels stays as it is.
func (r *Resampling) Region(y []float32, stride int, x []float32, image int, from, count [3]int) {
	if volume(count) == 0 || r.C == 0 {
		return
	}
	f := r.folded()
	s := r.newSpan(f.blends() || r.Axes[2].identity, 1)
	defer s.free()
	s.choose(from[2], from[2]+count[2])
	for d := range count[0] {
		for h := range count[1] {
			s.resample(y[(d*count[1]+h)*count[2]*stride:], stride, x, image, from[0]+d, from[1]+h, over)
		}
	}
}

// MACs is the number of multiply-adds of Apply; copying takes none.
func (r *Resampling) MACs() int64 {
	if r.Axes[0].copies && r.Axes[1].copies && r.Axes[2].copies {
		return 0
	}
	f := r.folded()
	macs, gather := f.work()
	if !f.blends() {
		macs = gather
	}
	return int64(f.N) * int64(f.C) * macs
}

// Scratch is the number of floats of working memory that each worker takes.
func (r *Resampling) Scratch() int {
	f, most := r.folded(), 0
	if !f.blends() {
		return 0
	}
	o := f.order(true)
	for p := range o.pieces {
		from, to := o.part(p)
		most = max(most, f.spanFloats(o.group, from, to))
	}
	return most
}

// folded takes trailing axes that stay as they are for channels, and images of
// one row and of few channels for the rows of one.
func (r *Resampling) folded() Resampling {
	f := *r
	for range r.Axes {
		if last := f.Axes[2]; last.identity {
			f = Resampling{f.N, f.C * last.In, [3]*Taps{single, f.Axes[0], f.Axes[1]}}
		}
	}
	if d, h := f.Axes[0], f.Axes[1]; f.N > 1 && f.C <= mostTurned && d.identity && h.identity && d.In*h.In == 1 {
		f = Resampling{1, f.C, [3]*Taps{single, Identity(f.N), f.Axes[2]}}
	}
	return f
}

var single = Identity(1)

// blends tells which way to go. Blending whole input rows first pays where a
// column is read by several outputs, as in enlarging, and where the channels do
// not fill a vector; gathering where most columns are read by none.
func (r *Resampling) blends() bool {
	blend, gather := r.work()
	return blend < gather || r.C <= mostTurned
}

// work counts the multiply-adds per map and channel of the two ways.
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

// blend makes of the input rows that an output row is made of one row, and
// resamples that.
func (r *Resampling) blend(y, x []float32, add bool) { r.run(y, x, add, true) }

// gather makes each output of all that it is made of at once.
func (r *Resampling) gather(y, x []float32, add bool) { r.run(y, x, add, false) }

// pastFloats is the size from which on outputs, if they are larger than what
// they are made of, are written past the caches: 16 MB, about the third cache of
// a laptop. Where that was 260 MB, maps of 57 MB took 1.35 times as long past it,
// maps of 440 MB half as long.
const pastFloats = 1 << 22

func (r *Resampling) run(y, x []float32, add, blend bool) {
	_, out := r.sizes()
	o := r.order(blend)
	how := over
	switch {
	case add:
		how = adding
	case len(y) >= pastFloats && len(y) >= len(x):
		how = past
	}
	parallel.For(r.N*o.spans(), o.grain, func(lo, hi int) {
		s := r.newSpan(blend, o.group)
		defer s.free()
		for i := lo; i < hi; i++ {
			image, d, h, rows, from, to := o.at(i)
			s.choose(from, to)
			row := (image*out[0]+d)*out[1] + h
			y := y[(row*out[2]+from)*r.C:]
			if o.group > 1 {
				s.turned(y, x, image, d, h, rows, how)
			} else {
				s.resample(y, r.C, x, image, d, h, how)
			}
		}
	})
}
