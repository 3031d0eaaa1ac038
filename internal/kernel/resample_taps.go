package kernel

import "math"

// Taps is a sparse matrix, one axis of a [Resampling]: which inputs each output
// reads, and by what weights. It is immutable.
//
//	y[o] = sum over k of Weight[Start[o]+k] * x[First[o]+k], k < Start[o+1]-Start[o]
type Taps struct {
	In     int
	First  []int32 // of each output
	Start  []int32 // of each output, and the end
	Weight []float32

	copies   bool // every output is one input
	identity bool // the same one
	sorted   bool // no window is empty, or begins or ends before the one before it
}

// NewTaps makes the table of out outputs over in inputs from the window of each
// output: where it begins, and its weights. What a window has beyond the ends
// of the axis counts to the first and to the last input.
func NewTaps(in, out int, window func(o int) (first int, weight []float64)) *Taps {
	t := &Taps{In: in}
	var w []float64
	for o := range out {
		first, weight := window(o)
		lo := clamp(first, in)
		w = append(w[:0], make([]float64, clamp(first+len(weight)-1, in)-lo+1)...)
		for k, v := range weight {
			w[clamp(first+k, in)-lo] += v
		}
		t.add(lo, w)
	}
	return t.finish()
}

// Identity is the table of n outputs that are their inputs.
func Identity(n int) *Taps {
	return NewTaps(n, n, func(o int) (int, []float64) { return o, []float64{1} })
}

// Out is the number of outputs.
func (t *Taps) Out() int { return len(t.First) }

// Transpose returns the table of the adjoint: for each input of t, the outputs
// that read it.
func (t *Taps) Transpose() *Taps {
	first, last := make([]int, t.In), make([]int, t.In)
	for i := range first {
		first[i], last[i] = t.Out(), -1
	}
	for o := range t.Out() {
		at, w := t.at(o)
		for k := range w {
			first[at+k] = min(first[at+k], o)
			last[at+k] = o
		}
	}
	a := &Taps{In: t.Out()}
	var w []float64
	for i := range t.In {
		w = w[:0]
		for o := first[i]; o <= last[i]; o++ {
			w = append(w, t.weight(o, i))
		}
		a.add(first[i], w)
	}
	return a.finish()
}

func (t *Taps) at(o int) (first int, w []float32) {
	return int(t.First[o]), t.Weight[t.Start[o]:t.Start[o+1]]
}

// reach returns the inputs [lo, hi) that the windows of outputs [from, to) lie in.
func (t *Taps) reach(from, to int) (lo, hi int) {
	if t.sorted && from < to {
		return int(t.First[from]), int(t.First[to-1] + t.Start[to] - t.Start[to-1])
	}
	lo = t.In
	for o := from; o < to; o++ {
		if n := int(t.Start[o+1] - t.Start[o]); n > 0 {
			first := int(t.First[o])
			lo, hi = min(lo, first), max(hi, first+n)
		}
	}
	return min(lo, hi), hi
}

// weight is the weight of input i in output o.
func (t *Taps) weight(o, i int) float64 {
	first, w := t.at(o)
	if i < first || i >= first+len(w) {
		return 0
	}
	return float64(w[i-first])
}

// add appends an output, without zeros at the ends of its window: they cost
// time, and what is not asked for must not matter even if it is not finite.
func (t *Taps) add(first int, w []float64) {
	for len(w) > 0 && float32(w[0]) == 0 {
		first, w = first+1, w[1:]
	}
	for len(w) > 0 && float32(w[len(w)-1]) == 0 {
		w = w[:len(w)-1]
	}
	if len(w) == 0 {
		first = 0
	}
	t.First = append(t.First, int32(first))
	t.Start = append(t.Start, int32(len(t.Weight)))
	for _, v := range w {
		t.Weight = append(t.Weight, float32(v))
	}
}

func (t *Taps) finish() *Taps {
	if len(t.Weight) > math.MaxInt32 {
		panic("kernel: a table of over 2^31 weights")
	}
	t.Start = append(t.Start, int32(len(t.Weight)))
	t.copies = true
	t.identity = t.In == t.Out()
	t.sorted = true
	before, end := 0, 0
	for o := range t.Out() {
		first, w := t.at(o)
		t.copies = t.copies && len(w) == 1 && w[0] == 1
		t.identity = t.identity && t.copies && first == o
		t.sorted = t.sorted && len(w) > 0 && first >= before && first+len(w) >= end
		before, end = first, first+len(w)
	}
	return t
}

func clamp(i, n int) int { return min(max(i, 0), n-1) }
