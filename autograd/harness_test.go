package autograd_test

import (
	"math"
	"slices"
	"testing"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/autograd/optest"
	"github.com/sshn-go/sshn/internal/golden"
	"github.com/sshn-go/sshn/tensor"
)

const u = 1. / (1 << 24) // the unit roundoff of float32

// recorded returns the operation that f records for inputs of the given shapes.
func recorded(f func(in []autograd.Value) autograd.Value, shapes []tensor.Shape) autograd.Op {
	tape := autograd.NewTape()
	var in []autograd.Value
	for _, s := range shapes {
		in = append(in, tape.Const(tensor.Zeros(s)))
	}
	f(in)
	var op autograd.Op
	for _, r := range tape.Records() {
		op = r.Op
	}
	return op
}

// differentiate keeps y, takes the gradient of <y, gy>, and returns y.
func differentiate(y autograd.Value, gy tensor.Tensor) tensor.Tensor {
	tape := y.Tape()
	y.Keep()
	tape.Backward(optest.Dot(y, tape.Const(gy)))
	return y.Tensor()
}

// agree compares a tensor with PyTorch's.
func agree(t *testing.T, name string, got tensor.Tensor, want golden.Array, atol, rtol float64) {
	t.Helper()
	if got.Shape != want.Shape {
		t.Errorf("%s has shape %v, expected %v", name, got.Shape, want.Shape)
		return
	}
	golden.Close(t, name, got.Data, want.Data, atol, rtol)
}

// walk is what k products of values like those of a and b, summed in float32,
// may be off. The partial sums walk to sqrt(i) rms(a) rms(b), and each of them
// is rounded by up to u of itself, in either direction: about 0.4 k u rms(a)
// rms(b) in all, of which five deviations are allowed.
func walk(k int, a, b tensor.Tensor) float64 {
	return 2 * u * float64(k) * rms(a) * rms(b)
}

// lean is what they may be off besides, relative to their sum y, where that is more
// than such a walk leads to: the partial sums lie along a line to it, i y / k, and
// their roundings add up to 0.4 u sqrt(k/3) y, of which again five deviations are
// allowed.
func lean(k int) float64 { return 2 * u * math.Sqrt(float64(k)/3) }

func rms(x tensor.Tensor) float64 {
	sum := 0.0
	for _, v := range x.Data {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(max(len(x.Data), 1)))
}

// noise is walk for optest.Case.Noise: relative to the sum, which is
// sqrt(k) rms(a) rms(b).
func noise(k int) float64 { return max(16, 4*math.Sqrt(float64(k))) }

// axes copies the numbers of a case, outermost first.
func axes(numbers []int) (a autograd.Axes) {
	copy(a[:], numbers)
	return a
}

// each calls f for every index into extents, the last fastest.
func each(extents []int, f func(at []int)) {
	at := make([]int, len(extents))
	if slices.Contains(extents, 0) {
		return
	}
	for {
		f(at)
		i := len(at) - 1
		for ; i >= 0; i-- {
			if at[i]++; at[i] < extents[i] {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return
		}
	}
}
