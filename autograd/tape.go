package autograd

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/tensor"
)

// A Tape is a list of operations, in the order in which they were recorded,
// and the memory that running them takes. It serves one goroutine.
type Tape struct {
	nodes      []node
	edges      []int32 // the inputs of all nodes, one stretch each
	run        runner
	dry        runner // of rehearsals
	arena      arena
	noGrad     bool
	unfused    bool
	generation uint32

	in, gin []tensor.Tensor // arguments of the operation that is running
	wanted  []bool          // of its inputs: there is a gradient to add to
	fresh   []bool          // or to write
	asides  []aside
	shapes  []tensor.Shape // of the inputs of the operation in question
	come    []bool         // of a root: a Backward in question would come to it
}

type kind uint8

const (
	constant kind = iota // data are the caller's
	leaf                 // data are the caller's, and a gradient is wanted
	view                 // a stretch of node root
	applied              // the output of op
)

type node struct {
	op     Op
	in     []int32 // a stretch of the tape's edges
	shape  tensor.Shape
	kind   kind
	grad   bool // a leaf leads here
	kept   bool
	held   bool  // what Backward brings waits here
	root   int32 // the node whose buffer holds the data: itself, but for a view
	offset int   // where in that buffer

	data, gdata, state []float32
}

// NewTape returns an empty tape.
func NewTape() *Tape { return new(Tape) }

// Const records x as a constant, for which no gradient is wanted. The tape
// reads x.Data when it runs and until Reset, and never writes it.
func (t *Tape) Const(x tensor.Tensor) Value { return t.given(x, constant) }

// Placeholder records a constant without data, for telling costs: a run that
// comes to it panics with a [*UseError].
func (t *Tape) Placeholder(s tensor.Shape) Value {
	return t.add(node{shape: s, kind: constant, root: int32(len(t.nodes))})
}

// Leaf records x as a variable: Backward makes its gradient. The tape reads
// x.Data when it runs, and never writes it. The leaf of data that are a leaf
// of this tape already, under the same shape, is the same Value, so that the
// gradients of several uses add up.
func (t *Tape) Leaf(x tensor.Tensor) Value {
	for id := range t.nodes {
		n := &t.nodes[id]
		if n.kind == leaf && n.shape == x.Shape && len(n.data) > 0 && len(x.Data) > 0 && &n.data[0] == &x.Data[0] {
			return t.value(int32(id))
		}
	}
	return t.given(x, leaf)
}

func (t *Tape) given(x tensor.Tensor, k kind) Value {
	if len(x.Data) != x.Shape.Len() {
		panic(&tensor.ShapeError{Op: "record", Shapes: []tensor.Shape{x.Shape}, Problem: fmt.Sprintf("%d elements of data", len(x.Data))})
	}
	return t.add(node{shape: x.Shape, kind: k, grad: k == leaf, root: int32(len(t.nodes)), data: x.Data})
}

// View is [Value.View].
func (t *Tape) View(x Value, offset int, shape tensor.Shape) Value {
	t.own("view", x)
	base := x.node("view")
	if offset < 0 || offset > base.shape.Len()-shape.Len() {
		panic(&tensor.ShapeError{Op: "view", Shapes: []tensor.Shape{base.shape, shape},
			Problem: fmt.Sprintf("no %d elements at offset %d", shape.Len(), offset)})
	}
	t.unreleased("view", x)
	return t.add(node{shape: shape, kind: view, grad: base.grad && !t.noGrad, root: base.root, offset: base.offset + offset})
}

// Apply records op on the given values, all of this tape, and returns its
// output. It panics with a [*tensor.ShapeError] if op refuses their shapes, and
// with a [*UseError] if one is stale, released or foreign; the tape is then as
// it was.
func (t *Tape) Apply(op Op, in ...Value) Value {
	name := ""
	grad := false
	t.shapes = t.shapes[:0]
	for _, x := range in {
		if x.tape != t || x.generation != t.generation || t.run.state[t.nodes[x.id].root] == released {
			name = Name(op)
			t.own(name, x)
			t.unreleased(name, x)
		}
		n := &t.nodes[x.id]
		grad = grad || n.grad
		t.shapes = append(t.shapes, n.shape)
	}
	grad = grad && !t.noGrad
	shape := op.Shape(t.shapes)
	first := len(t.edges)
	for _, x := range in {
		t.edges = append(t.edges, x.id)
	}
	return t.add(node{op: op, in: t.edges[first:len(t.edges):len(t.edges)], shape: shape, kind: applied, grad: grad, root: int32(len(t.nodes))})
}

// Apply records op on the tape of its first input, as [Tape.Apply] does.
func Apply(op Op, in ...Value) Value {
	if len(in) == 0 || in[0].tape == nil {
		panic(&UseError{Op: Name(op), Problem: "no input on a tape"})
	}
	return in[0].tape.Apply(op, in...)
}

// NoGrad calls f; what f records wants no gradients, so its buffers are
// released as soon as the last operation that reads them has run.
func (t *Tape) NoGrad(f func()) {
	defer func(was bool) { t.noGrad = was }(t.noGrad)
	t.noGrad = true
	f()
}

// Fuse says whether the tape may run neighbours as one operation, where they
// declare that they can (see [OutputFuser] and [InputFuser]). It may, unless
// told otherwise; what is recorded, and the numbers but for rounding, are the
// same either way. It holds for what was not yet run.
func (t *Tape) Fuse(on bool) { t.unfused = !on }

// Reset empties the tape and takes its buffers back for what is recorded next.
// Values recorded before are stale.
func (t *Tape) Reset() {
	t.arena.reserve(t.run.space.most)
	clear(t.nodes)
	t.nodes, t.edges = t.nodes[:0], t.edges[:0]
	t.run.reset()
	t.dry.reset()
	t.generation++
}

// A Record is one entry of a tape: Op is nil for a constant, a leaf or a view.
type Record struct {
	Op     Op
	Kind   string // "constant", "leaf", "view" or the operation's name
	Inputs []int  // positions in the tape's list; of a view, what it is a stretch of
	Offset int    // of a view: its first element there
	Shape  tensor.Shape
	Cost   Cost
}

// Records yields what was recorded, with its position, in order.
func (t *Tape) Records() iter.Seq2[int, Record] {
	return func(yield func(int, Record) bool) {
		for i := range t.nodes {
			if !yield(i, t.record(&t.nodes[i])) {
				return
			}
		}
	}
}

func (t *Tape) record(n *node) Record {
	r := Record{Op: n.op, Shape: n.shape}
	switch n.kind {
	case constant:
		r.Kind = "constant"
	case leaf:
		r.Kind = "leaf"
	case view:
		r.Kind, r.Inputs, r.Offset = "view", []int{int(n.root)}, n.offset
	default:
		r.Kind, r.Cost = Name(n.op), n.op.Cost(slices.Clone(t.inputShapes(n.in)))
		for _, id := range n.in {
			r.Inputs = append(r.Inputs, int(id))
		}
	}
	return r
}

// String lists what was recorded, an entry a line.
func (t *Tape) String() string {
	var b strings.Builder
	for i, r := range t.Records() {
		fmt.Fprintf(&b, "%4d %-16s %-22v", i, r.Kind, r.Shape)
		if len(r.Inputs) > 0 {
			fmt.Fprintf(&b, " of %v", r.Inputs)
		}
		if r.Cost.MACs > 0 {
			fmt.Fprintf(&b, " %d MACs", r.Cost.MACs)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (t *Tape) add(n node) Value {
	t.nodes = append(t.nodes, n)
	t.run.record(n.kind)
	return t.value(int32(len(t.nodes) - 1))
}

func (t *Tape) value(id int32) Value { return Value{t, id, t.generation} }

func (t *Tape) own(op string, x Value) {
	n := x.node(op)
	if x.tape != t {
		panic(&UseError{op, n.shape, "it is on another tape"})
	}
}

func (t *Tape) unreleased(op string, x Value) {
	if t.run.state[t.nodes[x.id].root] == released {
		panic(&UseError{op, t.nodes[x.id].shape, "released after its last use; call Keep on it before the tape runs"})
	}
}

func (t *Tape) inputShapes(in []int32) []tensor.Shape {
	t.shapes = t.shapes[:0]
	for _, id := range in {
		t.shapes = append(t.shapes, t.nodes[id].shape)
	}
	return t.shapes
}
