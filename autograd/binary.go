package autograd

import (
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// Add returns a + b, element by element. Shapes broadcast as in NumPy: aligned
// at their last axes, an extent of 1 or an absent axis is repeated:
//
//	a [8 160 192 32], b [32] -> y [8 160 192 32]
//	a [2 1 3], b [4 1] -> y [2 4 3]
//
// The gradient by what was repeated is summed, in float64. Add panics with a
// [*tensor.ShapeError] if the shapes do not broadcast. It costs one MAC an
// element, as the others here do.
func Add(a, b Value) Value { return Apply(add, a, b) }

// Sub returns a - b; shapes are as in [Add].
func Sub(a, b Value) Value { return Apply(sub, a, b) }

// Mul returns a b, element by element; shapes are as in [Add].
func Mul(a, b Value) Value { return Apply(mul, a, b) }

// Div returns a / b, element by element; shapes are as in [Add].
func Div(a, b Value) Value { return Apply(div, a, b) }

// ScaleChannels multiplies each channel by its gain:
//
//	x [N, spatial..., C], gain [C] or [N, C] -> y like x
//
// A gain [N, C] has its own row for each image. ScaleChannels panics with a
// [*tensor.ShapeError] if gain has another shape.
func ScaleChannels(x, gain Value) Value {
	return Mul(x, perChannel("scalechannels", x, gain))
}

// AddChannels adds to each channel its bias; shapes are as in [ScaleChannels].
func AddChannels(x, bias Value) Value { return Add(x, perChannel("addchannels", x, bias)) }

func perChannel(op string, x, v Value) Value {
	s, p := x.Shape(), v.Shape()
	if s.Rank() == 0 || p != tensor.NewShape(s.Channels()) && (s.Rank() < 2 || p != tensor.NewShape(s.Dim(0), s.Channels())) {
		refuse(op, []tensor.Shape{s, p}, "x [N, spatial..., C] takes [C] or [N, C]")
	}
	if p.Rank() == 1 {
		return v
	}
	for axis := 1; axis < s.Rank()-1; axis++ {
		s = s.With(axis, 1)
	}
	return v.View(0, s)
}

// Scale returns c x.
func Scale(x Value, c float64) Value { return Apply(scale{float32(c)}, x) }

type binary uint8

const (
	add binary = iota
	sub
	mul
	div
)

func (o binary) String() string { return [...]string{"add", "sub", "mul", "div"}[o] }

func (o binary) Shape(in []tensor.Shape) tensor.Shape { return broadcastShape(o.String(), in) }

func (o binary) Cost(in []tensor.Shape) Cost {
	return Cost{MACs: int64(o.Shape(in).Len())}
}

func (o binary) Needs(i int) bool  { return o == mul || o == div && i == 1 }
func (o binary) NeedsOutput() bool { return o == div }

func (o binary) Forward(out tensor.Tensor, in []tensor.Tensor) {
	if c, ok := o.channelwise(out.Shape, in); ok {
		c.forward(out.Data, in)
		return
	}
	a, b := in[0].Data, in[1].Data
	g := newGrid(out.Shape, in[0].Shape, in[1].Shape)
	parallel.For(len(out.Data), chunk, func(lo, hi int) {
		var ta, tb [tile]float32
		g.walk(lo, hi, func(at, i, j, n int) {
			o.apply(out.Data[at:at+n], g.take(0, a, i, n, ta[:]), g.take(1, b, j, n, tb[:]))
		})
	})
}

func (o binary) apply(y, a, b []float32) {
	a, b = a[:len(y)], b[:len(y)]
	switch o {
	case add:
		for i := range y {
			y[i] = a[i] + b[i]
		}
	case sub:
		for i := range y {
			y[i] = a[i] - b[i]
		}
	case mul:
		for i := range y {
			y[i] = a[i] * b[i]
		}
	case div:
		for i := range y {
			y[i] = a[i] / b[i]
		}
	}
}

func (o binary) Backward(gin []tensor.Tensor, gout, out tensor.Tensor, in []tensor.Tensor) {
	if c, ok := o.channelwise(gout.Shape, in); ok {
		c.backward(gin, gout.Data, in)
		return
	}
	for k := range gin {
		ga := gin[k].Data
		if ga == nil {
			continue
		}
		// The operand whose gradient it is comes first.
		other := in[1-k].Data
		g := newGrid(gout.Shape, in[k].Shape, in[1-k].Shape)
		t := func(at, i, j, n int, buf []float32) []float32 {
			gy := gout.Data[at : at+n]
			switch {
			case o == sub && k == 1:
				for c, v := range gy {
					buf[c] = -v
				}
			case o == mul:
				for c, v := range g.take(1, other, j, n, buf) {
					buf[c] = v * gy[c]
				}
			case o == div && k == 0:
				for c, v := range g.take(1, other, j, n, buf) {
					buf[c] = gy[c] / v
				}
			case o == div: // y = a/b falls by y/b
				y := out.Data[at : at+n]
				for c, v := range g.take(0, in[1].Data, i, n, buf) {
					buf[c] = -gy[c] * y[c] / v
				}
			default:
				return gy
			}
			return buf[:n]
		}
		if len(ga) == len(gout.Data) {
			addTerm(ga, t, &g)
			continue
		}
		g.fold(len(ga), t, func(sums []float64) {
			for i, s := range sums {
				ga[i] += float32(s)
			}
		})
	}
}

// addTerm adds t to gx, element by element.
func addTerm(gx []float32, t term, g *grid) {
	parallel.For(len(gx), chunk, func(lo, hi int) {
		buf := parallel.Scratch(tile)
		defer parallel.Release(buf)
		g.walk(lo, hi, func(at, i, j, n int) {
			kernel.Add(gx[at:at+n], t(at, i, j, n, buf))
		})
	})
}

type scale struct{ by float32 }

func (scale) Shape(in []tensor.Shape) tensor.Shape { return in[0] }
func (scale) Cost(in []tensor.Shape) Cost          { return Cost{MACs: int64(in[0].Len())} }
func (scale) Needs(int) bool                       { return false }
func (scale) NeedsOutput() bool                    { return false }

func (o scale) Forward(out tensor.Tensor, in []tensor.Tensor) {
	x, y := in[0].Data, out.Data
	parallel.For(len(y), chunk, func(lo, hi int) {
		x, y := x[lo:hi], y[lo:hi]
		for i, v := range x {
			y[i] = o.by * v
		}
	})
}

func (o scale) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, _ []tensor.Tensor) {
	gx := gin[0].Data
	parallel.For(len(gx), chunk, func(lo, hi int) { kernel.Axpy(gx[lo:hi], gout.Data[lo:hi], o.by) })
}
