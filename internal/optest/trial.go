package optest

import (
	"fmt"
	"math"
	"slices"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// A trial is one call of an operation and of its backward, outside a tape but
// with what a tape would hand over.
type trial struct {
	c     Case
	in    []tensor.Tensor
	r     tensor.Tensor // the gradient by the output
	out   tensor.Tensor
	state []float32
	gin   []tensor.Tensor // no Data for inputs without gradient
}

// newTrial draws inputs and runs forward and backward.
func newTrial(c Case) *trial {
	rng := c.rng()
	t := &trial{c: c}
	for i, s := range c.In {
		x := tensor.Zeros(s)
		c.fill(rng, i, x.Data)
		t.in = append(t.in, x)
	}
	t.out = tensor.Zeros(c.Op.Shape(c.In))
	t.r = normal(rng, t.out.Shape)
	if s, ok := c.Op.(autograd.Stateful); ok {
		t.state = make([]float32, s.State(c.In))
	}
	t.forward()
	t.gin = t.gradients(func(i int) bool { return true }, 0)
	return t
}

// forward runs the operation on buffers of NaN.
func (t *trial) forward() tensor.Tensor {
	poison(t.out.Data)
	poison(t.state)
	if s, ok := t.c.Op.(autograd.Stateful); ok {
		s.ForwardState(t.out, t.in, t.state)
	} else {
		t.c.Op.Forward(t.out, t.in)
	}
	return t.out
}

// needed returns what the operation says that its backward reads.
func (t *trial) needed() (in []tensor.Tensor, out tensor.Tensor) {
	in, out = slices.Clone(t.in), t.out
	if f, ok := t.c.Op.(autograd.Frugal); ok {
		for i := range in {
			if !f.Needs(i) {
				in[i].Data = nil
			}
		}
		if !f.NeedsOutput() {
			out.Data = nil
		}
	}
	return in, out
}

// backward adds to gin.
func (t *trial) backward(gin []tensor.Tensor) {
	in, out := t.needed()
	if s, ok := t.c.Op.(autograd.Stateful); ok {
		s.BackwardState(gin, t.r, out, in, t.state)
	} else {
		t.c.Op.Backward(gin, t.r, out, in)
	}
}

// gradients returns the gradients by the inputs that are wanted, added to
// buffers that held start.
func (t *trial) gradients(want func(i int) bool, start float32) []tensor.Tensor {
	gin := make([]tensor.Tensor, len(t.in))
	for i, x := range t.in {
		gin[i].Shape = x.Shape
		if want(i) && !t.c.fixed(i) {
			gin[i] = tensor.Zeros(x.Shape)
			for k := range gin[i].Data {
				gin[i].Data[k] = start
			}
		}
	}
	t.backward(gin)
	return gin
}

func (t *trial) wanted() int {
	n := 0
	for i := range t.in {
		if !t.c.fixed(i) {
			n++
		}
	}
	return n
}

func poison(x []float32) {
	for i := range x {
		x[i] = float32(math.NaN())
	}
}

// sameBits tells the first difference between two lists of tensors.
func sameBits(what string, got, want []tensor.Tensor) error {
	for i := range want {
		for k, w := range want[i].Data {
			if g := got[i].Data[k]; math.Float32bits(g) != math.Float32bits(w) {
				return fmt.Errorf("%s: tensor %d %v, element %d: %v, expected %v", what, i, want[i].Shape, k, g, w)
			}
		}
	}
	return nil
}

// near tells the worst difference over eps (|want| + root mean square of want).
func near(what string, got []float32, want []float64, eps float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d elements, expected %d", what, len(got), len(want))
	}
	square := 0.0
	for _, w := range want {
		square += w * w
	}
	rms := math.Sqrt(square / float64(max(len(want), 1)))
	worst, at := 1.0, -1
	for k, w := range want {
		d := math.Abs(float64(got[k])-w) / (eps * (math.Abs(w) + rms))
		if float64(got[k]) != w && !(d <= worst) {
			worst, at = d, k
			if math.IsNaN(d) {
				break
			}
		}
	}
	if at < 0 {
		return nil
	}
	return fmt.Errorf("%s: element %d is %v, expected %v (%.3g times the tolerance)", what, at, got[at], want[at], worst)
}

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
