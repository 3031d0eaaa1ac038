package sshn

import (
	"math"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/volume"
)

// Scale says what happens to the intensities of an image before the network
// sees them, in training and in use alike.
type Scale string

const (
	ScaleRange Scale = "range" // the image's least and greatest become 0 and 1; the zero Scale is this too
	ScaleClip  Scale = "clip"  // its percentiles 0.5 and 99.5 become 0 and 1, and what lies beyond is clipped
	ScaleZ     Scale = "z"     // the mean of its elements other than 0 becomes 0, and their deviation 1
	ScaleNone  Scale = "none"  // nothing
)

// Scales lists the scales.
var Scales = []Scale{ScaleRange, ScaleClip, ScaleZ, ScaleNone}

// apply writes the scaled src to dst, which may be src. It returns the error of
// of.
func (s Scale) apply(dst, src tensor.Tensor) error {
	n, err := s.of(src)
	if err == nil {
		n.Apply(dst, src)
	}
	return err
}

// of returns what s does to src. An image whose elements are alike becomes 0,
// unless with ScaleNone. It returns an error that counts the elements that are
// not finite, if there are any.
func (s Scale) of(src tensor.Tensor) (volume.Intensity, error) {
	all := tensor.Tensor{} // a mask
	n, err := volume.MinMax(src, all)
	switch {
	case err != nil:
	case s == ScaleNone:
		n = volume.Intensity{Lo: math.Inf(-1), Hi: math.Inf(1), Width: 1}
	case s == ScaleClip:
		n, err = volume.Percentiles(src, all, 0.5, 99.5)
	case s == ScaleZ && n.Lo < n.Hi:
		n, err = volume.ZScore(src, src)
	}
	return n, err
}
