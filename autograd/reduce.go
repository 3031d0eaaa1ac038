package autograd

import "github.com/sshn-go/sshn/tensor"

// Sum returns the sum over the given axes, -1 the last. They stay, with one
// element, so that the result broadcasts against x; [Reshape] drops them for
// nothing. Without axes the sum is that of all elements, a scalar:
//
//	axes 1, 2: x [N, H, W, C] -> y [N, 1, 1, C]
//	no axes:   x [N, H, W, C] -> y []
//
// It is summed in float64. It panics with a [*tensor.ShapeError] if x has no
// such axis or if one is named twice. It costs one MAC an element of x.
func Sum(x Value, axes ...int) Value { return Apply(newReduction("sum", x, axes), x) }

// Mean returns the mean over the given axes; all else is as in [Sum]. It panics
// if there is nothing to take the mean of.
func Mean(x Value, axes ...int) Value { return Apply(newReduction("mean", x, axes), x) }

// Variance returns the mean square distance from the mean over the given axes:
// the sum of squares divided by their number n. All else is as in [Mean]; it
// costs two MACs an element.
func Variance(x Value, axes ...int) Value { return Apply(newReduction("variance", x, axes), x) }

// SampleVariance is [Variance] divided by n-1 in place of n, which estimates
// the variance that a sample was drawn with; it takes n > 1.
func SampleVariance(x Value, axes ...int) Value {
	return Apply(newReduction("samplevariance", x, axes), x)
}

type reduction struct {
	kind string
	over [tensor.MaxRank]bool // axes
	all  bool                 // the result is a scalar
}

func newReduction(kind string, x Value, axes []int) reduction {
	o := reduction{kind: kind, all: len(axes) == 0}
	in := []tensor.Shape{x.Shape()}
	for _, axis := range axes {
		a := checkAxis(kind, in, axis)
		if o.over[a] {
			refuse(kind, in, "axis %d twice", axis)
		}
		o.over[a] = true
	}
	return o
}

func (o reduction) String() string { return o.kind }

func (o reduction) Shape(in []tensor.Shape) tensor.Shape {
	y := tensor.Shape{}
	if !o.all {
		y = in[0]
		for a, over := range o.over {
			if over {
				y = y.With(a, 1)
			}
		}
	}
	least := map[string]int{"mean": 1, "variance": 1, "samplevariance": 2}[o.kind]
	if n := o.count(in[0]); n < least {
		refuse(o.kind, in, "%d elements go into one, but it takes %d or more", n, least)
	}
	return y
}

func (o reduction) Cost(in []tensor.Shape) Cost {
	y := o.Shape(in)
	g := newGrid(in[0], y)
	c := Cost{MACs: int64(in[0].Len()), Bytes: g.foldBytes(y.Len())}
	if o.spread() {
		c.MACs *= 2
		c.Bytes += 8 * int64(y.Len())
	}
	return c
}

func (o reduction) Needs(int) bool    { return o.spread() }
func (o reduction) NeedsOutput() bool { return false }

func (o reduction) Forward(out tensor.Tensor, in []tensor.Tensor) {
	x, y := in[0].Data, out.Data
	g := newGrid(in[0].Shape, out.Shape)
	by := o.divisor(in[0].Shape)
	write := func(sums []float64) {
		for i, s := range sums {
			y[i] = float32(s / by)
		}
	}
	if !o.spread() {
		g.fold(len(y), plain(x), write)
		return
	}
	o.means(&g, x, len(y), float64(o.count(in[0].Shape)), func(mean []float64) {
		g.fold(len(y), func(at, i, _, n int, buf []float32) []float32 {
			for c, d := range g.distance(x[at:at+n], mean, i, buf) {
				buf[c] = d * d
			}
			return buf[:n]
		}, write)
	})
}

func (o reduction) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	gx, gy, x := gin[0].Data, gout.Data, in[0].Data
	g := newGrid(in[0].Shape, gout.Shape)
	by := o.divisor(in[0].Shape)
	if !o.spread() {
		addTerm(gx, func(_, i, _, n int, buf []float32) []float32 {
			for c, v := range g.take(0, gy, i, n, buf) {
				buf[c] = float32(float64(v) / by)
			}
			return buf[:n]
		}, &g)
		return
	}
	o.means(&g, x, len(gy), float64(o.count(in[0].Shape)), func(mean []float64) {
		addTerm(gx, func(at, i, _, n int, buf []float32) []float32 {
			step := g.step[0][0]
			for c, d := range g.distance(x[at:at+n], mean, i, buf) {
				buf[c] = float32(2 / by * float64(gy[i+c*step]) * float64(d))
			}
			return buf[:n]
		}, &g)
	})
}

func (o reduction) spread() bool { return o.kind == "variance" || o.kind == "samplevariance" }

// count returns how many elements of x go into one of y.
func (o reduction) count(x tensor.Shape) int {
	n := 1
	for a := range x.Rank() {
		if o.all || o.over[a] {
			n *= x.Dim(a)
		}
	}
	return n
}

// divisor returns what a sum is divided by.
func (o reduction) divisor(x tensor.Shape) float64 {
	n := float64(o.count(x))
	switch o.kind {
	case "sum":
		return 1
	case "samplevariance":
		return n - 1
	}
	return n
}

// means calls f with the means of x in float64: a variance is taken in two
// passes, for the difference of mean square and squared mean loses its digits
// where the mean is far from 0.
func (o reduction) means(g *grid, x []float32, length int, n float64, f func(mean []float64)) {
	g.fold(length, plain(x), func(sums []float64) {
		for i := range sums {
			sums[i] /= n
		}
		f(sums)
	})
}

// distance writes x - mean to buf, the means from place i on.
func (g *grid) distance(x []float32, mean []float64, i int, buf []float32) []float32 {
	step := g.step[0][0]
	for c, v := range x {
		buf[c] = float32(float64(v) - mean[i+c*step])
	}
	return buf[:len(x)]
}

func plain(x []float32) term {
	return func(at, _, _, n int, _ []float32) []float32 { return x[at : at+n] }
}
