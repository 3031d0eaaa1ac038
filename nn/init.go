package nn

import (
	"math"
	"math/rand/v2"

	"github.com/sshn-go/sshn/tensor"
)

// An Init fills a new parameter. Weights are [taps..., Cin, Cout], so the fans
// of a weight follow from its shape: taps times Cin in, taps times Cout out.
type Init func(rng *rand.Rand, x tensor.Tensor)

// Zeros is the initialiser of biases.
func Zeros(_ *rand.Rand, x tensor.Tensor) { clear(x.Data) }

// Ones is the initialiser of gains.
func Ones(_ *rand.Rand, x tensor.Tensor) {
	for i := range x.Data {
		x.Data[i] = 1
	}
}

// Fan says which fan sets the deviation of a Kaiming initialisation.
type Fan uint8

const (
	FanIn  Fan = iota // keeps the variance of activations
	FanOut            // keeps the variance of gradients
)

// KaimingNormal draws from N(0, 2 / ((1+slope²) fan)), for layers followed by
// a LeakyReLU of that slope; 0 is ReLU. Source: He et al., ICCV 2015, section 2.2.
func KaimingNormal(slope float64, fan Fan) Init {
	return func(rng *rand.Rand, x tensor.Tensor) { normal(rng, x, kaiming(slope, fan, x.Shape)) }
}

// KaimingUniform is the uniform distribution of the same deviation.
func KaimingUniform(slope float64, fan Fan) Init {
	return func(rng *rand.Rand, x tensor.Tensor) { symmetric(rng, x, kaiming(slope, fan, x.Shape)) }
}

// XavierNormal draws from N(0, 2 / (fan-in + fan-out)), for layers without a
// rectifier. Source: Glorot and Bengio, AISTATS 2010, section 4.2.1.
func XavierNormal(rng *rand.Rand, x tensor.Tensor) { normal(rng, x, xavier(x.Shape)) }

// XavierUniform is the uniform distribution of the same deviation.
func XavierUniform(rng *rand.Rand, x tensor.Tensor) { symmetric(rng, x, xavier(x.Shape)) }

func kaiming(slope float64, fan Fan, s tensor.Shape) float64 {
	in, out := fans(s)
	n := in
	if fan == FanOut {
		n = out
	}
	return math.Sqrt(2 / ((1 + slope*slope) * n))
}

func xavier(s tensor.Shape) float64 {
	in, out := fans(s)
	return math.Sqrt(2 / (in + out))
}

func fans(s tensor.Shape) (in, out float64) {
	if s.Rank() < 2 {
		panic(&tensor.ShapeError{Op: "initialise", Shapes: []tensor.Shape{s}, Problem: "fans take a weight [taps..., Cin, Cout]"})
	}
	n := float64(s.Len())
	return n / float64(s.Dim(-1)), n / float64(s.Dim(-2))
}

func normal(rng *rand.Rand, x tensor.Tensor, deviation float64) {
	for i := range x.Data {
		x.Data[i] = float32(rng.NormFloat64() * deviation)
	}
}

// symmetric draws from a uniform distribution around 0, whose bound is √3
// deviations.
func symmetric(rng *rand.Rand, x tensor.Tensor, deviation float64) {
	bound := math.Sqrt(3) * deviation
	for i := range x.Data {
		x.Data[i] = float32((2*rng.Float64() - 1) * bound)
	}
}
