package hyper

import (
	"fmt"
	"slices"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
)

// columns is the operation that adds what a hypernetwork predicts, a column
// for each varying element, to those elements of theta0:
// theta0 [len], v [n width] -> theta [n len].
type columns struct {
	params []nn.Param // those that vary, in theta's order
	width  int        // their elements
	len    int        // of theta
	all    bool
}

func varying(layout *nn.Layout, varies func(nn.Param) bool) columns {
	c := columns{len: layout.Len()}
	for p := range layout.Params() {
		if varies(p) {
			c.params = append(c.params, p)
			c.width += p.Shape.Len()
		}
	}
	c.all = c.width == c.len
	return c
}

func (c columns) String() string { return "columns" }

func (c columns) Shape(in []tensor.Shape) tensor.Shape {
	if in[0] != tensor.NewShape(c.len) || in[1].Rank() != 2 || in[1].Dim(1) != c.width {
		panic(&tensor.ShapeError{Op: c.String(), Shapes: in, Problem: fmt.Sprintf("takes theta [%d] and [n %d]", c.len, c.width)})
	}
	return in[1].With(1, c.len)
}

func (c columns) Forward(out tensor.Tensor, in []tensor.Tensor) {
	v := in[1].Data
	for theta := range slices.Chunk(out.Data, c.len) {
		copy(theta, in[0].Data)
		for _, p := range c.params {
			kernel.Add(theta[p.Offset:][:p.Shape.Len()], v[:p.Shape.Len()])
			v = v[p.Shape.Len():]
		}
	}
}

func (c columns) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, _ []tensor.Tensor) {
	g := gin[1].Data
	for theta := range slices.Chunk(gout.Data, c.len) {
		if gin[0].Data != nil {
			kernel.Add(gin[0].Data, theta)
		}
		for _, p := range c.params {
			if g == nil {
				break
			}
			kernel.Add(g[:p.Shape.Len()], theta[p.Offset:][:p.Shape.Len()])
			g = g[p.Shape.Len():]
		}
	}
}

func (c columns) Cost([]tensor.Shape) autograd.Cost { return autograd.Cost{} }
func (c columns) Needs(int) bool                    { return false }
func (c columns) NeedsOutput() bool                 { return false }
