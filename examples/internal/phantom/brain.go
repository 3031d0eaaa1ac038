package phantom

import (
	"math"
	"math/rand/v2"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// template is the extent of the space of neurite-OASIS in mm: k, j, i.
var template = [3]float64{224, 192, 160}

// SlicePlane is the coronal plane of the slices: k.
const SlicePlane = 109

// Config says how the brains are made. Its zero value is the usual.
type Config struct {
	Spacing   float64 // mm between voxels; 0 means 1
	Variation float64 // how much subjects differ in shape and brightness; 0 means 1
	Noise     float64 // standard deviation of the scanner's noise, where white matter is about .4; 0 means .02

	Contrast Contrast // of a [Map]'s subjects; procedural brains are T1-weighted
}

// A Brain is one subject.
type Brain struct {
	Norm tensor.Tensor // skull-stripped, 0 to 1 in steps of 1/255: [192 160 1] or [224 192 160 1] at a spacing of 1
	Orig tensor.Tensor // of the same shape, with skull and bias field: whole numbers from 0 to 255
	Seg  []uint8       // FreeSurfer's ids of the voxels, in the order of Norm.Data; see [Protocol.Recode]
}

// Slice returns the coronal slice of a new subject: images [192 160 1].
//
// All that is random comes from rng; the same state of it gives the same bits
// on any number of processors. It panics if a number of c is negative.
func Slice(rng *rand.Rand, c Config) Brain { return c.slice(rng, procedural{}) }

// Volume returns all of a new subject's brain: images [224 192 160 1], about
// three seconds of one processor's work. What [Slice] says holds here, too.
func Volume(rng *rand.Rand, c Config) Brain { return c.volume(rng, procedural{}) }

// An anatomy paints subjects, and knows what scanner they lie in.
type anatomy interface {
	paint(c Config, rng *rand.Rand, g grid) *scene
	scanner(c Config, rng *rand.Rand) scanner
}

func (c Config) slice(rng *rand.Rand, a anatomy) Brain {
	c = c.check()
	// Two samples per voxel and axis, whose mean is the voxel's partial volume.
	const fine = 2
	g := grid{step: c.Spacing / fine, first: vec{0, 0, SlicePlane}}
	g.dims = [3]int{1, fine * voxels(template[1], c.Spacing), fine * voxels(template[2], c.Spacing)}
	g.first.x = -.5 + g.step/2
	g.first.y = -.5 + g.step/2
	s := a.paint(c, rng, g)
	return a.scanner(c, rng).scan(rng, s.shrink())
}

func (c Config) volume(rng *rand.Rand, a anatomy) Brain {
	c = c.check()
	g := grid{step: c.Spacing}
	for a, mm := range template {
		g.dims[a] = voxels(mm, c.Spacing)
	}
	edge := -.5 + g.step/2
	g.first = vec{edge, edge, edge}
	s := a.paint(c, rng, g)
	return a.scanner(c, rng).scan(rng, s)
}

func (c Config) check() Config {
	if c.Spacing < 0 || c.Variation < 0 || c.Noise < 0 {
		panic("phantom: a number of the Config is negative")
	}
	defaults := func(x *float64, usual float64) {
		if *x == 0 {
			*x = usual
		}
	}
	defaults(&c.Spacing, 1)
	defaults(&c.Variation, 1)
	defaults(&c.Noise, .02)
	return c
}

func voxels(mm, spacing float64) int { return max(int(math.Ceil(mm/spacing-1e-9)), 1) }

// A scene is what lies at each sample, and how bright it is.
type scene struct {
	grid
	id   []uint8   // FreeSurfer's
	norm []float32 // without the skull
	orig []float32
}

// procedural is the anatomy that is made from no file.
type procedural struct{}

// paint draws a new subject on a grid.
func (procedural) paint(c Config, rng *rand.Rand, g grid) *scene {
	s := newSubject(rng, c.Variation)
	w := newWarp(rng, g, c.Variation)
	shade := newShade(rng, c.Variation)
	n := g.len()
	out := &scene{g, make([]uint8, n), make([]float32, n), make([]float32, n)}
	surrounded := make([]bool, n) // by white matter, or white matter
	where := make([]place, n)
	height := make([]float32, n) // mm outside the outline

	w.each(g, func(at int, p vec) {
		p.x -= middle
		side := 1
		if p.x < 0 {
			p.x, side = -p.x, 0
			where[at] |= right
		}
		outline := s.outline(p)
		height[at] = float32(-outline)
		if min(outline, p.x-gap) > 0 && !s.hollow.contains(p) {
			where[at] |= cerebrum
		}
		surrounded[at] = s.isWhite(p, side, outline)
		id := s.halves[side].deepAt(p)
		cerebellum := id == 7 || id == 8
		if cerebellum && where[at]&cerebrum != 0 {
			id = 0
		}
		if id == 0 && surrounded[at] {
			id = 2
		}
		out.id[at] = id
	})

	limit := float32(sulcalDepth / g.step * sulcalDepth / g.step)
	distance := squaredDistance(surrounded, g.dims)
	parallel.For(n, 1<<12, func(lo, hi int) {
		for at := lo; at < hi; at++ {
			if out.id[at] == 0 && where[at]&cerebrum != 0 && distance[at] <= limit {
				out.id[at] = 3
			}
			if where[at]&right != 0 {
				out.id[at] = mirror[out.id[at]]
			}
			shade.sample(out, at, height[at])
		}
	})
	return out
}

type place uint8

const (
	cerebrum place = 1 << iota // where cortex may be
	right
)

// shrink returns the scene of a slice with every 2 x 2 samples made one: the
// mean brightness, and the label of most.
func (s *scene) shrink() *scene {
	h, w := s.dims[1]/2, s.dims[2]/2
	n := h * w
	out := &scene{grid{[3]int{1, h, w}, s.step * 2, s.first}, make([]uint8, n), make([]float32, n), make([]float32, n)}
	for at := range n {
		a := at/w*4*w + at%w*2
		c := a + 2*w
		out.norm[at] = (s.norm[a] + s.norm[a+1] + s.norm[c] + s.norm[c+1]) / 4
		out.orig[at] = (s.orig[a] + s.orig[a+1] + s.orig[c] + s.orig[c+1]) / 4
		out.id[at] = majority(s.id[a], s.id[a+1], s.id[c], s.id[c+1])
	}
	return out
}

func majority(a, b, c, d uint8) uint8 {
	switch {
	case b == c || b == d:
		return b
	case c == d:
		return c
	}
	return a
}
