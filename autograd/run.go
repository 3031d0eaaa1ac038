package autograd

import "github.com/sshn-go/sshn/tensor"

// Run runs what was recorded and not yet run. Reading a value or Backward does
// it by itself.
func (t *Tape) Run() { t.forward(&t.run) }

// Backward runs what was recorded and adds to the gradient of each leaf that
// of loss, a value of one element. What operations between loss and the leaves
// need is released on the way, so a later Backward, of another loss on this tape,
// may not pass through them again, not even through a value that was kept: of
// losses that share a part, Backward takes the sum, or the part is held and waits
// for all of them ([Value.Hold]). The gradients of leaves add up until Reset. It
// panics with a [*tensor.ShapeError] if loss has not one element, and with a
// [*UseError] if no leaf leads to it.
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
// running it: MACs of the forward pass, and the most bytes of memory that are held
// at once by the tape's buffers and by what kernels work in, which is more with
// more workers. The data of constants and leaves, which are the caller's, do not
// count.
func (t *Tape) Cost() Cost {
	r := t.rehearsal(-1)
	r.counts = true
	t.forward(r)
	return r.cost(t)
}

// TrainingCost is Cost of the forward pass and of Backward from loss, the
// gradients of the leaves among the bytes. For each of its first two inputs
// (x and w) that wants a gradient, an operation that leads to loss counts its MACs
// once more. It panics with a [*UseError] if loss is on another tape.
func (t *Tape) TrainingCost(loss Value) Cost {
	t.own("cost", loss)
	r := t.rehearsal(t.nodes[loss.id].root)
	r.counts = true
	t.forward(r)
	t.backward(r, loss.id)
	t.passOn(r, -1)
	c := r.cost(t)
	leads := make([]bool, len(t.nodes)) // to loss
	leads[loss.id] = true
	for i := loss.id; i >= 0; i-- {
		n := &t.nodes[i]
		if !leads[i] || !n.grad {
			continue
		}
		leads[n.root] = true
		for _, id := range n.in {
			leads[id] = true
		}
		for _, id := range n.in[:min(len(n.in), 2)] {
			if t.nodes[id].grad {
				c.MACs += n.op.Cost(t.inputShapes(n.in)).MACs
			}
		}
	}
	return c
}

// rehearsal returns a runner for a run from the first node on, in which the
// value keep is kept as well, unless it is -1. It is good until the next one.
func (t *Tape) rehearsal(keep int32) *runner {
	r := &t.dry
	r.reset()
	r.rehearsal, r.keep, r.space.logs = true, keep, true
	for i := range t.nodes {
		r.record(t.nodes[i].kind)
	}
	return r
}

// foresee plans where the buffers of all that was recorded will lie, those of
// Backward too if the last entry looks like a loss.
func (t *Tape) foresee() {
	last := int32(len(t.nodes) - 1)
	var r *runner
	if last >= 0 && t.nodes[last].grad && t.nodes[last].shape.Len() == 1 {
		r = t.rehearsal(t.nodes[last].root)
		t.forward(r)
		t.backward(r, last)
	} else {
		r = t.rehearsal(-1)
		t.forward(r)
	}
	plan, lines := planned(r.space.log)
	t.arena.reserve(lines)
	t.run.space.plan = plan
}

func (r *runner) cost(t *Tape) Cost {
	_, lines := planned(r.space.log)
	r.space.most = lines
	c := Cost{Bytes: r.bytes() + r.scratch}
	for i := range t.nodes {
		if n := &t.nodes[i]; n.op != nil {
			c.MACs += n.op.Cost(t.inputShapes(n.in)).MACs
		}
	}
	return c
}
