package phantom

import (
	"math"
	"math/rand/v2"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
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

// image scans the scene: texture, bias field, a little blur, noise.
func (c Config) image(rng *rand.Rand, s *scene) Brain {
	blur := gauss((.4 + .3*rng.Float64()) / max(c.Spacing, .5))
	noise := rng.Uint64()
	texture := newField(rng, 5, vec{40, 40, 40})
	bias := newField(rng, 60, vec{template[2], template[1], template[0]})
	bend := .25 * c.Variation * rng.Float64()

	spread(s.norm, s.dims, blur)
	spread(s.orig, s.dims, blur)
	width := s.dims[2]
	parallel.For(len(s.id)/width, 8, func(lo, hi int) {
		for row := lo; row < hi; row++ {
			rng := rand.New(rand.NewPCG(noise, uint64(row)))
			for i := range width {
				at := row*width + i
				n := c.Noise * rng.NormFloat64()
				norm, orig := float64(s.norm[at]), float64(s.orig[at])
				if orig > 0 {
					p := s.at(row/s.dims[1], row%s.dims[1], i)
					grain := 1 + .05*texture.at(p)
					field := bend * bias.at(p)
					orig *= grain * math.Exp(field)
					norm *= grain * math.Exp(field/4) // the correction leaves some of it
				}
				s.orig[at] = float32(math.Round(min(math.Abs(orig+n), 1) * 255)) // a magnitude
				if norm > 0 {
					s.norm[at] = float32(math.Round(min(max(norm+n, 0), 1)*255) / 255)
				}
			}
		}
	})
	dims := append(s.dims[:], 1)
	if s.dims[0] == 1 {
		dims = dims[1:]
	}
	return Brain{tensor.From(s.norm, dims...), tensor.From(s.orig, dims...), s.id}
}
