package autograd

import "github.com/sshn-go/sshn/tensor"

// Run runs what was recorded and not yet run. Reading a value or Backward does
// it by itself.
func (t *Tape) Run() { t.forward(&t.run) }

// Backward runs what was recorded and adds to the gradient of each leaf that
// of loss, a value of one element. Values between loss and the leaves that were
// not kept are released on the way, so a later Backward, of another loss on
// this tape, may not pass through them again; the gradients of leaves add up
// until Reset. It panics with a [*tensor.ShapeError] if loss has not one
// element, and with a [*UseError] if no leaf leads to it.
func (t *Tape) Backward(loss Value) {
	t.own("backward", loss)
	if s := loss.Shape(); s.Len() != 1 {
		panic(&tensor.ShapeError{Op: "backward", Shapes: []tensor.Shape{s}, Problem: "the loss takes one element"})
	}
	if n := loss.node("backward"); !n.grad {
		panic(&UseError{"backward", n.shape, "no leaf leads to it, or it was recorded under NoGrad"})
	}
	loss.Keep()
	t.Run()
	t.backward(&t.run, loss.id)
}

// Cost returns what running all that was recorded so far takes, without
// running it: MACs of the forward pass, and the most bytes of memory that the
// tape's buffers hold at once. The data of constants and leaves, which are the
// caller's, do not count.
func (t *Tape) Cost() Cost {
	r := t.rehearsal()
	t.forward(r)
	return r.cost(t)
}

// TrainingCost is Cost of the forward pass and of Backward from loss, the
// gradients of the leaves among the bytes. For each of its first two inputs
// (x and w) that wants a gradient, an operation counts its MACs once more.
func (t *Tape) TrainingCost(loss Value) Cost {
	loss.node("cost")
	r := t.rehearsal()
	r.refs[t.nodes[loss.id].root]++
	t.forward(r)
	t.backward(r, loss.id)
	c := r.cost(t)
	for i := range t.nodes {
		n := &t.nodes[i]
		for _, id := range n.in[:min(len(n.in), 2)] {
			if n.grad && t.nodes[id].grad {
				c.MACs += n.op.Cost(t.inputShapes(n)).MACs
			}
		}
	}
	return c
}

// A runner keeps the books of a run: what has run, who still reads which
// buffer, and how many bytes are held. A rehearsal is a runner that keeps books
// only; as it walks the same code, its books are those of the real run.
type runner struct {
	next      int // the first node that has not run
	state     []state
	refs      []int32 // of a root: reads to come of its data
	hasGrad   []bool  // of a root: its gradient has a buffer
	reached   []bool  // of a root: the Backward under way has added to its gradient
	passed    []bool  // of a root: Backward went through its operation
	held      int64   // bytes in buffers
	most      int64   // that held has been
	rehearsal bool
}

type state uint8

const (
	pending state = iota
	ready
	unused   // of a view: nothing that reads it has run
	released // of a root: its buffer went back to the arena
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
}

func (r *runner) reset() {
	*r = runner{state: r.state[:0], refs: r.refs[:0], hasGrad: r.hasGrad[:0], reached: r.reached[:0], passed: r.passed[:0]}
}

// rehearsal returns a runner for a run from the first node on.
func (t *Tape) rehearsal() *runner {
	r := &runner{rehearsal: true}
	for i := range t.nodes {
		n := &t.nodes[i]
		r.record(n.kind)
		if n.kept {
			r.refs[i]++
		}
		if n.kind == view {
			r.refs[n.root]++
		}
		for k, id := range n.in {
			r.refs[t.nodes[id].root]++
			if n.grad && needs(n.op, k) {
				r.refs[t.nodes[id].root]++
			}
		}
		if n.grad && n.kind == applied && needsOutput(n.op) {
			r.refs[i]++
		}
	}
	return r
}

func (r *runner) cost(t *Tape) Cost {
	c := Cost{Bytes: r.most}
	for i := range t.nodes {
		if n := &t.nodes[i]; n.op != nil {
			c.MACs += n.op.Cost(t.inputShapes(n)).MACs
		}
	}
	return c
}

func (t *Tape) forward(r *runner) {
	for ; r.next < len(t.nodes); r.next++ {
		id := int32(r.next)
		n := &t.nodes[id]
		if n.kind != applied {
			continue
		}
		t.buffer(r, &n.data, n.shape.Len())
		size := stateSize(t, n)
		if size > 0 {
			t.buffer(r, &n.state, size)
		}
		scratch := n.op.Cost(t.inputShapes(n)).Bytes
		r.most = max(r.most, r.held+scratch)
		if !r.rehearsal {
			in := t.inputs(n, nil)
			if s, ok := n.op.(Stateful); ok {
				s.ForwardState(t.tensor(id), in, n.state)
			} else {
				n.op.Forward(t.tensor(id), in)
			}
		}
		r.state[id] = ready
		if size > 0 && !n.grad {
			t.unbuffer(r, &n.state, size)
		}
		for _, x := range n.in {
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
	t.reach(r, loss)
	if !r.rehearsal {
		t.gradient(loss).Data[0]++
	}
	for id := loss; id >= 0; id-- {
		n := &t.nodes[id]
		if !r.reached[id] {
			continue
		}
		r.reached[id] = false
		if n.kind != applied {
			continue
		}
		if r.passed[id] {
			panic(&UseError{"backward", n.shape, Name(n.op) + " was passed by an earlier Backward, which released what it needs"})
		}
		for _, x := range n.in {
			if t.nodes[x].grad {
				t.reach(r, x)
			}
		}
		if !r.rehearsal {
			t.backwardOne(id, n)
		}
		r.passed[id] = true
		t.release(r, id, n, n.kept || id == loss)
	}
}

func (t *Tape) backwardOne(id int32, n *node) {
	in := t.inputs(n, n.op)
	gin := t.gin[:0]
	for _, x := range n.in {
		g := tensor.Tensor{Shape: t.nodes[x].shape}
		if t.nodes[x].grad {
			g = t.gradient(x)
		}
		gin = append(gin, g)
	}
	t.gin = gin
	out := tensor.Tensor{Shape: n.shape}
	if needsOutput(n.op) {
		out = t.tensor(id)
	}
	if s, ok := n.op.(Stateful); ok {
		s.BackwardState(gin, t.gradient(id), out, in, n.state)
	} else {
		n.op.Backward(gin, t.gradient(id), out, in)
	}
}

// release gives back what only the backward of n still held: its gradient too,
// unless that is to be kept.
func (t *Tape) release(r *runner, id int32, n *node, keep bool) {
	if size := stateSize(t, n); size > 0 {
		t.unbuffer(r, &n.state, size)
	}
	if !keep {
		r.hasGrad[id] = false
		t.unbuffer(r, &n.gdata, n.shape.Len())
	}
	for k, x := range n.in {
		if needs(n.op, k) {
			t.drop(r, t.nodes[x].root)
		}
	}
	if needsOutput(n.op) {
		t.drop(r, id)
	}
}

// inputs returns what n reads: all of it, or for the backward of op what op
// says it needs.
func (t *Tape) inputs(n *node, op Op) []tensor.Tensor {
	in := t.in[:0]
	for k, x := range n.in {
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
		t.unbuffer(r, &n.data, n.shape.Len())
	}
}

// reach tells Backward that id has a gradient.
func (t *Tape) reach(r *runner, id int32) {
	r.reached[t.nodes[id].root] = true
	t.holdGrad(r, id)
}

// holdGrad sees to it that id has a gradient to add to, at first of zeros.
func (t *Tape) holdGrad(r *runner, id int32) {
	root := t.nodes[id].root
	if r.hasGrad[root] {
		return
	}
	r.hasGrad[root] = true
	t.buffer(r, &t.nodes[root].gdata, t.nodes[root].shape.Len())
	if !r.rehearsal {
		clear(t.nodes[root].gdata)
	}
}

func (t *Tape) buffer(r *runner, b *[]float32, n int) {
	r.held += 4 * int64(class(n))
	r.most = max(r.most, r.held)
	if !r.rehearsal {
		*b = t.arena.take(n)
	}
}

func (t *Tape) unbuffer(r *runner, b *[]float32, n int) {
	r.held -= 4 * int64(class(n))
	if !r.rehearsal {
		t.arena.give(*b)
		*b = nil
	}
}

func (t *Tape) tensor(id int32) tensor.Tensor {
	n := &t.nodes[id]
	return stretch(t.nodes[n.root].data, n)
}

func (t *Tape) gradient(id int32) tensor.Tensor {
	n := &t.nodes[id]
	return stretch(t.nodes[n.root].gdata, n)
}

func stretch(data []float32, n *node) tensor.Tensor {
	end := n.offset + n.shape.Len()
	return tensor.Tensor{Shape: n.shape, Data: data[n.offset:end:end]}
}

func stateSize(t *Tape, n *node) int {
	if s, ok := n.op.(Stateful); ok {
		return s.State(t.inputShapes(n))
	}
	return 0
}
