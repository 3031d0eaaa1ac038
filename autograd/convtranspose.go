package autograd

import (
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// A ConvTransposeConfig says of which convolution a transposed convolution is
// the adjoint. The zero value is a stride of 1, no padding, no dilation, and one
// group.
type ConvTransposeConfig struct {
	Stride    Axes // 0 stands for 1
	Pad       Axes // of the convolution: what is cut off both ends of y
	OutputPad Axes // what y has more at its far ends: the convolution, by its floor, maps Stride extents to one
	Dilation  Axes // 0 stands for 1
	Groups    int  // 0 stands for 1
}

// ConvTranspose is the transposed convolution, the adjoint of [Conv] in x, over
// one, two or three spatial axes:
//
//	x [N, spatial..., Cin], w [taps..., Cin, Cout/Groups], b [Cout] -> y [N, out..., Cout]
//
// b may be the zero Value: no bias. Along an axis of extent n,
//
//	out = (n-1) Stride - 2 Pad + Dilation (taps-1) + OutputPad + 1
//
// It panics with a [*tensor.ShapeError] if the shapes do not fit each other, if
// no output is left, or if OutputPad is not less than the stride or the
// dilation. The cost is N spatial... taps... Cin Cout/Groups MACs: products
// that padding cuts off count.
//
// Source: Dumoulin and Visin, A guide to convolution arithmetic for deep
// learning, 2016, section 4.
func ConvTranspose(x, w, b Value, c ConvTransposeConfig) Value {
	return Apply(convTranspose{c}, given([]Value{x, w}, b)...)
}

type convTranspose struct{ ConvTransposeConfig }

func (o convTranspose) Shape(in []tensor.Shape) tensor.Shape {
	g := o.adjoint(in)
	return mapShape(g.N, g.In, in[0].Rank()-2, g.Cin)
}

func (o convTranspose) Cost(in []tensor.Shape) Cost {
	g := o.adjoint(in)
	return Cost{MACs: g.MACs(), Bytes: 4*int64(in[1].Len()) + g.InputGradScratch(g.One(nil))}
}

func (o convTranspose) backwardBytes(in []tensor.Shape) int64 {
	g := o.adjoint(in)
	x, w := 4*int64(in[0].Len()), 4*int64(in[1].Len())
	return w + max(x+g.Scratch(g.One(nil)), g.WeightGradScratch(g.One(nil)))
}

func (convTranspose) Needs(i int) bool  { return i < 2 }
func (convTranspose) NeedsOutput() bool { return false }

func (o convTranspose) Forward(out tensor.Tensor, in []tensor.Tensor) {
	g := o.adjoint(shapes(in))
	if g.N == 0 {
		return
	}
	w := scratchTransposed(in[1])
	defer parallel.Release(w)
	b := optional(in, 2)
	if b != nil {
		setRows(out.Data, b)
	}
	g.InputGrad([]kernel.Grad{{X: out.Data, C: g.Cin, Add: b != nil}}, in[0].Data, w)
}

func (o convTranspose) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	g := o.adjoint(shapes(in))
	if g.N == 0 {
		return
	}
	if gx := gin[0].Data; gx != nil {
		w, part := scratchTransposed(in[1]), parallel.Scratch(len(gx))
		g.Forward(part, g.One(gout.Data), w, nil, 1)
		kernel.Add(gx, part)
		parallel.Release(w)
		parallel.Release(part)
	}
	if gw := gin[1]; gw.Data != nil {
		part := parallel.Scratch(len(gw.Data))
		g.WeightGrad(part, g.One(gout.Data), in[0].Data, false)
		taps, rows, columns := matrices(gw.Shape)
		for t := range taps {
			at := t * rows * columns
			for i := range rows {
				for j := range columns {
					gw.Data[at+i*columns+j] += part[at+j*rows+i]
				}
			}
		}
		parallel.Release(part)
	}
	if gb := optional(gin, 2); gb != nil {
		kernel.Rectify(gout.Data, nil, 1, gb)
	}
}

// adjoint checks the shapes and returns the convolution of which this is the
// adjoint: from y to x, with a weight [taps..., Cout/Groups, Cin].
func (o convTranspose) adjoint(in []tensor.Shape) kernel.Conv {
	const op = "convtranspose"
	c := ConvConfig{Stride: o.Stride, Pad: o.Pad, Dilation: o.Dilation, Groups: o.Groups}
	c.check(op, in)
	x, w := in[0], in[1]
	axes := x.Rank() - 2
	g := c.moves(axes)
	g.N, g.Cin, g.Cout = x.Dim(0), w.Dim(-1)*g.Groups, x.Dim(-1)
	g.Out, g.Kernel = extents(x, 1, axes), extents(w, 0, axes)
	if g.Cout%g.Groups != 0 {
		refuse(op, in, "%d groups do not divide %d channels", g.Groups, g.Cout)
	}
	if w.Dim(-2) != g.Cout {
		refuse(op, in, "x of %d channels takes a weight [taps..., %d, outputs/groups], not of %d", g.Cout, g.Cout, w.Dim(-2))
	}
	checkBias(op, in, g.Cin)
	more := o.OutputPad.trailing(axes, 0)
	for a := range 3 {
		if more[a] < 0 || more[a] > 0 && more[a] >= max(g.Stride[a], g.Dilation[a]) {
			refuse(op, in, "output padding %d takes a stride or a dilation that is larger, not %d and %d", more[a], g.Stride[a], g.Dilation[a])
		}
		g.In[a] = (g.Out[a]-1)*g.Stride[a] - 2*g.Pad[a] + g.Dilation[a]*(g.Kernel[a]-1) + more[a] + 1
		if g.Out[a] < 1 || g.Kernel[a] < 1 || g.In[a] < 1 {
			refuse(op, in, "%d taps %d apart over an extent of %d at stride %d leave nothing after padding %d", g.Kernel[a], g.Dilation[a], g.Out[a], g.Stride[a], g.Pad[a])
		}
	}
	return g
}

// scratchTransposed returns w [taps..., A, B] as [taps..., B, A] in a buffer to
// be released.
func scratchTransposed(w tensor.Tensor) []float32 {
	taps, rows, columns := matrices(w.Shape)
	out := parallel.Scratch(len(w.Data))
	for t := range taps {
		at := t * rows * columns
		for i := range rows {
			for j := range columns {
				out[at+j*rows+i] = w.Data[at+i*columns+j]
			}
		}
	}
	return out
}

// matrices returns how many matrices of which extents s holds.
func matrices(s tensor.Shape) (n, rows, columns int) {
	n, rows, columns = 1, s.Dim(-2), s.Dim(-1)
	for i := range s.Rank() - 2 {
		n *= s.Dim(i)
	}
	return n, rows, columns
}
