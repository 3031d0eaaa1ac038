package autograd

import "github.com/sshn-go/sshn/tensor"

// A Value is a handle to a tensor on a tape. It is small: pass it by value.
// It is good until its tape is reset.
type Value struct {
	tape       *Tape
	id         int32
	generation uint32
}

// Tape returns the tape that v is on, nil for the zero Value.
func (v Value) Tape() *Tape { return v.tape }

// Shape returns the shape of v, which is known without running the tape.
func (v Value) Shape() tensor.Shape { return v.node("shape").shape }

// Tensor runs what was recorded and not yet run, and returns what v holds; read
// only. The data belong to the tape, which may use them for another value once an
// operation that reads v runs, forward or backward, and after Reset; of a value that
// is kept ([Value.Keep]), as of leaves and constants, after Reset only. It panics
// with a [*UseError] if they were released already.
func (v Value) Tensor() tensor.Tensor {
	n := v.node("read")
	v.tape.Run()
	if v.tape.run.state[n.root] == released {
		panic(&UseError{"read", n.shape, "released after its last use; call Keep on it before the tape runs"})
	}
	return v.tape.tensor(v.id)
}

// Item returns the one element of v, as of a loss. It panics with a
// [*tensor.ShapeError] if there is not exactly one.
func (v Value) Item() float32 {
	if s := v.Shape(); s.Len() != 1 {
		panic(&tensor.ShapeError{Op: "item", Shapes: []tensor.Shape{s}, Problem: "takes one element"})
	}
	return v.Tensor().Data[0]
}

// Grad returns the gradient of the loss by v, after Backward: zeros before, or if
// the loss does not depend on v. Leaves have one, and other values that were kept.
// What values between v and the loss hold back goes on first.
// The data belong to the tape until Reset; they may be changed, as clipping
// does. It panics with a [*UseError] if v has none.
func (v Value) Grad() tensor.Tensor {
	n := v.node("gradient")
	gone := &UseError{"gradient", n.shape, "released; call Keep on the value before Backward"}
	switch {
	case !n.grad:
		panic(&UseError{"gradient", n.shape, "no leaf leads to it, or it was recorded under NoGrad"})
	case !v.tape.nodes[n.root].kept && v.tape.nodes[n.root].kind == applied:
		panic(gone)
	}
	v.tape.passOn(&v.tape.run, n.root)
	if r := &v.tape.run; r.passed[n.root] && !r.hasGrad[n.root] {
		panic(gone)
	}
	v.tape.holdGrad(&v.tape.run, v.id, true)
	return v.tape.gradient(v.id)
}

// Keep keeps what v holds, and its gradient, readable until Reset, also after
// its last use; the gradient only if Backward has not passed v yet. It returns v.
// It panics with a [*UseError] if what v holds was released already.
func (v Value) Keep() Value {
	n := v.node("keep")
	if v.tape.run.state[n.root] == released {
		panic(&UseError{"keep", n.shape, "released already"})
	}
	if root := &v.tape.nodes[n.root]; !root.kept {
		root.kept = true
		if int(n.root) < len(v.tape.run.steps) { // else the plan will see it
			v.tape.run.refs[n.root]++
		}
	}
	return v
}

// Hold holds back what each Backward brings to v: the gradients add up there, and
// go on in one pass when a gradient beyond v is read, as a leaf's. Thus several
// losses, one Backward after another, may share what v was computed by, which is
// passed once; after that no Backward may come to v. What v was computed by may
// reach a loss through held values only. Hold keeps v, as Keep does, and returns it.
// Leaves and constants have nothing to hold.
func (v Value) Hold() Value {
	root := &v.tape.nodes[v.node("hold").root]
	v.Keep()
	root.held = root.kind == applied
	return v
}

// View returns the stretch of v that begins at element offset, under the given
// shape, without copying. Its gradient is that stretch of v's gradient. It
// panics with a [*tensor.ShapeError] if the stretch does not lie in v.
func (v Value) View(offset int, shape tensor.Shape) Value { return v.tape.View(v, offset, shape) }

func (v Value) node(op string) *node {
	if v.tape == nil {
		panic(&UseError{Op: op, Problem: "the zero Value is on no tape"})
	}
	if v.generation != v.tape.generation {
		panic(&UseError{Op: op, Problem: "stale: its tape was reset after it was recorded"})
	}
	return &v.tape.nodes[v.id]
}
