package autograd

import "github.com/sshn-go/sshn/tensor"

// OutputFuser is what an Op implements that can do what follows it in the same
// pass over memory, as a convolution an activation.
type OutputFuser interface {
	// FuseOutput returns the operation of the same inputs that does what this
	// one does and then next, whose only input is its output. ok is false if
	// there is none.
	FuseOutput(next Op) (fused Op, ok bool)
}

// InputFuser is what an Op implements that can make one of its inputs itself,
// while it reads them, as a convolution a concatenation.
type InputFuser interface {
	// FuseInput returns the operation that does what producer does and then,
	// with that as its input i, what this one does. The inputs of the fused
	// operation are this one's with the producer's, of the shapes from, in place
	// of input i. ok is false if there is none.
	FuseInput(i int, producer Op, from []tensor.Shape) (fused Op, ok bool)
}

// Rectifier is what an Op implements that is max(x, slope x), element by
// element, so that others may do it in passing.
type Rectifier interface {
	// Slope returns the slope, and whether it lies in [0, 1].
	Slope() (slope float32, ok bool)
}

// rectified returns the slope of next, and whether it is a rectifier that an
// operation can do whose own slope is 1, that of none.
func rectified(own float32, next Op) (slope float32, ok bool) {
	r, ok := next.(Rectifier)
	if !ok || own != 1 {
		return own, false
	}
	return r.Slope()
}

// Joiner is what an Op implements that lays its inputs side by side along the
// last axis, so that others may read them where they are.
type Joiner interface {
	Joins(in []tensor.Shape) bool
}

// A step is what runs at a node: what was recorded there, nothing (the node is
// a constant, a leaf, a view, or its operation is done in passing by another's
// step), or what was recorded there and before as one operation.
type step struct {
	op Op
	in []int32
}

// plan says what runs at the nodes that were recorded since the last plan, and
// counts who reads what. An intermediate value can stay unmade if one operation
// alone reads it and nobody keeps it: it would be released after that anyway.
func (t *Tape) plan(r *runner) {
	first := len(r.steps)
	if first == len(t.nodes) {
		return
	}
	r.uses = append(r.uses, make([]int32, len(t.nodes)-len(r.uses))...)
	for i := range t.nodes[first:] {
		n := &t.nodes[first+i]
		r.steps = append(r.steps, step{n.op, n.in})
		for _, x := range n.in {
			r.uses[x]++
		}
		if n.kind == view {
			r.uses[n.root]++
		}
	}
	for id := int32(first); id < int32(len(t.nodes)) && !t.unfused; id++ {
		if t.nodes[id].kind == applied {
			t.fuse(r, int32(first), id)
		}
	}
	for id := int32(first); id < int32(len(t.nodes)); id++ {
		t.count(r, id)
	}
}

// fuse makes the step at id do what it can of those that it reads.
func (t *Tape) fuse(r *runner, first, id int32) {
	n, s := &t.nodes[id], &r.steps[id]
	if len(s.in) == 1 && !n.kept && id != r.keep {
		if p := s.in[0]; t.passing(r, first, id, p) {
			if f, ok := r.steps[p].op.(OutputFuser); ok {
				if op, ok := f.FuseOutput(s.op); ok {
					*s, r.steps[p] = step{op, r.steps[p].in}, step{}
				}
			}
		}
	}
	for k := 0; k < len(s.in); {
		f, ok := s.op.(InputFuser)
		if !ok {
			return
		}
		p := s.in[k]
		if !t.passing(r, first, id, p) {
			k++
			continue
		}
		from := r.steps[p]
		op, ok := f.FuseInput(k, from.op, t.inputShapes(from.in))
		if !ok {
			k++
			continue
		}
		at := len(r.edges)
		r.edges = append(append(append(r.edges, s.in[:k]...), from.in...), s.in[k+1:]...)
		*s, r.steps[p] = step{op, r.edges[at:len(r.edges):len(r.edges)]}, step{}
	}
}

// passing tells whether p is read by the step at id alone, so that its value
// need not be made, nor its gradient stop there.
func (t *Tape) passing(r *runner, first, id, p int32) bool {
	n := &t.nodes[p]
	if p < first || n.kind != applied || r.steps[p].op == nil || r.uses[p] != 1 || n.kept || p == r.keep {
		return false
	}
	if t.nodes[id].grad && !n.grad { // recorded under NoGrad: gradients end here
		for _, x := range r.steps[p].in {
			if t.nodes[x].grad {
				return false
			}
		}
	}
	return true
}

// count enters the reads of a node's step, forward and backward.
func (t *Tape) count(r *runner, id int32) {
	n, s := &t.nodes[id], &r.steps[id]
	if n.kept || id == r.keep {
		r.refs[id]++
	}
	if n.kind == view {
		r.refs[n.root]++ // until the first use of the view has run
	}
	if s.op == nil {
		return
	}
	for k, x := range s.in {
		r.refs[t.nodes[x].root]++
		if n.grad && needs(s.op, k) {
			r.refs[t.nodes[x].root]++
		}
	}
	if n.grad && needsOutput(s.op) {
		r.refs[id]++
	}
}
