package optest

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/tensor"
)

const (
	firstStep  = 1. / 8
	directions = 3  // random ones, through all inputs at once
	elements   = 64 // up to so many inputs, each is moved alone too
)

// gradient: the gradients agree with central differences of <y, r>.
func (c Case) gradient() error {
	t := newTrial(c).measure()
	rng := c.rng()
	d := make([][]float64, len(t.in))
	size := 0
	for i, x := range t.in {
		d[i] = make([]float64, len(x.Data))
		if !c.fixed(i) {
			size += len(x.Data)
		}
	}
	for n := range directions {
		for i := range d {
			for k := range d[i] {
				if !c.fixed(i) {
					d[i][k] = 2*rng.Float64() - 1
				}
			}
		}
		if err := t.differentiate(d); err != nil {
			return fmt.Errorf("in random direction %d: %w", n, err)
		}
	}
	for i := range d {
		clear(d[i])
	}
	for i := range d {
		for k := range d[i] {
			if c.fixed(i) || size > elements {
				continue
			}
			d[i][k] = 1
			if err := t.differentiate(d); err != nil {
				return fmt.Errorf("by element %d of input %d: %w", k, i, err)
			}
			d[i][k] = 0
		}
	}
	return nil
}

// differentiate checks the derivative along d at three steps.
func (t *trial) differentiate(d [][]float64) error {
	h := firstStep
	if t.c.Margin > 0 {
		h = min(h, t.c.Margin/2)
	}
	var e, floor [3]float64
	for n := range e {
		e[n], floor[n] = t.difference(d, h)
		h /= 4
	}
	// e[0]/16 stands in for e[1] where the errors of two orders cancel there.
	if !(e[2] <= max(e[1], e[0]/16)/4+floor[2]) {
		return fmt.Errorf("the difference from the gradient does not shrink with the step: %.3g, %.3g, %.3g (noise %.3g)", e[0], e[1], e[2], floor[2])
	}
	return nil
}

// difference returns how far (f(x + h d) - f(x - h d)) / 2h is from the
// gradient's product with d, where f = <y, r>, and how much of that may be
// noise. x ± h d is rounded to float32, so it is with the difference of what
// was rounded that the gradient is multiplied.
func (t *trial) difference(d [][]float64, h float64) (err, floor float64) {
	x := clone(t.in)
	defer func() { t.in = x }()
	t.in = clone(x)
	var far [2][]float64
	for side, sign := range []float64{1, -1} {
		for i := range d {
			for k, v := range d[i] {
				t.in[i].Data[k] = float32(float64(x[i].Data[k]) + sign*h*v)
			}
		}
		if t.c.Reference != nil {
			far[side] = t.reference()
		} else {
			far[side] = float64s(t.forward().Data)
		}
	}
	// The inputs are now x - h d, and x + h d is made again in passing.
	var product, terms, moved float64
	for i := range d {
		if t.gin[i].Data == nil {
			continue
		}
		for k, v := range d[i] {
			up := float32(float64(x[i].Data[k]) + h*v)
			g := float64(t.gin[i].Data[k])
			step := float64(up) - float64(t.in[i].Data[k])
			product += g * step
			size := max(math.Abs(g), t.sizes.gin[i][k])
			terms += size * size * step * step
			if v != 0 {
				moved += g * g * float64(x[i].Data[k]) * float64(x[i].Data[k])
			}
		}
	}
	var change, values float64
	for k, r := range t.r.Data {
		a, b := far[0][k]*float64(r), far[1][k]*float64(r)
		change += a - b
		if a != b {
			values += max(a*a, b*b)
		}
	}
	eps := t.c.roundoff()
	noise := eps * math.Sqrt(terms)
	if t.c.Reference != nil {
		eps = eps / (1 << 29) // float64's 53 bits and float32's 24
	}
	noise += eps * (math.Sqrt(values) + math.Sqrt(moved))
	return math.Abs(change-product) / (2 * h), noise / (2 * h)
}

// adjoint: <A x, r> = <x, A' r> for each input in which the operation is
// affine, A x being f(x) - f(0).
func (c Case) adjoint() error {
	t := newTrial(c).measure()
	for _, i := range c.Linear {
		x := t.in[i]
		y := t.forward().Clone()
		t.in[i] = tensor.Zeros(x.Shape)
		zero := t.forward()
		var left, square float64
		for k, r := range t.r.Data {
			left += float64(r) * (float64(y.Data[k]) - float64(zero.Data[k]))
			size := math.Abs(float64(y.Data[k])) + math.Abs(float64(zero.Data[k])) + t.sizes.out[k]
			square += math.Pow(float64(r)*size, 2)
		}
		t.in[i] = x
		right := inner(x.Data, t.gin[i].Data)
		for k, g := range t.gin[i].Data {
			size := max(math.Abs(float64(g)), t.sizes.gin[i][k])
			square += math.Pow(float64(x.Data[k])*size, 2)
		}
		if allowed := c.roundoff() * math.Sqrt(square); !(math.Abs(left-right) <= allowed) {
			return fmt.Errorf("<A x, r> = %.9g by input %d, but <x, A' r> = %.9g: off by %.3g, allowed %.3g", left, i, right, left-right, allowed)
		}
	}
	return nil
}

func (t *trial) reference() []float64 {
	in := make([][]float64, len(t.in))
	for i, x := range t.in {
		in[i] = float64s(x.Data)
	}
	return t.c.Reference(in)
}

func inner(x, y []float32) float64 {
	sum := 0.0
	for k, v := range x {
		sum += float64(v) * float64(y[k])
	}
	return sum
}
