package phantom

import (
	"math"
	"math/rand/v2"
)

// brightness is how bright the structures are in a T1-weighted scan, where the
// scale is 0 to 1: the means of one public volume (VoxelMorph's test scan).
var brightness = map[uint8]float64{
	2: .396, 3: .251, 4: .092, 5: .12, 7: .333, 8: .232, 10: .336, 11: .293, 12: .329, 13: .395,
	14: .13, 15: .13, 16: .32, 17: .26, 18: .255, 26: .289, 28: .364, 31: .199,
}

const (
	fluidBrightness = .12 // between the folds
	skullBrightness = .04
	scalpBrightness = .5
)

// A shade turns labels to brightness for one subject.
type shade struct {
	mean    [256]float32
	between float32
}

func newShade(rng *rand.Rand, variation float64) *shade {
	s := &shade{}
	// Scanners differ in gain and in contrast, tissues a little by themselves.
	gain := math.Exp(.05 * variation * rng.NormFloat64())
	contrast := math.Exp(.08 * variation * rng.NormFloat64())
	tone := func(x float64) float32 {
		own := math.Exp(.03 * variation * rng.NormFloat64())
		return float32(.396 * gain * math.Pow(x/.396, contrast) * own)
	}
	for _, a := range atlas {
		s.mean[a.left] = tone(brightness[a.left])
		s.mean[a.right] = s.mean[a.left]
	}
	s.between = tone(fluidBrightness)
	s.mean[csf] = s.between
	return s
}

// sample sets the brightness of one sample from its label, and where it has
// none from its height in mm over the outline of the cerebrum.
func (s *shade) sample(out *scene, at int, height float32) {
	id := out.id[at]
	switch {
	case id != 0:
		out.norm[at] = s.mean[id]
	case height <= 0:
		out.norm[at] = s.between
	case height < 2.5:
		out.orig[at] = s.between
	case height < 8:
		out.orig[at] = skullBrightness
	case height < 14:
		out.orig[at] = scalpBrightness
	}
	if out.norm[at] > 0 {
		out.orig[at] = out.norm[at]
	}
}
