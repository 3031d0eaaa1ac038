package nn

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/tensor"
)

// An Encoding turns a condition vector c (phi, or phi per level or axis) into
// what a hypernetwork or a FiLM layer reads: two numbers for each of x = c/Max.
// The zero Encoding is (x, 1-x) with Max 1.
//
// Both numbers together never vanish, so no condition silences the first
// layer. Source: the paper encodes x = phi/0.5 as (x, 1-x).
type Encoding struct {
	Kind EncodingKind `json:"kind"`
	Max  float64      `json:"max"` // the upper end of the trained range, 1e-6 to 1e6; 0 means 1
}

// EncodingKind names the pair of numbers that stands for x.
type EncodingKind string

const (
	Complement EncodingKind = ""       // (x, 1-x)
	Circle     EncodingKind = "circle" // (cos πx/2, sin πx/2)
)

// Len returns the length of the encoding of a condition of n numbers.
func (e Encoding) Len(n int) int { return 2 * n }

// Check returns an error if e is no encoding, as when it was read from a file.
func (e Encoding) Check() error {
	if e.Kind != Complement && e.Kind != Circle {
		return fmt.Errorf("nn: encoding %q is unknown", e.Kind)
	}
	if e.Max != 0 && !(e.Max >= 1e-6 && e.Max <= 1e6) {
		return fmt.Errorf("nn: an encoding up to %v; 1e-6 to 1e6 are possible", e.Max)
	}
	return nil
}

// Encode returns the encodings [conditions, 2n] of conditions of n numbers each.
// It panics with the error of Check, and if they are of different lengths or not
// finite.
func (e Encoding) Encode(conditions ...[]float64) tensor.Tensor {
	if err := e.Check(); err != nil {
		panic(&tensor.UseError{Problem: err.Error()})
	}
	n := 0
	if len(conditions) > 0 {
		n = len(conditions[0])
	}
	scale := e.Max
	if scale == 0 {
		scale = 1
	}
	y := tensor.New(len(conditions), e.Len(n))
	for row, condition := range conditions {
		if len(condition) != n {
			panic(&tensor.UseError{Problem: fmt.Sprintf("nn: a condition of %d numbers beside one of %d", len(condition), n)})
		}
		for i, c := range condition {
			to, x := y.Data[row*e.Len(n)+2*i:], c/scale
			if !(math.Abs(x) <= math.MaxFloat32) {
				panic(&tensor.UseError{Problem: fmt.Sprintf("nn: a condition of %v in an encoding up to %v", condition, scale)})
			}
			if e.Kind == Circle {
				sin, cos := math.Sincos(x * math.Pi / 2)
				to[0], to[1] = float32(cos), float32(sin)
			} else {
				to[0], to[1] = float32(x), float32(1-x)
			}
		}
	}
	return y
}
