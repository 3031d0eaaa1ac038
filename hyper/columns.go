package hyper

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
)

// columns is the operation that adds what a hypernetwork predicts, a column
// for each varying element, to those elements of theta0:
// theta0 [len], v [1 width] -> theta [len].
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
	if in[0] != tensor.NewShape(c.len) || in[1] != tensor.NewShape(1, c.width) {
		panic(&tensor.ShapeError{Op: c.String(), Shapes: in, Problem: fmt.Sprintf("takes theta [%d] and [1 %d]", c.len, c.width)})
	}
	return in[0]
}

func (c columns) Forward(out tensor.Tensor, in []tensor.Tensor) {
	copy(out.Data, in[0].Data)
	v := in[1].Data
	for _, p := range c.params {
		y := out.Data[p.Offset:][:p.Shape.Len()]
		for i := range y {
			y[i] += v[i]
		}
		v = v[len(y):]
	}
}

func (c columns) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, _ []tensor.Tensor) {
	if g := gin[0].Data; g != nil {
		for i, d := range gout.Data {
			g[i] += d
		}
	}
	g := gin[1].Data
	for _, p := range c.params {
		if g == nil {
			break
		}
		for i, d := range gout.Data[p.Offset:][:p.Shape.Len()] {
			g[i] += d
		}
		g = g[p.Shape.Len():]
	}
}

func (c columns) Cost([]tensor.Shape) autograd.Cost { return autograd.Cost{} }
func (c columns) Needs(int) bool                    { return false }
func (c columns) NeedsOutput() bool                 { return false }
