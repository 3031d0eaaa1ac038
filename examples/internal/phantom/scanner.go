package phantom

import (
	"math"
	"math/rand/v2"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// A scanner turns what lies somewhere into an image of it.
type scanner struct {
	blur  float64 // deviation of the Gaussian, mm
	thick [3]slab // along k, j and i
	grain float64 // deviation of the tissues' texture, a share
	bias  float64 // greatest deviation of the bias field's logarithm
	left  float64 // share of it that norm has after its correction
	noise float64 // deviation
}

// A slab is how thick slices are, in mm, and where the first lies, as a share of
// that. Those no thicker than a voxel are voxels.
type slab struct{ mm, first float64 }

func (procedural) scanner(c Config, rng *rand.Rand) scanner {
	return scanner{blur: .4 + .3*rng.Float64(), grain: .05, bias: .25 * c.Variation, left: 1. / 4, noise: c.Noise}
}

// scan adds texture, bias field, blur and noise to a scene, in its own memory.
func (k scanner) scan(rng *rand.Rand, s *scene) Brain {
	noise := rng.Uint64()
	texture := newField(rng, 5, vec{40, 40, 40})
	bias := newField(rng, 60, vec{template[2], template[1], template[0]})
	bend := k.bias * rng.Float64()

	for _, x := range [][]float32{s.norm, s.orig} {
		spread(x, s.dims, gauss(k.blur/max(s.step, .5)))
		for axis, slab := range k.thick {
			if n := slab.mm / s.step; n > 1 && s.dims[axis] > 1 {
				thicken(x, s.dims, axis, n, slab.first)
			}
		}
	}
	width := s.dims[2]
	parallel.For(len(s.id)/width, 8, func(lo, hi int) {
		for row := lo; row < hi; row++ {
			rng := rand.New(rand.NewPCG(noise, uint64(row)))
			for i := range width {
				at := row*width + i
				n := k.noise * rng.NormFloat64()
				norm, orig := float64(s.norm[at]), float64(s.orig[at])
				if orig > 0 {
					p := s.at(row/s.dims[1], row%s.dims[1], i)
					grain := 1 + k.grain*texture.at(p)
					field := bend * bias.at(p)
					orig *= grain * math.Exp(field)
					norm *= grain * math.Exp(field*k.left)
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
