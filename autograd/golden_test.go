package autograd_test

import (
	"slices"
	"testing"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/golden"
	"github.com/sshn-go/sshn/tensor"
)

// A result is rounded once. The terms of a gradient's sum are rounded up to three
// times (the quotient y, its product with gy, that divided by b), the sum once:
// 4u of the sum of their sizes, which is the gradient for the sizes of all.
func TestArithmeticIsPyTorchs(t *testing.T) {
	functions := map[string]func(a, b autograd.Value) autograd.Value{
		"add": autograd.Add, "sub": autograd.Sub, "mul": autograd.Mul, "div": autograd.Div}
	met := 0
	for _, c := range golden.Open(t, "broadcast") {
		f, ok := functions[c.Attrs.Text("fn")]
		if !ok {
			continue
		}
		met++
		t.Run(c.ID, func(t *testing.T) {
			tape := autograd.NewTape()
			a, b := tape.Leaf(c.Input("a")), tape.Leaf(c.Input("b"))
			y := differentiate(f(a, b), c.Upstream())
			agree(t, "y", y, c.Output64("y"), 0, u)
			sizeA, sizeB := tape.Leaf(size(c.Input("a"))), tape.Leaf(size(c.Input("b")))
			differentiate(f(sizeA, sizeB), size(c.Upstream()))
			agree(t, "ga", a.Grad(), c.Grad64("a"), 4*u*greatest(sizeA.Grad()), 0)
			agree(t, "gb", b.Grad(), c.Grad64("b"), 4*u*greatest(sizeB.Grad()), 0)
		})
	}
	if met < 4*len(functions) {
		t.Errorf("only %d cases", met)
	}
}

// Values are computed in float64 and rounded once, the slope of LeakyReLU before.
// Derivatives are rounded, and their product with gy again; those of sigmoid and
// tanh are taken from the rounded value, which near 1 is off by u/2, so they are by
// up to u. Below 1e-15 the reference of GELU has lost its digits in 1 + erf(x).
func TestActivationsArePyTorchs(t *testing.T) {
	for op, f := range map[string]func(x autograd.Value, a golden.Attrs) autograd.Value{
		"relu": func(x autograd.Value, _ golden.Attrs) autograd.Value { return autograd.ReLU(x) },
		"leaky_relu": func(x autograd.Value, a golden.Attrs) autograd.Value {
			return autograd.LeakyReLU(x, a.Float("negative_slope"))
		},
		"sigmoid": func(x autograd.Value, _ golden.Attrs) autograd.Value { return autograd.Sigmoid(x) },
		"tanh":    func(x autograd.Value, _ golden.Attrs) autograd.Value { return autograd.Tanh(x) },
		"silu":    func(x autograd.Value, _ golden.Attrs) autograd.Value { return autograd.SiLU(x) },
		"gelu": func(x autograd.Value, a golden.Attrs) autograd.Value {
			if a.Text("approximate") == "tanh" {
				return autograd.GELUTanh(x)
			}
			return autograd.GELU(x)
		},
	} {
		for _, c := range golden.Open(t, op) {
			t.Run(op+"/"+c.ID, func(t *testing.T) {
				floor := 0x1p-149 // the least float32
				if op == "gelu" {
					floor = 1e-15
				}
				x := autograd.NewTape().Leaf(c.Input("x"))
				y := differentiate(f(x, c.Attrs), c.Upstream())
				agree(t, "y", y, c.Output64("y"), floor, 2*u)
				agree(t, "gx", x.Grad(), c.Grad64("x"), floor+u*greatest(c.Upstream()), 2*u)
			})
		}
	}
}

// The exponential is good to a hundredth of u; it, the inverse of the sum and their
// product are rounded. The gradient is y times differences of gy, up to 3u off.
// Of the logarithm only the last difference is rounded; below 1e-13 the reference
// has lost its digits in the same difference.
func TestSoftmaxIsPyTorchs(t *testing.T) {
	for op, f := range map[string]func(x autograd.Value) autograd.Value{"softmax": autograd.Softmax, "log_softmax": autograd.LogSoftmax} {
		for _, c := range golden.Open(t, op) {
			last := func(x golden.Array) golden.Array { return x }
			rank := c.Input("x").Shape.Rank()
			switch dim := c.Attrs.Int("dim"); {
			case dim == 1 && rank > 2:
				last = golden.ChannelsLast[golden.Array]
			case dim == 0 && rank == 2:
				last = golden.LinearWeight[golden.Array]
			}
			t.Run(op+"/"+c.ID, func(t *testing.T) {
				gy := c.Upstream()
				x := autograd.NewTape().Leaf(narrow(last(c.Input64("x"))))
				y := differentiate(f(x), narrow(last(golden.Array{Shape: gy.Shape, Data: wide(gy.Data)})))
				agree(t, "y", y, last(c.Output64("y")), 1e-13, 4*u)
				agree(t, "gx", x.Grad(), last(c.Grad64("x")), 4*u*greatest(gy), 4*u)
			})
		}
	}
}

// Reductions are summed in float64 and rounded once; the distances from the
// mean are rounded, squared and rounded before.
func TestReductionsArePyTorchs(t *testing.T) {
	functions := map[string]func(x autograd.Value, axes ...int) autograd.Value{
		"sum": autograd.Sum, "mean": autograd.Mean, "varfalse": autograd.Variance, "vartrue": autograd.SampleVariance}
	met := 0
	for _, c := range golden.Open(t, "reduce") {
		name := c.Attrs.Text("fn")
		if name == "var" && c.Attrs.Bool("unbiased") {
			name += "true"
		} else if name == "var" {
			name += "false"
		}
		f, ok := functions[name]
		if !ok {
			continue
		}
		met++
		t.Run(c.ID, func(t *testing.T) {
			x := autograd.NewTape().Leaf(c.Input("x"))
			want := c.Output64("y")
			y := differentiate(autograd.Reshape(f(x, c.Attrs.Ints("dim")...), want.Shape.Dims()...), c.Upstream())
			agree(t, "y", y, want, 0, 4*u)
			agree(t, "gx", x.Grad(), c.Grad64("x"), 0, 4*u)
		})
	}
	if met < 4*len(functions) {
		t.Errorf("only %d cases", met)
	}
}

func narrow(a golden.Array) tensor.Tensor {
	x := tensor.Zeros(a.Shape)
	for i, v := range a.Data {
		x.Data[i] = float32(v)
	}
	return x
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// size returns the sizes |x| of the elements.
func size(x tensor.Tensor) tensor.Tensor {
	y := x.Clone()
	for i, v := range y.Data {
		y.Data[i] = max(v, -v)
	}
	return y
}

// greatest returns the greatest size of an element.
func greatest(x tensor.Tensor) float64 {
	return float64(slices.Max(size(x).Data))
}
