package kernel

import (
	"fmt"

	"github.com/sshn-go/sshn/internal/parallel"
)

// A Conv is the geometry of a convolution (cross-correlation, as everywhere in
// deep learning) over one, two or three spatial axes; leading axes that are not
// used have size, kernel, stride and dilation 1 and padding 0.
//
//	x [N, In..., Cin], w [Kernel..., Cin/Groups, Cout], b [Cout] -> y [N, Out..., Cout]
//
// Group g reads the channels g*Cin/Groups and following, and writes g*Cout/Groups
// and following. Padding is by zeros, the same on both sides of an axis.
//
// A transposed convolution is InputGrad with the roles of x and y exchanged; its
// input gradient is Forward, its weight gradient WeightGrad with them exchanged.
type Conv struct {
	N                             int
	In, Out                       [3]int // In is of x, Out of y
	Kernel, Stride, Pad, Dilation [3]int
	Cin, Cout, Groups             int
	Exact                         bool // by the definition alone, never by Winograd's algorithms
}

// OutSize is the usual size of an output axis. It is not positive if the kernel
// does not fit.
func OutSize(in, kernel, stride, pad, dilation int) int {
	span := in + 2*pad - dilation*(kernel-1) - 1
	if span < 0 {
		return 0
	}
	return span/stride + 1
}

// MACs is the number of multiply-adds of a forward pass as if nothing were
// padded; each gradient takes as many.
func (c *Conv) MACs() int64 {
	return int64(c.N) * int64(volume(c.Out)) * int64(c.weights())
}

// Forward computes y, the convolution of the inputs side by side, plus b unless
// that is nil; then max(y, slope y), which with a slope of 1 is nothing, with 0
// ReLU and between them LeakyReLU.
func (c *Conv) Forward(y []float32, x []Input, w, b []float32, slope float32) {
	c.check(y, w)
	c.checkInputs(x)
	if b != nil && len(b) != c.Cout {
		panic(fmt.Sprintf("kernel: a bias of %d for %d channels", len(b), c.Cout))
	}
	if !(slope >= 0 && slope <= 1) {
		panic(fmt.Sprintf("kernel: a slope of %g", slope))
	}
	if c.N == 0 {
		return
	}
	x, copied := c.simple(x)
	defer release(copied)
	if fast.available() {
		reads(w, b)
		writes(y)
		c.forwardFast(y, x, w, b, slope)
		return
	}
	forwardPlain(c, y, x[0].X, w, b)
	activate(y, slope)
}

// InputGrad sets the gradients by the inputs, or adds to them, given the
// gradient by y before the activation.
func (c *Conv) InputGrad(gx []Grad, gy, w []float32) {
	c.check(gy, w)
	c.checkGrads(gx)
	if c.N == 0 {
		return
	}
	if fast.available() {
		reads(gy, w)
		c.inputGradFast(gx, gy, w)
		return
	}
	whole := parallel.Scratch(c.N * volume(c.In) * c.Cin)
	defer parallel.Release(whole)
	clear(whole)
	inputGradPlain(c, whole, gy, w)
	c.share(gx, whole)
}

// WeightGrad sets gw to the gradient by w, or with add adds it, given the
// gradient by y before the activation. [Rectify] gives the gradient by b.
func (c *Conv) WeightGrad(gw []float32, x []Input, gy []float32, add bool) {
	c.check(gy, gw)
	c.checkInputs(x)
	if c.N == 0 {
		if !add {
			clear(gw)
		}
		return
	}
	x, copied := c.simple(x)
	defer release(copied)
	if fast.available() {
		reads(gy)
		writes(gw)
		c.weightGradFast(gw, x, gy, add)
		return
	}
	if !add {
		clear(gw)
	}
	weightGradPlain(c, gw, x[0].X, gy)
}

func (c *Conv) check(y, w []float32) {
	for a := range 3 {
		reach := (c.Out[a]-1)*c.Stride[a] + (c.Kernel[a]-1)*c.Dilation[a] + 1
		if c.In[a] < 1 || c.Out[a] < 1 || c.Kernel[a] < 1 || c.Stride[a] < 1 || c.Dilation[a] < 1 || c.Pad[a] < 0 ||
			reach > c.In[a]+2*c.Pad[a] {
			panic(fmt.Sprintf("kernel: a convolution that does not fit: %+v", *c))
		}
	}
	if c.Groups < 1 || c.Cin%c.Groups != 0 || c.Cout%c.Groups != 0 {
		panic(fmt.Sprintf("kernel: %d groups of %d channels to %d", c.Groups, c.Cin, c.Cout))
	}
	if len(y) != c.N*volume(c.Out)*c.Cout || len(w) != c.weights() {
		panic(fmt.Sprintf("kernel: y of %d and w of %d elements for %+v", len(y), len(w), *c))
	}
}

// weights is the length of w.
func (c *Conv) weights() int { return volume(c.Kernel) * c.Cin / c.Groups * c.Cout }

func volume(s [3]int) int { return s[0] * s[1] * s[2] }

// outputs returns the range [lo, hi) of outputs along an axis for which the
// kernel's tap t lies inside the input.
func (c *Conv) outputs(axis, t int) (lo, hi int) {
	at := t*c.Dilation[axis] - c.Pad[axis] // of output 0
	s := c.Stride[axis]
	if at < 0 {
		lo = (s - 1 - at) / s
	}
	if last := c.In[axis] - 1 - at; last >= 0 {
		hi = min(c.Out[axis], last/s+1)
	}
	return min(lo, hi), hi
}

// taps returns the range [lo, hi) of taps that lie inside the input for the
// output o along an axis.
func (c *Conv) taps(axis, o int) (lo, hi int) {
	at := o*c.Stride[axis] - c.Pad[axis] // of tap 0
	d := c.Dilation[axis]
	if at < 0 {
		lo = (d - 1 - at) / d
	}
	if last := c.In[axis] - 1 - at; last >= 0 {
		hi = min(c.Kernel[axis], last/d+1)
	}
	return min(lo, hi), hi
}

// in returns where output o and tap t read along an axis.
func (c *Conv) in(axis, o, t int) int {
	return o*c.Stride[axis] - c.Pad[axis] + t*c.Dilation[axis]
}

// grain returns how many of n equal pieces of a work of so many operations make
// a chunk of at least least operations.
func grain(n int, operations, least int64) int {
	each := max(1, operations/int64(max(n, 1)))
	return int(min(int64(n), max(1, (least+each-1)/each)))
}

func unravel(i int, s [3]int) [3]int {
	return [3]int{i / (s[1] * s[2]), i / s[2] % s[1], i % s[2]}
}
