package sshn

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/tensor"
)

// Scale says what happens to the intensities of an image before the network
// sees them, in training and in use alike.
type Scale string

const (
	ScaleRange Scale = "range" // the image's least and greatest become 0 and 1; the zero Scale is this too
	ScaleNone  Scale = "none"  // nothing
)

// apply writes the scaled src to dst, which may be src. It returns an error
// that counts the elements that are not finite, if there are any.
func (s Scale) apply(dst, src tensor.Tensor) error {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	odd := 0
	for _, x := range src.Data {
		if x-x != 0 { // NaN or infinite
			odd++
			continue
		}
		lo, hi = min(lo, x), max(hi, x)
	}
	if odd > 0 {
		return fmt.Errorf("%d of %d intensities are not finite", odd, len(src.Data))
	}
	offset, gain := lo, 1/(hi-lo)
	switch {
	case s == ScaleNone:
		offset, gain = 0, 1
	case !(hi > lo):
		gain = 0 // a constant image is 0
	}
	for i, x := range src.Data {
		dst.Data[i] = (x - offset) * gain
	}
	return nil
}
