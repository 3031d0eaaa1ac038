package optest

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// product is y = a·b², element by element, and may have a fault.
type product struct{ fault string }

var sink []float32

func (product) Shape(in []tensor.Shape) tensor.Shape   { return in[0] }
func (p product) Needs(i int) bool                     { return i == 1 || p.fault != "needs" }
func (product) NeedsOutput() bool                      { return false }
func (p product) Cost(in []tensor.Shape) autograd.Cost { return autograd.Cost{MACs: int64(p.cost())} }

func (p product) cost() int {
	if p.fault == "cost" {
		return -1
	}
	return 1
}

func (p product) Forward(out tensor.Tensor, in []tensor.Tensor) {
	a, b := in[0].Data, in[1].Data
	for k := range out.Data {
		if p.fault == "unwritten" && k == len(a)-1 {
			return
		}
		out.Data[k] = a[k] * b[k] * b[k]
	}
	switch p.fault {
	case "value":
		out.Data[0] += 1e-4
	case "input":
		a[0]++
	case "allocation":
		sink = make([]float32, len(a))
	}
}

func (p product) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	a, b, gy := in[0].Data, in[1].Data, gout.Data
	if p.fault == "subset" && gin[0].Data == nil {
		return
	}
	for k, g := range gin[0].Data {
		gin[0].Data[k] = g + gy[k]*b[k]*b[k]
	}
	for k, g := range gin[1].Data {
		d := 2 * gy[k] * a[k] * b[k]
		switch p.fault {
		case "gradient":
			d *= 1.001
		case "element":
			d *= 1 + float32(1-min(k, 1))/50
		case "overwrites":
			g = 0
		case "workers":
			d *= 1 + float32(runtime.GOMAXPROCS(0))/(1<<23)
		case "gout":
			gy[k] = 0
		case "alias":
			if len(gin[0].Data) > 0 && &gin[0].Data[0] == &gin[1].Data[0] {
				d = 0
			}
		}
		gin[1].Data[k] = g + d
	}
	if p.fault == "panic" && gin[1].Data[0] != 0 {
		_ = gin[0].Data[0]
	}
}

func reference(in [][]float64) []float64 {
	y := make([]float64, len(in[0]))
	for k, a := range in[0] {
		y[k] = a * in[1][k] * in[1][k]
	}
	return y
}

func good(n ...int) Case {
	return Case{Name: "product", In: Shapes(n, n), Linear: []int{0}, Op: product{}, Bench: Shapes(n, n)}
}

func TestARightOperationPasses(t *testing.T) {
	withReference := good(3, 7)
	withReference.Reference = reference
	large := good(91, 37)
	Run(t, []Case{good(), good(1), good(0, 3), withReference, large})
}

func TestEachFaultIsFound(t *testing.T) {
	for _, f := range []struct{ fault, check, text string }{
		{"cost", "value", "cost {MACs:-1 Bytes:0} is negative"},
		{"unwritten", "value", "output element 3366 of [91 37] was not written, or is NaN"},
		{"value", "value", "value: element 0 is"},
		{"input", "value", "forward changed an input: tensor 0 [91 37], element 0"},
		{"overwrites", "adds", "gradient 1 into gradients of 1: element"},
		{"subset", "adds", "gradient 1 of the inputs in 10 only: element"},
		{"panic", "adds", "panicked: runtime error: index out of range"},
		{"gout", "adds", "gradient 0 into gradients of 1: element"},
		{"needs", "adds", "panicked: runtime error: index out of range [0] with length 0"},
		{"gradient", "gradient", "in random direction 0: the difference from the gradient does not shrink with the step"},
		{"element", "gradient", "does not shrink with the step"},
		{"alias", "tape", "gradient of one value as inputs 0 and 1: element"},
		{"workers", "workers", "on many workers: tensor 1 [91 37], element 0"},
		{"allocation", "allocation", "a steady run allocates"},
	} {
		t.Run(f.fault+"/"+f.check, func(t *testing.T) {
			c := good(91, 37)
			if f.fault == "element" {
				c = good(3, 7)
			}
			c.Reference = reference
			c.Op = product{f.fault}
			for _, k := range checks {
				if k.name == f.check {
					require.ErrorContains(t, guard(c, k.check), f.text)
				}
			}
		})
	}
}

func TestAWrongGradientIsFoundWithoutAReference(t *testing.T) {
	c := good(3, 7)
	require.NoError(t, c.gradient())
	c.Op = product{"gradient"}
	require.ErrorContains(t, c.gradient(), "does not shrink with the step")
}

// skewed is y = 2x, whose gradient lands on the neighbouring element.
type skewed struct{ product }

func (skewed) Forward(out tensor.Tensor, in []tensor.Tensor) {
	for k, x := range in[0].Data {
		out.Data[k] = 2 * x
	}
}

func (skewed) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, _ []tensor.Tensor) {
	for k := range gin[0].Data {
		gin[0].Data[k] += 2 * gout.Data[(k+1)%len(gout.Data)]
	}
}

func TestAGradientThatIsNotTheAdjointIsFound(t *testing.T) {
	c := Case{Name: "skewed", Op: skewed{}, In: Shapes([]int{5, 7}), Linear: []int{0}}
	require.ErrorContains(t, c.adjoint(), "but <x, A' r> =")
}

func TestNearSeesNaN(t *testing.T) {
	require.Error(t, near("y", []float32{1, float32(math.NaN())}, []float64{1, 1}, []float64{1, 1}, 1))
	require.NoError(t, near("y", []float32{0, 0}, []float64{0, 0}, []float64{0, 0}, 1e-6))
}

func BenchmarkProduct(b *testing.B) { Bench(b, []Case{good(8, 1024)}) }

// scaled is y = a b for one a and many b: the gradient by a is a sum that may
// cancel to anything.
type scaled struct{ fault float32 }

func (scaled) Shape(in []tensor.Shape) tensor.Shape { return in[1] }
func (scaled) Cost([]tensor.Shape) autograd.Cost    { return autograd.Cost{} }

func (scaled) Forward(out tensor.Tensor, in []tensor.Tensor) {
	for k, b := range in[1].Data {
		out.Data[k] = in[0].Data[0] * b
	}
}

func (o scaled) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	for k, gy := range gout.Data {
		if gin[0].Data != nil {
			gin[0].Data[0] += gy * in[1].Data[k] * (1 + o.fault)
		}
		if gin[1].Data != nil {
			gin[1].Data[k] += gy * in[0].Data[0]
		}
	}
}

// Of a thousand sums of three terms some cancel to a thousandth of them: that
// must raise no alarm, and hide no fault of a ten-thousandth of the terms.
func TestSumsThatCancelRaiseNoAlarmAndHideNoFault(t *testing.T) {
	for n := range 1000 {
		c := Case{Name: fmt.Sprint(n), Op: scaled{}, In: Shapes([]int{1}, []int{3}), Linear: []int{0, 1}}
		c.Reference = func(in [][]float64) []float64 {
			return []float64{in[0][0] * in[1][0], in[0][0] * in[1][1], in[0][0] * in[1][2]}
		}
		for _, k := range checks {
			if k.name != "allocation" && k.name != "workers" {
				require.NoError(t, k.check(c), "%d: %s", n, k.name)
			}
		}
		g := newTrial(c).gin[0].Data[0]
		c.Op = scaled{1e-4}
		if math.Abs(float64(g)) > 0.5 {
			require.Error(t, c.gradient(), n)
			require.Error(t, c.adjoint(), n)
		}
	}
}
