package kernel

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/internal/parallel"
)

// ScaleShift computes y = x scale + shift by channel, x being [pixels, channels].
// scale may be nil, for ones, and so may shift, for zeros that keep the sign of a
// zero, but not both.
func ScaleShift(y, x, scale, shift []float32) {
	eachChannel(y, x, scale, shift, func(y, x, mean, scale, shift []float32) { normalise(y, x, mean, scale, shift, 1) })
}

// AddScaled adds x scale to y, by channel.
func AddScaled(y, x, scale []float32) {
	eachChannel(y, x, scale, nil, func(y, x, mean, scale, shift []float32) {
		const some = 1 << 10 // floats: in the first cache
		rows := max(1, some/len(scale)) * len(scale)
		product := parallel.Scratch(rows)
		defer parallel.Release(product)
		for lo := 0; lo < len(x); lo += rows {
			part := product[:min(rows, len(x)-lo)]
			normalise(part, x[lo:][:len(part)], mean, scale, shift, 1)
			Add(y[lo:][:len(part)], part)
		}
	})
}

// AddProducts adds to each element of s the sum over pixels of its channel of x y,
// in float64.
func AddProducts(s, x, y []float32) {
	if len(s) == 0 || len(x)%len(s) != 0 || len(x) != len(y) {
		panic(fmt.Sprintf("kernel: sums of %d channels of %d by %d elements", len(s), len(x), len(y)))
	}
	zeros := parallel.Scratch(len(s))
	defer parallel.Release(zeros)
	clear(zeros)
	sumPixels(s, len(x)/len(s), 2, func(sums []float64, lo, hi int) { correlate(sums, x[lo:hi], nil, y[lo:hi], zeros, 1) })
}

// eachChannel calls f for stretches of pixels, with a mean of zeros.
func eachChannel(y, x, scale, shift []float32, f func(y, x, mean, scale, shift []float32)) {
	channels := max(len(scale), len(shift))
	if channels == 0 || len(x)%channels != 0 || len(y) != len(x) || scale != nil && len(scale) != channels || shift != nil && len(shift) != channels {
		panic(fmt.Sprintf("kernel: %d elements of %d by %d and %d channels", len(y), len(x), len(scale), len(shift)))
	}
	lines := parallel.Scratch(2 * channels)
	defer parallel.Release(lines)
	mean, line := lines[:channels], lines[channels:]
	clear(mean)
	if scale == nil {
		scale = filled(line, 1)
	}
	if shift == nil {
		shift = filled(line, float32(math.Copysign(0, -1)))
	}
	parallel.For(len(x)/channels, max(1, piece/channels), func(lo, hi int) {
		lo, hi = lo*channels, hi*channels
		f(y[lo:hi], x[lo:hi], mean, scale, shift)
	})
}

func filled(x []float32, v float32) []float32 {
	for i := range x {
		x[i] = v
	}
	return x
}
