package kernel

import (
	"fmt"
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// Rectify multiplies gy by slope where y, the output of LeakyReLU, is not
// positive, which makes it the gradient by what the activation was given, and
// adds its sums over everything but the channels to gb: the gradient by a bias.
// With no y there is no activation, with no gb no sums.
func Rectify(gy, y []float32, slope float32, gb []float32) {
	channels := max(1, len(gb))
	if len(gy)%channels != 0 || y != nil && len(y) != len(gy) {
		panic(fmt.Sprintf("kernel: gradients of %d elements for an output of %d and a bias of %d", len(gy), len(y), len(gb)))
	}
	pixels := len(gy) / channels
	grain := max(1024, (pixels+63)/64)
	chunks := (pixels + grain - 1) / grain
	partial := parallel.Scratch(chunks * len(gb))
	defer parallel.Release(partial)
	parallel.For(pixels, grain, func(lo, hi int) {
		g := gy[lo*channels : hi*channels]
		if y != nil {
			rectifyPlain(g, y[lo*channels:], slope)
		}
		if gb == nil {
			return
		}
		if sums := partial[lo/grain*channels:][:channels]; fast.available() {
			sumRowsFast(sums, g)
		} else {
			sumRows(sums, g)
		}
	})
	for j := range gb {
		sum := 0.0
		for i := range chunks {
			sum += float64(partial[i*channels+j])
		}
		gb[j] += float32(sum)
	}
}

// activate sets y to max(y, slope y).
func activate(y []float32, slope float32) {
	if slope == 1 {
		return
	}
	parallel.For(len(y), 1<<15, func(lo, hi int) {
		for i, v := range y[lo:hi] {
			y[lo+i] = leaky(v, slope)
		}
	})
}

// leaky is max(v, slope v) with 0 for 0 times infinity.
func leaky(v, slope float32) float32 {
	switch {
	case v > 0 || v != v:
		return v
	case slope == 0:
		return 0
	}
	return slope * v
}

func rectifyPlain(gy, y []float32, slope float32) {
	y = y[:len(gy)]
	for i, v := range y {
		if v <= 0 {
			if slope == 0 {
				gy[i] = 0
			} else {
				gy[i] *= slope
			}
		}
	}
}

// sumRows sets y to the sum of the rows of x, taken in float64.
func sumRows(y, x []float32) {
	const block = 64
	channels := len(y)
	for j := 0; j < channels; j += block {
		n := min(block, channels-j)
		var sum [block]float64
		for at := j; at < len(x); at += channels {
			for i, v := range x[at : at+n] {
				sum[i&(block-1)] += float64(v)
			}
		}
		for i := range n {
			y[j+i] = float32(sum[i])
		}
	}
}

// sumRowsFast is sumRows by tiles of one row, with ones for A: float32 sums of
// a few rows, which are then added up in float64.
func sumRowsFast(y, x []float32) {
	const few = 256 // rows summed in float32
	channels := len(y)
	r := newRunner()
	defer r.free()
	r.list = append(r.list[:0], segment{})
	r.a, r.am, r.ak = unsafe.Pointer(&one), elem, 0
	r.bk, r.cm = channels*elem, 0
	r.flags, r.bias = 0, unsafe.Pointer(&zeros)
	r.c = unsafe.Pointer(&r.sums)
	for j := 0; j < channels; j += 2 * fast.lanes {
		n := min(2*fast.lanes, channels-j)
		vectors := r.columns(n, fast.lanes)
		var sum [32]float64
		for at := 0; at < len(x); at += few * channels {
			r.b, r.k = unsafe.Pointer(&x[at+j]), min(few, (len(x)-at)/channels)
			r.call(fast.column[vectors-1][1])
			for i := range n {
				sum[i] += float64(r.sums[i])
			}
		}
		for i := range n {
			y[j+i] = float32(sum[i])
		}
	}
}

var one float32 = 1
