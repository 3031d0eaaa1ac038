package nn

import (
	"fmt"
	"iter"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// A Param is a named stretch of theta: the elements from Offset on, under
// Shape. It holds no data; [Pass.Param] gives the values.
type Param struct {
	Name   string // as in "encoder.0.conv.weight"
	Offset int
	Shape  tensor.Shape
}

// A Layout lists the parameters of a network in the order in which its
// constructor asked for them. It is complete when the constructor returns.
type Layout struct {
	params []Param
	starts []start
	index  map[string]int
	len    int
}

// A start is how a parameter begins: its initialiser and the name of its
// random stream.
type start struct {
	init   Init
	stream string
}

// NewLayout returns an empty layout.
func NewLayout() *Layout { return &Layout{index: map[string]int{}} }

// Builder returns the builder that fills l, for layers over the given number
// of spatial axes (1, 2 or 3).
func (l *Layout) Builder(dims int) Builder {
	if dims < 1 || dims > 3 {
		panic(&tensor.UseError{Problem: fmt.Sprintf("nn: a network over %d spatial axes; 1, 2 or 3 are possible", dims)})
	}
	return Builder{layout: l, dims: dims}
}

// Len returns the length of theta.
func (l *Layout) Len() int { return l.len }

// Params yields the parameters in order.
func (l *Layout) Params() iter.Seq[Param] {
	return func(yield func(Param) bool) {
		for _, p := range l.params {
			if !yield(p) {
				return
			}
		}
	}
}

// Lookup returns the parameter of a name.
func (l *Layout) Lookup(name string) (Param, bool) {
	i, ok := l.index[name]
	if !ok {
		return Param{}, false
	}
	return l.params[i], true
}

// Init returns new values for the parameters, each by its own initialiser and
// from a random stream of its own (of the seed and the name), so that a
// parameter more or less changes no other.
func (l *Layout) Init(seed uint64) *Params {
	p := &Params{l, make([]float32, l.len)}
	for i, q := range l.params {
		l.starts[i].init(Stream(seed, "init "+l.starts[i].stream), p.Tensor(q))
	}
	return p
}

// A Builder hands out the parameters of one network, under names with a
// prefix. It is small: pass it by value.
type Builder struct {
	layout *Layout
	prefix string
	dims   int
}

// In returns a builder that puts name and a dot before the names asked of it.
func (b Builder) In(name string) Builder {
	b.prefix += name + "."
	return b
}

// Dims returns the number of spatial axes of the network, 1 to 3.
func (b Builder) Dims() int { return b.dims }

// Param adds a parameter to the layout and returns it. It panics if the name,
// with the builder's prefix, is taken.
func (b Builder) Param(name string, init Init, dims ...int) Param {
	return b.add(name, start{init, b.prefix + name}, tensor.NewShape(dims...))
}

// Layout adds the parameters of another layout, under the builder's prefix,
// and returns the one stretch [other.Len()] that they are. They start as they
// would in the other layout with the same seed.
func (b Builder) Layout(other *Layout) Param {
	whole := Param{Name: b.prefix, Offset: b.layout.len, Shape: tensor.NewShape(other.len)}
	for i, p := range other.params {
		b.add(p.Name, other.starts[i], p.Shape)
	}
	return whole
}

func (b Builder) add(name string, how start, shape tensor.Shape) Param {
	l := b.layout
	p := Param{Name: b.prefix + name, Offset: l.len, Shape: shape}
	if q, taken := l.Lookup(p.Name); taken {
		panic(&tensor.UseError{Problem: fmt.Sprintf("nn: parameter %s %v asked for twice, first as %v", p.Name, p.Shape, q.Shape)})
	}
	l.index[p.Name] = len(l.params)
	l.params = append(l.params, p)
	l.starts = append(l.starts, how)
	l.len += p.Shape.Len()
	return p
}

// Params are values for the parameters of a layout, in one vector. Gradients
// are not here: they live on the tape.
type Params struct {
	Layout *Layout
	Data   []float32 // Layout.Len() of them
}

// Tensor returns the values of one parameter, sharing them.
func (p *Params) Tensor(q Param) tensor.Tensor {
	end := q.Offset + q.Shape.Len()
	return tensor.Tensor{Shape: q.Shape, Data: p.Data[q.Offset:end:end]}
}

// Leaf records the whole vector [Len] as a leaf of t, of which there is one however
// often it is asked for: its Gradient is that of all uses. It panics if the data are of
// another length than the layout.
func (p *Params) Leaf(t *autograd.Tape) autograd.Value {
	return t.Leaf(tensor.From(p.Data, p.Layout.Len()))
}

// Const records the whole vector [Len] as a constant of t, for inference. It panics
// as Leaf does.
func (p *Params) Const(t *autograd.Tape) autograd.Value {
	return t.Const(tensor.From(p.Data, p.Layout.Len()))
}
