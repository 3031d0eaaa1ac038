package phantom

import "math/rand/v2"

// A Contrast says how bright the structures of a [Map]'s subjects are.
type Contrast string

const (
	Mixed       Contrast = "mixed" // of each subject either of the others, with equal odds; the zero Contrast is this too
	T1          Contrast = "t1"    // as in T1-weighted scans, whose gain and contrast vary twice as much as those of procedural brains
	AnyContrast Contrast = "any"   // of each structure at random, left and right alike, and fluid alike everywhere
)

// Contrasts lists the contrasts.
var Contrasts = []Contrast{Mixed, T1, AnyContrast}

// shade draws the brightness of a subject's structures.
func (c Config) shade(rng *rand.Rand) *shade {
	either := rng.IntN(2)
	if c.Contrast == T1 || c.Contrast != AnyContrast && either == 0 {
		return newShade(rng, 2*c.Variation)
	}
	s := &shade{}
	tone := func() float32 { return float32(.05 + .75*rng.Float64()) }
	s.between = tone()
	for _, a := range atlas {
		s.mean[a.left] = tone()
		if a.tissue == fluid && a.left != 31 && a.left != 30 { // but plexus and vessels
			s.mean[a.left] = s.between * float32(.95+.1*rng.Float64())
		}
		s.mean[a.right] = s.mean[a.left]
	}
	s.mean[csf] = s.between
	return s
}

// scanner implements [anatomy]. Half of the subjects are seen in voxels, the
// others in slices of up to 4 mm along some axis. Nothing corrects the bias.
func (m *Map) scanner(c Config, rng *rand.Rand) scanner {
	k := scanner{
		blur: .4 + .4*rng.Float64(), grain: .02 + .06*rng.Float64(),
		bias: .2 * c.Variation, left: 1, noise: c.Noise * (.25 + 1.25*rng.Float64()),
	}
	axis, mm, first := rng.IntN(3), 1+3*rng.Float64(), rng.Float64()
	if rng.IntN(2) == 0 {
		k.thick[axis] = slab{mm, first}
	}
	return k
}
