package phantom

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/volume"
)

// A Map is one person's labels in the template's space, to make subjects from
// that have their anatomy, deformed, and intensities of their own. It is
// immutable.
type Map struct{ id []uint8 } // FreeSurfer's, as far as the atlas has them

// NewMap returns the map of labels [k j i], FreeSurfer's ids, on a grid of any
// orientation and spacing, which it brings to the template's. There the brain
// stays where it is if the extents are the template's, else its middle comes to
// where a brain's is. Cortical parcels (1001 to 2035) count as cortex, the
// corpus callosum and lesions of white matter as white matter. It is an error
// if there is a label that stands for no structure, or none at all.
func NewMap(labels tensor.Tensor, g volume.Grid) (*Map, error) {
	frame := volume.Frame{Orientation: "LIA", Spacing: [3]float64{1, 1, 1}}
	move, err := frame.Move(g)
	if err != nil {
		return nil, err
	}
	x := move.Majority(labels, 0)
	shape := tensor.NewShape(int(template[0]), int(template[1]), int(template[2]))
	if x.Shape != shape {
		first := corner(x)
		x = volume.Crop(move.To, first, [3]int{shape.Dim(2), shape.Dim(1), shape.Dim(0)}).Nearest(x, 0)
	}
	m := &Map{make([]uint8, len(x.Data))}
	strangers := map[int]int{}
	any := false
	width := shape.Dim(2)
	for at, v := range x.Data {
		if v == 0 {
			continue
		}
		id, ok := structureOf(int(v), at%width)
		if !ok || v != float32(int(v)) {
			strangers[int(v)]++
		}
		m.id[at] = id
		any = any || id != 0
	}
	switch {
	case len(strangers) > 0:
		var texts []string
		for _, id := range slices.Sorted(maps.Keys(strangers)) {
			texts = append(texts, fmt.Sprintf("%d (%d voxels)", id, strangers[id]))
		}
		return nil, fmt.Errorf("labels that stand for no structure of FreeSurfer's aseg: %s", strings.Join(texts[:min(len(texts), 5)], ", "))
	case !any:
		return nil, fmt.Errorf("no structure among %d voxels", len(labels.Data))
	}
	return m, nil
}

// Slice returns a coronal slice of a new subject, as the function [Slice] does.
func (m *Map) Slice(rng *rand.Rand, c Config) Brain { return c.slice(rng, m) }

// Volume returns all of a new subject's brain, as the function [Volume] does.
func (m *Map) Volume(rng *rand.Rand, c Config) Brain { return c.volume(rng, m) }

// corner returns where a box of the template's extents begins, along i, j and k,
// so that the middle of what is labelled is where it is in the mean of twenty
// public label maps (BBillot/SynthSeg).
func corner(x tensor.Tensor) [3]int {
	lo, hi := [3]int{}, [3]int{}
	for axis := range lo {
		lo[axis] = x.Shape.Dim(2 - axis)
	}
	w, h := x.Shape.Dim(2), x.Shape.Dim(1)
	for at, v := range x.Data {
		if v == 0 {
			continue
		}
		for axis, p := range [3]int{at % w, at / w % h, at / w / h} {
			lo[axis], hi[axis] = min(lo[axis], p), max(hi[axis], p)
		}
	}
	for axis, usual := range [3]int{80, 95, 108} {
		lo[axis] = (lo[axis]+hi[axis])/2 - usual
	}
	return lo
}

// structureOf returns the atlas's id for one of FreeSurfer's at a place i along
// the axis to the left.
func structureOf(id, i int) (uint8, bool) {
	white := uint8(41)
	if float64(i) > middle {
		white = 2
	}
	switch {
	case id >= 251 && id <= 255 || id == 77 || id == 80: // parts of the corpus callosum, lesions
		return white, true
	case id == 78:
		return 2, true
	case id == 79:
		return 41, true
	case id >= 1000 && id <= 1035:
		return 3, true
	case id >= 2000 && id <= 2035:
		return 42, true
	case id == 85: // the optic chiasm
		return 0, true
	case id >= 0 && id <= 255 && (id == 0 || Seg4.class[id] != 0):
		return uint8(id), true
	}
	return 0, false
}

// paint implements [anatomy]. Between the labels' folds and in a rim around them
// lies what no label is for: fluid, and scraps of vessels and dura, brighter
// than any tissue, which the stripping of skulls leaves.
func (m *Map) paint(c Config, rng *rand.Rand, g grid) *scene {
	w := newWarp(rng, g, c.Variation)
	shade := c.shade(rng)
	rim := 2 * rng.Float64()   // mm
	reach := 3 + rng.Float64() // mm that folds are filled across, from either side
	scraps := newField(rng, 4, vec{60, 60, 60})
	bright := rng.Float64()

	n := g.len()
	out := &scene{g, make([]uint8, n), make([]float32, n), make([]float32, n)}
	labelled := make([]bool, n)
	w.each(g, func(at int, p vec) {
		out.id[at] = m.at(p)
		labelled[at] = out.id[at] != 0
	})
	near := squaredDistance(labelled, g.dims)
	square := func(mm float64) float32 { return float32(mm / g.step * mm / g.step) }
	beyond := labelled
	for at := range beyond {
		beyond[at] = near[at] > square(reach)
	}
	inside := squaredDistance(beyond, g.dims)
	limit := square(reach - rim)
	parallel.For(n, 1<<12, func(lo, hi int) {
		for at := lo; at < hi; at++ {
			height := float32(-1)
			if inside[at] <= limit {
				height = float32(max(math.Sqrt(float64(near[at]))*g.step-rim, 1e-3))
			}
			shade.sample(out, at, height)
			if out.id[at] == 0 && height < 0 {
				p := g.at(at/g.dims[2]/g.dims[1], at/g.dims[2]%g.dims[1], at%g.dims[2])
				scrap := min(max(scraps.at(p)-1.5, 0), 1)
				out.norm[at] += (1 - out.norm[at]) * float32(scrap*bright)
				out.orig[at] = out.norm[at]
			}
		}
	})
	return out
}

// at returns what lies nearest to p.
func (m *Map) at(p vec) uint8 {
	i, j, k := int(p.x+.5), int(p.y+.5), int(p.z+.5)
	ni, nj, nk := int(template[2]), int(template[1]), int(template[0])
	if p.x < -.5 || p.y < -.5 || p.z < -.5 || i >= ni || j >= nj || k >= nk {
		return 0
	}
	return m.id[(k*nj+j)*ni+i]
}
