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
	come := t.reachedUpTo(r, loss)
	come[t.nodes[loss].root] = true
	t.refusePassed(r, come, math.MaxInt32)
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
	for _, id := range r.waiting {
		if id > node {
			last = max(last, id)
		}
	}
	come := t.reachedUpTo(r, last)
	for _, id := range r.waiting {
		if id > node {
			come[id] = true
		}
	}
	t.refusePassed(r, come, node)
	r.waiting = slices.DeleteFunc(r.waiting, func(id int32) bool {
		r.reached[id] = r.reached[id] || id > node
		return id > node
	})
	t.descend(r, last, node)
}

// reachedUpTo returns, of each node up to a last one, whether a gradient is there
// to be passed on, for refusePassed.
func (t *Tape) reachedUpTo(r *runner, last int32) []bool {
	t.come = append(t.come[:0], r.reached[:last+1]...)
	return t.come
}

// refusePassed panics if gradients that set out where come holds would come to a
// node that was passed, before any is changed.
func (t *Tape) refusePassed(r *runner, come []bool, beyond int32) {
	for id := int32(len(come)) - 1; id >= 0; id-- {
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
	apart := t.reachInputs(r, id, s)
	if op, ok := s.op.(Working); ok && assigns(s.op) && n.state == nil {
		if size := op.Working(t.inputShapes(s.in)); size > 0 {
			t.buffer(r, &n.state, &r.places[id].state, size)
			defer t.unbuffer(r, &n.state, &r.places[id].state)
		}
	}
	if r.rehearsal {
		bytes := 4 * int64(apart)
		if op, ok := s.op.(greedy); ok && r.counts {
			bytes += op.backwardBytes(t.inputShapes(s.in))
		}
		if r.counts {
			r.scratch = max(r.scratch, bytes)
		}
		return
	}
	gin := t.gradients(s)
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
		op.BackwardAssign(gin, t.fresh, gout, out, in, n.state)
	case Stateful:
		op.BackwardState(gin, gout, out, in, n.state)
	default:
		s.op.Backward(gin, gout, out, in)
	}
	for _, a := range t.asides {
		kernel.Add(a.to, a.from)
		parallel.Release(a.from)
	}
}

// reachInputs sees to it that there is what a step adds the gradients of its
// inputs to, and says in wanted of which it does so, in fresh which it writes
// first. It returns how many floats those take that are kept aside.
func (t *Tape) reachInputs(r *runner, id int32, s *step) (apart int) {
	t.wanted, t.fresh = t.wanted[:0], t.fresh[:0]
	for k, x := range s.in {
		n := &t.nodes[x]
		wanted := n.grad && !t.keepsOuter(r, id, s, k)
		fresh := wanted && assigns(s.op) && !r.hasGrad[n.root] && t.once(s.in, k)
		if n.grad {
			r.reached[n.root] = true
		}
		if wanted {
			t.holdGrad(r, x, !fresh)
			if t.straddles(s.in, k) {
				apart += n.shape.Len()
			}
		}
		t.wanted, t.fresh = append(t.wanted, wanted), append(t.fresh, fresh)
	}
	return apart
}

// gradients returns what a step adds the gradients of its inputs to, after
// reachInputs: what one of them wanted may have moved another's.
func (t *Tape) gradients(s *step) []tensor.Tensor {
	t.gin, t.asides = t.gin[:0], t.asides[:0]
	for k, x := range s.in {
		g := tensor.Tensor{Shape: t.nodes[x].shape}
		if t.wanted[k] {
			g = t.gradient(x)
		}
		if t.wanted[k] && t.straddles(s.in, k) {
			whole := g.Data
			g.Data = parallel.Scratch(len(whole))
			clear(g.Data)
			t.asides = append(t.asides, aside{whole, g.Data})
		}
		t.gin = append(t.gin, g)
	}
	return t.gin
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
			(a.offset != b.offset || a.shape != b.shape) {
			return true
		}
	}
	return false
}

func assigns(op Op) bool { _, ok := op.(Assigner); return ok }

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
func (t *Tape) reach(r *runner, id int32) {
	r.reached[t.nodes[id].root] = true
	t.holdGrad(r, id, true)
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
