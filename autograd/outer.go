package autograd

import (
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/tensor"
)

// OuterProduct is what an Op implements whose gradient by input 1, a matrix
// [R, C], is xᵀ g, with x [n, R] its input 0 and g [n, C] the gradient by its
// output. Of a large matrix and few rows, as a hypernetwork's last layer has, the
// tape keeps x and g in place of the product: see [Gradient].
type OuterProduct interface {
	// OuterRows returns n, or 0 if the gradient is no such product.
	OuterRows(in []tensor.Shape) int
}

// A Gradient is that of a leaf, in the form in which it was found: an element
// for each of the leaf's, or all but a stretch that is a matrix and a sum of few
// outer products, which an optimiser can use without making the matrix.
type Gradient struct {
	Dense []float32 // of the elements before Outer's and of those after, side by side
	Outer *Outer    // nil: Dense is all
}

// Outer is the gradient of the matrix [Rows, Columns] that lies from element
// Offset on: the sum over i of Left[i] ⊗ Right[i].
type Outer struct {
	Offset, Rows, Columns int
	Left, Right           [][]float32 // of Rows and of Columns elements
}

// Len returns the number of elements of the leaf.
func (g Gradient) Len() int {
	if g.Outer == nil {
		return len(g.Dense)
	}
	return len(g.Dense) + g.Outer.Len()
}

// Len returns the number of elements of the matrix.
func (o *Outer) Len() int { return o.Rows * o.Columns }

// Gradient returns what [Value.Grad] does of a leaf, without making matrices
// that are sums of few outer products. Like Grad's, the data belong to the tape until
// Reset; but Grad of a part of such a matrix makes it, after which they are no longer
// those that Backward adds to. It panics with a [*UseError] if v is no leaf.
func (v Value) Gradient() Gradient {
	n := v.node("gradient")
	if n.kind != leaf {
		panic(&UseError{"gradient", n.shape, "it is no leaf; Grad serves other values"})
	}
	t := v.tape
	t.passOn(&t.run, v.id)
	o := t.run.outer[v.id]
	if !t.run.hasGrad[v.id] {
		t.allotGrad(&t.run, v.id, true)
	}
	g := Gradient{Dense: n.gdata}
	if o == nil {
		return g
	}
	g.Outer = &Outer{Offset: o.offset, Rows: o.rows, Columns: o.columns}
	for _, term := range o.terms {
		for i := range term.n {
			g.Outer.Left = append(g.Outer.Left, term.left[i*o.rows:][:o.rows])
			g.Outer.Right = append(g.Outer.Right, term.right[i*o.columns:][:o.columns])
		}
	}
	return g
}

// outer is a stretch of a leaf whose gradient is kept as outer products. The
// leaf's gdata lack it.
type outer struct {
	offset, rows, columns int
	terms                 []outerTerm
}

type outerTerm struct {
	n           int
	left, right []float32 // copies of x and g
}

// A product of at most mostOuter rows is kept, if the matrix is worthOuter times
// larger than the factors of each row.
const (
	worthOuter = 16
	mostOuter  = 8
)

// keepsOuter keeps the gradient by input k of the step at id as a product, if
// that can be and pays.
func (t *Tape) keepsOuter(r *runner, id int32, s *step, k int) bool {
	op, ok := s.op.(OuterProduct)
	if !ok || k != 1 {
		return false
	}
	w := &t.nodes[s.in[1]]
	if w.kind != view || t.nodes[w.root].kind != leaf || w.shape.Rank() != 2 {
		return false
	}
	rows, columns := w.shape.Dim(0), w.shape.Dim(1)
	n := op.OuterRows(t.inputShapes(s.in))
	if n == 0 || n > mostOuter || (rows+columns)*worthOuter > rows*columns {
		return false
	}
	o := r.outer[w.root]
	switch {
	case o == nil && r.hasGrad[w.root]: // it has the matrix already
		return false
	case o == nil:
		o = &outer{offset: w.offset, rows: rows, columns: columns}
		if r.outer == nil {
			r.outer = make(map[int32]*outer)
		}
		r.outer[w.root] = o
	case o.offset != w.offset || o.rows != rows || o.columns != columns:
		return false
	}
	term := outerTerm{n: n}
	var kept place // until Reset
	t.buffer(r, &term.left, &kept, n*rows)
	t.buffer(r, &term.right, &kept, n*columns)
	if !r.rehearsal {
		copy(term.left, t.tensor(s.in[0]).Data)
		copy(term.right, t.gradient(id).Data)
	}
	o.terms = append(o.terms, term)
	return true
}

// expand makes the whole gradient of a leaf. What it was kept in stays until Reset,
// for a caller may hold it.
func (t *Tape) expand(r *runner, root int32) {
	o, n := r.outer[root], &t.nodes[root]
	delete(r.outer, root)
	rest, size := n.gdata, o.rows*o.columns
	had := r.hasGrad[root]
	r.hasGrad[root] = false
	t.allotGrad(r, root, true)
	if !r.rehearsal {
		whole := n.gdata
		if had {
			copy(whole, rest[:o.offset])
			copy(whole[o.offset+size:], rest[o.offset:])
		}
		for _, term := range o.terms {
			kernel.Gemm(whole[o.offset:][:size], term.left, term.right, o.rows, o.columns, term.n, true, false, o.rows, o.columns, o.columns, true)
		}
	}
}

// gradient returns the gradient of id, which holdGrad has made.
func (t *Tape) gradient(id int32) tensor.Tensor {
	n := &t.nodes[id]
	offset := n.offset
	if o := t.run.outer[n.root]; o != nil && offset > o.offset {
		offset -= o.rows * o.columns
	}
	return stretch(t.nodes[n.root].gdata, offset, n.shape)
}

// holdGrad sees to it that id has a gradient to add to, at first of zeros unless
// it will be written first.
func (t *Tape) holdGrad(r *runner, id int32, zero bool) {
	n := &t.nodes[id]
	if o := r.outer[n.root]; o != nil && n.offset < o.offset+o.rows*o.columns && o.offset < n.offset+n.shape.Len() {
		t.expand(r, n.root)
	}
	if !r.hasGrad[n.root] {
		t.allotGrad(r, n.root, zero)
	}
}

// allotGrad gives a root its gradient, but for what is kept as outer products.
func (t *Tape) allotGrad(r *runner, root int32, zero bool) {
	n := &t.nodes[root]
	size := n.shape.Len()
	if o := r.outer[root]; o != nil {
		size -= o.rows * o.columns
	}
	r.hasGrad[root] = true
	t.buffer(r, &n.gdata, &r.places[root].gdata, size)
	if zero && !r.rehearsal {
		clear(n.gdata)
	}
}
