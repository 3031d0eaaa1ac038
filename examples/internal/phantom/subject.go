package phantom

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A subject is one person's anatomy, in coordinates where the outline of the
// atlas holds; a warp leads there from the image. Points are given as for a
// region: the first coordinate counts from the middle, outwards.
type subject struct {
	lobes   []solid
	hollow  solid
	keepOut []solid // where the outline's hollows are too near for white matter
	core    []solid
	halves  [2]half // right, left
}

type half struct {
	parts  []part
	lo, hi vec    // the least box around them
	folds  *field // zero on the floors of the sulci
	depth  *field // of the sulci
}

type part struct {
	id uint8 // FreeSurfer's, on the left
	solid
}

func newSubject(rng *rand.Rand, variation float64) *subject {
	s := &subject{hollow: hollow.solid()}
	for _, e := range lobes {
		s.lobes = append(s.lobes, e.solid())
	}
	for _, e := range append(slices.Clip(fissure), hollow) {
		s.keepOut = append(s.keepOut, e.grown(cortexDepth).solid())
	}
	for _, e := range core {
		s.core = append(s.core, e.solid())
	}
	common := jitters(rng, variation)
	for side := range s.halves {
		h := &s.halves[side]
		own := jitters(rng, variation/4) // most of what is particular to a person is so on both sides
		for _, r := range deep {
			e := common[r.id].apply(r.ellipsoid, r.spread)
			if r.centre.x != 0 {
				e = own[r.id].apply(e, r.spread)
			}
			h.add(part{r.id, e.solid()})
		}
		box := hemisphere.semi.by(2)
		h.folds = newField(rng, 9, box)
		h.depth = newField(rng, 16, box)
	}
	return s
}

func (h *half) add(p part) {
	lo, hi := p.centre.minus(p.reach), p.centre.plus(p.reach)
	if len(h.parts) == 0 {
		h.lo, h.hi = lo, hi
	}
	h.lo = vec{min(h.lo.x, lo.x), min(h.lo.y, lo.y), min(h.lo.z, lo.z)}
	h.hi = vec{max(h.hi.x, hi.x), max(h.hi.y, hi.y), max(h.hi.z, hi.z)}
	h.parts = append(h.parts, p)
}

// A jitter moves, turns and scales a structure.
type jitter struct {
	shift vec // mm
	size  float64
	roll  float64 // degrees
}

// jitters draws one for each deep structure, so that its parts stay together.
func jitters(rng *rand.Rand, scale float64) map[uint8]jitter {
	n := func(sd float64) float64 { return rng.NormFloat64() * sd * scale }
	all := map[uint8]jitter{}
	for _, r := range deep {
		if _, ok := all[r.id]; !ok {
			all[r.id] = jitter{vec{n(.8), n(1.3), n(1.5)}, n(1), n(5)}
		}
	}
	return all
}

func (j jitter) apply(e ellipsoid, spread float64) ellipsoid {
	if e.centre.x == 0 { // what lies in the middle stays there
		j.shift.x, j.roll = 0, 0
	}
	e.centre = e.centre.plus(j.shift)
	e.turn.x += j.roll
	e.semi = e.semi.by(math.Exp(j.size * spread))
	return e
}

// outline returns how deep p lies in the cerebrum as if it had no folds, no
// fissures and no gap in the middle.
func (s *subject) outline(p vec) float64 {
	d := s.lobes[0].depth(p)
	for i := 1; i < len(s.lobes); i++ {
		d = union(d, s.lobes[i].depth(p), 8)
	}
	return d
}

// isWhite tells whether p lies in the white matter or in what that surrounds.
func (s *subject) isWhite(p vec, side int, outline float64) bool {
	if outline <= 0 {
		return false
	}
	for i := range s.core {
		if s.core[i].contains(p) {
			return true
		}
	}
	free := outline - cortexDepth
	medial := p.x - gap - cortexDepth
	if free <= 0 || medial <= 0 {
		return false
	}
	for i := range s.keepOut {
		if s.keepOut[i].contains(p) {
			return false
		}
	}
	if min(free, 2*medial) > deepestFold {
		return true
	}
	fold := s.halves[side].fold(p)
	return free > fold && medial > fold/2
}

const deepestFold = 22 // mm

// fold returns how many mm the cortex reaches down at p. The sulci run along
// the lines where noise over the surface crosses zero, and lead straight down,
// since the noise is read where the ray from the centre through p leaves the
// hemisphere.
func (h *half) fold(p vec) float64 {
	semi := hemisphere.semi
	q := p.minus(hemisphere.centre)
	q = vec{q.x / semi.x, q.y / semi.y, q.z / semi.z}
	r := q.norm() + 1e-9
	q = q.by(.8/r + .2)
	out := vec{semi.x * (1 + q.x), semi.y * (1 + q.y), semi.z * (1 + q.z) * lengthwise}
	n, g := h.folds.slope(out)
	across := n * n / (g.dot(g) + 1e-4) * r * r / (sulcusWidth * sulcusWidth)
	if across > 2 {
		return 0
	}
	depth := min(max(16+5*h.depth.at(out), 2), deepestFold) * min(max(4*r-1.7, 0), 1)
	return depth * math.Exp(-across*across)
}

// deepAt returns the id of the deep structure at p, as on the left, 0 if there
// is none.
func (h *half) deepAt(p vec) uint8 {
	if p.x > h.hi.x || p.y < h.lo.y || p.y > h.hi.y || p.z < h.lo.z || p.z > h.hi.z {
		return 0
	}
	plexus := uint8(0)
	for i := len(h.parts) - 1; i >= 0; i-- {
		if !h.parts[i].contains(p) {
			continue
		}
		switch id := h.parts[i].id; id {
		case 31:
			plexus = id
		case 4, 5:
			return max(id, plexus)
		default:
			return id
		}
	}
	return 0
}
