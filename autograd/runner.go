package autograd

import (
	"math"
	"slices"

	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// A runner keeps the books of a run: what runs, what has run, who still reads
// which buffer, and how many bytes are held. A rehearsal is a runner that keeps
// books only; as it walks the same code, its books are those of the real run.
type runner struct {
	next      int     // the first node that has not run
	steps     []step  // of a node: what runs there; see plan
	edges     []int32 // the inputs of steps that are fused
	uses      []int32 // of a node: how many read it, while a plan is made
	state     []state
	refs      []int32 // of a root: reads to come of its data
	hasGrad   []bool  // of a root: its gradient has a buffer
	reached   []bool  // of a root: the Backward under way has added to its gradient
	passed    []bool  // of a root: Backward went through its operation
	waiting   []int32 // held roots that Backward came to
	outer     map[int32]*outer
	space     space
	places    []places // of a node
	rehearsal bool
	counts    bool  // of a rehearsal: the scratch
	scratch   int64 // bytes that an operation takes beside the space at most
	keep      int32 // of a rehearsal: a root that is kept, or -1
}

// places are where a node's data, gradient and state lie.
type places struct{ data, gdata, state place }

type state uint8

const (
	pending state = iota
	ready
	unused   // of a view: nothing that reads it has run
	released // of a root: its buffer went back to the arena, or it never had one
)

func (r *runner) record(k kind) {
	s := ready
	switch k {
	case applied:
		s = pending
	case view:
		s = unused
	}
	r.state = append(r.state, s)
	r.refs = append(r.refs, 0)
	r.hasGrad = append(r.hasGrad, false)
	r.reached = append(r.reached, false)
	r.passed = append(r.passed, false)
	r.places = append(r.places, places{})
}

func (r *runner) reset() {
	clear(r.steps) // let go of the operations
	clear(r.outer)
	*r = runner{
		steps: r.steps[:0], edges: r.edges[:0], uses: r.uses[:0], state: r.state[:0], refs: r.refs[:0],
		hasGrad: r.hasGrad[:0], reached: r.reached[:0], passed: r.passed[:0], waiting: r.waiting[:0], outer: r.outer,
		places: r.places[:0], space: space{taken: r.space.taken[:0], log: r.space.log[:0]},
	}
}

func (t *Tape) forward(r *runner) {
	if !r.rehearsal && r.next == 0 {
		t.foresee()
	}
	t.plan(r)
	for ; r.next < len(t.nodes); r.next++ {
		id := int32(r.next)
		n, s := &t.nodes[id], &r.steps[id]
		switch {
		case n.kind == constant && n.data == nil && n.shape.Len() > 0 && !r.rehearsal:
			panic(&UseError{"run", n.shape, "it is a placeholder, which has no data"})
		case n.kind != applied:
			continue
		case s.op == nil:
			r.state[id] = released
			continue
		}
		t.buffer(r, &n.data, &r.places[id].data, n.shape.Len())
		size := t.stateSize(s)
		if size > 0 {
			t.buffer(r, &n.state, &r.places[id].state, size)
		}
		if r.counts {
			r.scratch = max(r.scratch, s.op.Cost(t.inputShapes(s.in)).Bytes)
		}
		if !r.rehearsal {
			in := t.inputs(s, nil)
			if op, ok := s.op.(Stateful); ok {
				op.ForwardState(t.tensor(id), in, n.state)
			} else {
				s.op.Forward(t.tensor(id), in)
			}
		}
		r.state[id] = ready
		if size > 0 && !n.grad {
			t.unbuffer(r, &n.state, &r.places[id].state)
		}
		for _, x := range s.in {
			root := t.nodes[x].root
			if r.state[x] == unused {
				r.state[x] = ready
				t.drop(r, root)
			}
			t.drop(r, root)
		}
	}
}

func (t *Tape) backward(r *runner, loss int32) {
	t.refusePassed(r, loss, loss, math.MaxInt32)
	t.reach(r, loss)
	if !r.rehearsal {
		t.gradient(loss).Data[0]++
	}
	t.descend(r, loss, math.MaxInt32)
}

// passOn takes the gradients of the values that are held beyond a node on to it and
// further.
func (t *Tape) passOn(r *runner, node int32) {
	last := int32(-1)
	r.waiting = slices.DeleteFunc(r.waiting, func(id int32) bool {
		if id <= node {
			return false
		}
		r.reached[id] = true
		last = max(last, id)
		return true
	})
	t.refusePassed(r, last, last, node)
	t.descend(r, last, node)
}

// refusePassed panics if a gradient that sets out at a node, and at those that
// are reached already, would come to one that was passed, before any is changed.
func (t *Tape) refusePassed(r *runner, node, from, beyond int32) {
	if from < 0 {
		return
	}
	come := append(t.come[:0], r.reached[:from+1]...)
	t.come = come
	come[t.nodes[node].root] = true
	for id := from; id >= 0; id-- {
		n := &t.nodes[id]
		if !come[id] || n.kind != applied {
			continue
		}
		if r.passed[id] {
			problem := " was passed by an earlier Backward, and each takes what it needs with it; add the losses, or hold what they share (Value.Hold)"
			if n.held {
				problem = " was held until a gradient beyond it was read; read that after the last Backward"
			}
			panic(&UseError{"backward", n.shape, Name(n.op) + problem})
		}
		if n.held && id <= beyond {
			continue
		}
		for _, x := range r.steps[id].in {
			if t.nodes[x].grad {
				come[t.nodes[x].root] = true
			}
		}
	}
}

// descend passes gradients on, from a node down to the leaves or to values that are
// held and not beyond a node.
func (t *Tape) descend(r *runner, from, beyond int32) {
	for id := from; id >= 0; id-- {
		n, s := &t.nodes[id], &r.steps[id]
		if !r.reached[id] {
			continue
		}
		r.reached[id] = false
		if n.kind != applied {
			continue
		}
		if n.held && id <= beyond {
			r.waiting = append(r.waiting, id)
			continue
		}
		t.backwardOne(r, id, from, n, s)
		r.passed[id] = true
		t.release(r, id, n, s, n.kept || id == from || id == r.keep)
	}
}

func (t *Tape) backwardOne(r *runner, id, loss int32, n *node, s *step) {
	gin, fresh := t.gin[:0], t.fresh[:0]
	asides := t.asides[:0]
	straddling := 0 // floats
	_, assigns := s.op.(Assigner)
	for k, x := range s.in {
		g := tensor.Tensor{Shape: t.nodes[x].shape}
		first := false
		switch {
		case !t.nodes[x].grad:
		case t.keepsOuter(r, id, s, k):
			r.reached[t.nodes[x].root] = true
		default:
			first = assigns && !r.hasGrad[t.nodes[x].root] && t.once(s.in, k)
			t.reachFor(r, x, !first)
			if !r.rehearsal {
				g = t.gradient(x)
			}
			if t.straddles(s.in, k) {
				straddling += g.Shape.Len()
				if !r.rehearsal {
					whole := g.Data
					g.Data = parallel.Scratch(len(whole))
					clear(g.Data)
					asides = append(asides, aside{whole, g.Data})
				}
			}
		}
		gin, fresh = append(gin, g), append(fresh, first)
	}
	t.gin, t.fresh, t.asides = gin, fresh, asides
	if op, ok := s.op.(Working); ok && assigns && n.state == nil {
		if size := op.Working(t.inputShapes(s.in)); size > 0 {
			t.buffer(r, &n.state, &r.places[id].state, size)
			defer t.unbuffer(r, &n.state, &r.places[id].state)
		}
	}
	if r.rehearsal {
		bytes := 4 * int64(straddling)
		if op, ok := s.op.(greedy); ok && r.counts {
			bytes += op.backwardBytes(t.inputShapes(s.in))
		}
		if r.counts {
			r.scratch = max(r.scratch, bytes)
		}
		return
	}
	in := t.inputs(s, s.op)
	out := tensor.Tensor{Shape: n.shape}
	if needsOutput(s.op) {
		out = t.tensor(id)
	}
	gout := t.gradient(id)
	if op, ok := s.op.(spoiler); ok && op.spoils() && (n.kept || id == loss) {
		whole := gout
		gout.Data = parallel.Scratch(len(whole.Data))
		defer parallel.Release(gout.Data)
		copy(gout.Data, whole.Data)
	}
	switch op := s.op.(type) {
	case Assigner:
		op.BackwardAssign(gin, fresh, gout, out, in, n.state)
	case Stateful:
		op.BackwardState(gin, gout, out, in, n.state)
	default:
		s.op.Backward(gin, gout, out, in)
	}
	for _, a := range asides {
		kernel.Add(a.to, a.from)
		parallel.Release(a.from)
	}
}

// An aside is a gradient in memory of its own that is to be added where it
// belongs: that of an input which shares a part, and not all, of its memory with
// another input. An operation that does the inputs' elements side by side would
// add to one place from several goroutines.
type aside struct{ to, from []float32 }

// straddles tells whether in[k] is such an input, of which an earlier one is the
// other.
func (t *Tape) straddles(in []int32, k int) bool {
	b := &t.nodes[in[k]]
	for _, x := range in[:k] {
		a := &t.nodes[x]
		if a.root == b.root && a.offset < b.offset+b.shape.Len() && b.offset < a.offset+a.shape.Len() &&
			(a.offset != b.offset || a.shape.Len() != b.shape.Len()) {
			return true
		}
	}
	return false
}

// once tells whether in[k] is a whole root that is no other input's.
func (t *Tape) once(in []int32, k int) bool {
	if t.nodes[in[k]].kind == view {
		return false
	}
	for j, x := range in {
		if j != k && t.nodes[x].root == in[k] {
			return false
		}
	}
	return true
}

// release gives back what only the backward of n still held: its gradient too,
// unless that is to be kept.
func (t *Tape) release(r *runner, id int32, n *node, s *step, keep bool) {
	if size := t.stateSize(s); size > 0 {
		t.unbuffer(r, &n.state, &r.places[id].state)
	}
	if !keep {
		r.hasGrad[id] = false
		t.unbuffer(r, &n.gdata, &r.places[id].gdata)
	}
	for k, x := range s.in {
		if needs(s.op, k) {
			t.drop(r, t.nodes[x].root)
		}
	}
	if needsOutput(s.op) {
		t.drop(r, id)
	}
}

// inputs returns what a step reads: all of it, or for the backward of op what op
// says it needs.
func (t *Tape) inputs(s *step, op Op) []tensor.Tensor {
	in := t.in[:0]
	for k, x := range s.in {
		if op == nil || needs(op, k) {
			in = append(in, t.tensor(x))
		} else {
			in = append(in, tensor.Tensor{Shape: t.nodes[x].shape})
		}
	}
	t.in = in
	return in
}

// drop ends one read of a root's data; after the last the buffer is free.
func (t *Tape) drop(r *runner, root int32) {
	n := &t.nodes[root]
	r.refs[root]--
	if n.kind == applied && r.refs[root] == 0 {
		r.state[root] = released
		t.unbuffer(r, &n.data, &r.places[root].data)
	}
}

// reach tells Backward that id has a gradient.
func (t *Tape) reach(r *runner, id int32) { t.reachFor(r, id, true) }

func (t *Tape) reachFor(r *runner, id int32, zero bool) {
	r.reached[t.nodes[id].root] = true
	t.holdGrad(r, id, zero)
}

// bytes is what the run's buffers have taken at most.
func (r *runner) bytes() int64 { return 4 * lineFloats * int64(r.space.most) }

// buffer makes *b n floats, which lie at *at.
func (t *Tape) buffer(r *runner, b *[]float32, at *place, n int) {
	*at = r.space.take(n)
	if !r.rehearsal {
		*b = t.arena.at(*at, n)
	}
}

func (t *Tape) unbuffer(r *runner, b *[]float32, at *place) {
	r.space.give(*at)
	*at = place{}
	if !r.rehearsal {
		*b = nil
	}
}

func (t *Tape) tensor(id int32) tensor.Tensor {
	n := &t.nodes[id]
	return stretch(t.nodes[n.root].data, n.offset, n.shape)
}

func stretch(data []float32, offset int, s tensor.Shape) tensor.Tensor {
	end := offset + s.Len()
	return tensor.Tensor{Shape: s, Data: data[offset:end:end]}
}

func (t *Tape) stateSize(s *step) int {
	if op, ok := s.op.(Stateful); ok {
		return op.State(t.inputShapes(s.in))
	}
	return 0
}
