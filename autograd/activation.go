package autograd

import (
	"math"

	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// ReLU returns max(x, 0), element by element; its derivative at 0 is 0. Like
// the other activations it counts no MACs.
func ReLU(x Value) Value { return Apply(leakyReLU{}, x) }

// LeakyReLU returns x where x > 0 and slope x elsewhere. Its backward reads the
// sign of the output, unless slope is negative, so x need not be kept.
func LeakyReLU(x Value, slope float64) Value { return Apply(leakyReLU{float32(slope)}, x) }

// Sigmoid returns 1 / (1 + exp(-x)), element by element.
func Sigmoid(x Value) Value { return Apply(sigmoid, x) }

// Tanh returns the hyperbolic tangent, element by element.
func Tanh(x Value) Value { return Apply(tanh, x) }

// SiLU returns x sigmoid(x), element by element.
func SiLU(x Value) Value { return Apply(silu, x) }

// GELU returns x P(X <= x) with X standard normal, that is
// x (1 + erf(x/sqrt(2))) / 2, element by element.
//
// Source: Hendrycks and Gimpel, Gaussian error linear units, 2016, section 2.
func GELU(x Value) Value { return Apply(gelu, x) }

// GELUTanh is the approximation of [GELU]
// x (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))) / 2, from the same source.
func GELUTanh(x Value) Value { return Apply(geluTanh, x) }

type leakyReLU struct{ slope float32 }

func (leakyReLU) Shape(in []tensor.Shape) tensor.Shape { return in[0] }
func (leakyReLU) Cost([]tensor.Shape) Cost             { return Cost{} }
func (o leakyReLU) Needs(int) bool                     { return o.slope < 0 }
func (o leakyReLU) NeedsOutput() bool                  { return !(o.slope < 0) }

func (o leakyReLU) String() string {
	if o.slope == 0 {
		return "relu"
	}
	return "leakyrelu"
}

func (o leakyReLU) Forward(out tensor.Tensor, in []tensor.Tensor) {
	x, y := in[0].Data, out.Data
	parallel.For(len(y), chunk, func(lo, hi int) { kernel.LeakyReLU(y[lo:hi], x[lo:hi], o.slope) })
}

// Slope implements [Rectifier].
func (o leakyReLU) Slope() (float32, bool) { return o.slope, o.slope >= 0 && o.slope <= 1 }

func (o leakyReLU) Backward(gin []tensor.Tensor, gout, out tensor.Tensor, in []tensor.Tensor) {
	o.backward(gin[0].Data, gout.Data, out.Data, in[0].Data, true)
}

// BackwardAssign implements [Assigner].
func (o leakyReLU) BackwardAssign(gin []tensor.Tensor, fresh []bool, gout, out tensor.Tensor, in []tensor.Tensor, _ []float32) {
	o.backward(gin[0].Data, gout.Data, out.Data, in[0].Data, !fresh[0])
}

func (o leakyReLU) backward(gx, gy, y, x []float32, add bool) {
	signed := y
	if o.slope < 0 {
		signed = x
	}
	parallel.For(len(gx), chunk, func(lo, hi int) {
		kernel.LeakyReLUGradient(gx[lo:hi], gy[lo:hi], signed[lo:hi], o.slope, add)
	})
}

// (1 + tanh u)/2 is the logistic function of 2u, hence twice sqrt(2/pi).
const (
	geluScale = 2 * math.Sqrt2 / math.SqrtPi
	geluCubic = 0.044715
)

// An activation is a smooth function of one number, computed in float64.
type activation uint8

const (
	sigmoid activation = iota
	tanh
	silu
	gelu
	geluTanh
)

func (o activation) String() string {
	return [...]string{"sigmoid", "tanh", "silu", "gelu", "gelutanh"}[o]
}

func (activation) Shape(in []tensor.Shape) tensor.Shape { return in[0] }
func (activation) Cost([]tensor.Shape) Cost             { return Cost{} }

// The derivatives of sigmoid and tanh are functions of their values.
func (o activation) Needs(int) bool    { return o > tanh }
func (o activation) NeedsOutput() bool { return o <= tanh }

func (o activation) Forward(out tensor.Tensor, in []tensor.Tensor) {
	parallel.For(len(out.Data), chunk/8, func(lo, hi int) {
		x, y := in[0].Data[lo:hi], out.Data[lo:hi]
		for i, v := range x {
			y[i] = float32(o.value(float64(v)))
		}
	})
}

func (o activation) Backward(gin []tensor.Tensor, gout, out tensor.Tensor, in []tensor.Tensor) {
	from := out.Data
	if o.Needs(0) {
		from = in[0].Data
	}
	gx := gin[0].Data
	parallel.For(len(gx), chunk/8, func(lo, hi int) {
		gx, gy, from := gx[lo:hi], gout.Data[lo:hi], from[lo:hi]
		for i, v := range from {
			gx[i] += gy[i] * float32(o.derivative(float64(v)))
		}
	})
}

func (o activation) value(x float64) float64 {
	switch o {
	case sigmoid:
		return logistic(x)
	case tanh:
		return math.Tanh(x)
	case silu:
		return x * logistic(x)
	case gelu:
		return x * normalCDF(x)
	}
	return x * logistic(geluScale*(x+geluCubic*x*x*x))
}

// derivative takes the value of sigmoid and tanh, and x for the others.
func (o activation) derivative(v float64) float64 {
	switch o {
	case sigmoid:
		return v * (1 - v)
	case tanh:
		return 1 - v*v
	case silu:
		s := logistic(v)
		return s + v*s*(1-s)
	case gelu:
		return normalCDF(v) + v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi)
	}
	s := logistic(geluScale * (v + geluCubic*v*v*v))
	return s + v*s*(1-s)*geluScale*(1+3*geluCubic*v*v)
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// normalCDF keeps its digits far below 0, where 1 + erf would cancel.
func normalCDF(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
