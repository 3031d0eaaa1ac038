package optest

import (
	"fmt"
	"math"
	"math/rand/v2"
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

	sizes sizes
}

// sizes are, element by element, how large the terms are that an output or a
// gradient was summed from, which where they cancel is more than the sum. To
// them a rounding is in proportion, and, as a softmax takes one element from the
// others, to the root mean square of all.
type sizes struct {
	out []float64
	gin [][]float64 // nil for inputs without gradient
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

// measure finds the sizes: everything that goes in is shaken by a share far over
// the rounding, each number up or down by chance. A sum of terms t then moves by
// sqrt(sum of t²) of that share in the mean of squares, whatever it cancels to.
func (t *trial) measure() *trial {
	const shakes, share = 8, 1. / (1 << 16)
	t.sizes.out = make([]float64, len(t.out.Data))
	t.sizes.gin = make([][]float64, len(t.in))
	for i, g := range t.gin {
		if g.Data != nil {
			t.sizes.gin[i] = make([]float64, len(g.Data))
		}
	}
	rng := rand.New(rand.NewPCG(t.c.hash(), 2))
	shaken := *t
	shaken.state = slices.Clone(t.state)
	for range shakes {
		shaken.in, shaken.r, shaken.out = clone(t.in), t.r.Clone(), t.out.Clone()
		for i, x := range append(slices.Clone(shaken.in), shaken.r) {
			if t.c.fixed(i) {
				continue
			}
			for k := range x.Data {
				x.Data[k] *= 1 + share*float32(1-2*rng.IntN(2))
			}
		}
		moved(t.sizes.out, shaken.forward().Data, t.out.Data)
		for i, g := range shaken.gradients(func(int) bool { return true }, 0) {
			moved(t.sizes.gin[i], g.Data, t.gin[i].Data)
		}
	}
	conclude := func(all []float64, x []float32) {
		rms := math.Sqrt(inner(x, x) / float64(max(len(x), 1)))
		for k, square := range all {
			all[k] = rms + math.Sqrt(square/shakes)/share
		}
	}
	conclude(t.sizes.out, t.out.Data)
	for i, g := range t.gin {
		conclude(t.sizes.gin[i], g.Data)
	}
	return t
}

// moved adds the squares of the differences.
func moved(squares []float64, a, b []float32) {
	for k := range squares {
		d := float64(a[k]) - float64(b[k])
		squares[k] += d * d
	}
}

// forward runs the operation on buffers of NaN.
func (t *trial) forward() tensor.Tensor {
	poison(t.out.Data)
	poison(t.state)
	t.again()
	return t.out
}

// again runs the operation on whatever the buffers hold.
func (t *trial) again() {
	if s, ok := t.c.Op.(autograd.Stateful); ok {
		s.ForwardState(t.out, t.in, t.state)
	} else {
		t.c.Op.Forward(t.out, t.in)
	}
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

// near tells the worst difference over eps (|want| + size), if any is over 1.
func near(what string, got []float32, want, size []float64, eps float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: %d elements, expected %d", what, len(got), len(want))
	}
	worst, at := 1.0, -1
	for k, w := range want {
		d := math.Abs(float64(got[k])-w) / (eps * (math.Abs(w) + size[k]))
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
