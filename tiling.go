package sshn

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/pareto"
)

// A Tiling is how [Predictor.Segment] goes through a volume: at once, or by
// tiles that overlap by half or more.
type Tiling struct {
	Volume [3]int // D H W, in the model's frame
	Tile   [3]int // that of Volume if the volume is taken at once
	MACs   int64  // of all tiles
	Bytes  int64  // of memory that Segment holds at most beside the scan and the model
}

// Tiling returns how Segment goes through a volume of extents [D, H, W] at phi
// if it may hold limit bytes: at once where that fits; else by tiles of 64 voxels
// or more along each axis, or all of it unless it is the longest, those that take
// the fewest multiply-adds; else by the largest cubes that fit. A limit of 0 is
// none. It is a [*MemoryError] if the smallest tiles do not fit, and an error if the
// model is not for volumes.
func (m *Model) Tiling(extents []int, phi pareto.Phi, limit int64) (Tiling, error) {
	f, err := m.Factors(phi)
	if err != nil {
		return Tiling{}, err
	}
	var t Tiling
	if tried := autograd.Try(func() { t, err = m.tiling(extents, f, limit) }); tried != nil { // maps of more elements than can be counted
		err = fmt.Errorf("sshn: tiles of a volume of extents %v: %w", extents, tried)
	}
	return t, err
}

// Edges of tiles are multiples of grain, so that tiles change little as limits
// do, and below the smallest there is more border than tile. From ample on, there
// is context enough for tiles to be as they are cheap.
const (
	grain    = 8
	smallest = 2 * grain
	ample    = 8 * grain
)

func (m *Model) tiling(extents []int, f nn.Factors, limit int64) (Tiling, error) {
	if m.cfg.Network.Dims != 3 || len(extents) != 3 {
		return Tiling{}, fmt.Errorf("sshn: tiles of a volume of extents %v, for a model of %d dimensions", extents, m.cfg.Network.Dims)
	}
	if slices.Min(extents) < 1 || slices.Max(extents) > mostExtent {
		return Tiling{}, fmt.Errorf("sshn: tiles of a volume of extents %v; each is 1 to %d", extents, mostExtent)
	}
	volume := [3]int(extents)
	whole := m.tiles(volume, volume, f)
	if limit == 0 || whole.Bytes <= limit {
		return whole, nil
	}
	if t, ok := m.cheapest(volume, f, limit); ok {
		return t, nil
	}
	cubes := func(i int) Tiling { return m.tiles(volume, cube(volume, smallest+i*grain), f) }
	edges := max(0, (slices.Max(extents)-1-smallest)/grain+1) // that are less than the longest
	fit := sort.Search(edges, func(i int) bool { return cubes(i).Bytes > limit })
	if fit == 0 {
		least := cubes(0)
		if whole.Bytes < least.Bytes {
			least = whole
		}
		return Tiling{}, &MemoryError{whole, least, f.Vector(), limit}
	}
	return cubes(fit - 1), nil
}

// A MemoryError tells that a volume cannot be segmented within a limit of memory.
type MemoryError struct {
	Whole Tiling // at once
	Least Tiling // by the smallest tiles; a limit of its Bytes would do
	Phi   pareto.Phi
	Limit int64 // bytes
}

// Error implements error.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("sshn: a volume of %s voxels takes %.1f MB of memory at phi %v and %.1f MB in the smallest tiles, %s: the limit is %.1f MB",
		extents(e.Whole.Volume), float64(e.Whole.Bytes)/1e6, e.Phi, float64(e.Least.Bytes)/1e6, extents(e.Least.Tile), float64(e.Limit)/1e6)
}

// extents writes D H W as people do, the fastest first.
func extents(x [3]int) string { return fmt.Sprintf("%d x %d x %d", x[2], x[1], x[0]) }

func cube(volume [3]int, edge int) [3]int {
	return [3]int{min(volume[0], edge), min(volume[1], edge), min(volume[2], edge)}
}

// cheapest returns the ample tiles that fit and together have the fewest voxels,
// which is what multiply-adds grow with.
func (m *Model) cheapest(volume [3]int, f nn.Factors, limit int64) (Tiling, bool) {
	var all []Tiling
	along, _ := Tiling{Volume: volume}.axes()
	for _, d := range lengths(volume[0]) {
		for _, h := range lengths(volume[1]) {
			for _, w := range lengths(volume[2]) {
				t := Tiling{Volume: volume, Tile: [3]int{d, h, w}}
				if t.Tile[along] == volume[along] { // sums of logits would be of all voxels
					continue
				}
				// The features of the finest level are a lower bound.
				if 4*(product(t.Tile)*int64(m.net.Config().Widths[0])+t.slab()*int64(m.cfg.Network.Out)) < limit {
					all = append(all, t)
				}
			}
		}
	}
	work := func(t Tiling) int64 { return int64(t.Len()) * product(t.Tile) }
	slices.SortStableFunc(all, func(a, b Tiling) int {
		return cmp.Or(cmp.Compare(work(a), work(b)), cmp.Compare(a.Len(), b.Len()))
	})
	for _, t := range all {
		if t = m.tiles(volume, t.Tile, f); t.Bytes <= limit {
			return t, true
		}
	}
	return Tiling{}, false
}

// lengths returns those of ample tiles by which an axis of n voxels can be gone
// through, for each number of tiles from 1 on the least: k tiles that overlap by
// half are k + 1 halves long.
func lengths(n int) []int {
	all := []int{n}
	for k := 2; ; k++ {
		size := ((2*n+k)/(k+1) + grain - 1) / grain * grain
		if size < ample {
			return all
		}
		if size < all[len(all)-1] {
			all = append(all, size)
		}
	}
}

// tiles returns the tiling by given tiles.
func (m *Model) tiles(volume, tile [3]int, f nn.Factors) Tiling {
	t := Tiling{Volume: volume, Tile: tile}
	cost := m.cost(t.Tile[:], f)
	// The image in the frame and the labels, what the network sees, and theta.
	floats := 2*product(t.Volume) + product(t.Tile) + int64(m.layout.Len())
	if !t.Whole() {
		floats += t.slab() * int64(m.cfg.Network.Out)
	}
	t.MACs, t.Bytes = cost.MACs*int64(t.Len()), cost.Bytes+4*floats
	return t
}

func product(x [3]int) int64 { return int64(x[0]) * int64(x[1]) * int64(x[2]) }

// Whole tells whether the volume is taken at once.
func (t Tiling) Whole() bool { return t.Tile == t.Volume }

// Len returns the number of tiles.
func (t Tiling) Len() int {
	n := 1
	for axis := range t.Tile {
		n *= len(t.starts(axis))
	}
	return n
}

// String says it in a few words.
func (t Tiling) String() string {
	if t.Whole() {
		return "the whole volume at once"
	}
	return fmt.Sprintf("%d tiles of %s voxels", t.Len(), extents(t.Tile))
}

// starts returns where tiles begin along an axis: evenly spaced by at most half
// a tile, so that they cover it.
func (t Tiling) starts(axis int) []int {
	size, rest := t.Tile[axis], t.Volume[axis]-t.Tile[axis]
	step := max(size/2, 1)
	steps := (rest + step - 1) / step
	starts := make([]int, steps+1)
	for i := range steps {
		starts[i+1] = (i + 1) * rest / steps
	}
	return starts
}

// axes returns the axis along which tiles are taken layer by layer, the longest,
// and the two across it.
func (t Tiling) axes() (along int, across [2]int) {
	for axis, n := range t.Volume {
		if n > t.Volume[along] {
			along = axis
		}
	}
	return along, [3][2]int{{1, 2}, {0, 2}, {0, 1}}[along]
}

// slab returns the voxels of a layer of tiles.
func (t Tiling) slab() int64 {
	along, across := t.axes()
	return int64(t.Tile[along]) * int64(t.Volume[across[0]]) * int64(t.Volume[across[1]])
}
