package sshn

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
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
// if it may hold limit bytes: at once where that fits, else by the largest tiles
// that do, cubes but for axes that are shorter. A limit of 0 is none. It is an
// error if the smallest tiles do not fit, or if the model is not for volumes.
func (m *Model) Tiling(extents []int, phi pareto.Phi, limit int64) (Tiling, error) {
	f, err := m.Factors(phi)
	if err != nil {
		return Tiling{}, err
	}
	return m.tiling(extents, f, limit)
}

// Edges of tiles are multiples of grain, so that tiles change little as limits
// do, and below the smallest there is more border than tile.
const (
	grain    = 8
	smallest = 2 * grain
)

func (m *Model) tiling(extents []int, f nn.Factors, limit int64) (Tiling, error) {
	if m.cfg.Network.Dims != 3 || len(extents) != 3 || slices.Min(extents) < 1 {
		return Tiling{}, fmt.Errorf("sshn: tiles of a volume of extents %v, for a model of %d dimensions", extents, m.cfg.Network.Dims)
	}
	longest := slices.Max(extents)
	whole := m.tiles(extents, f, longest)
	if limit == 0 || whole.Bytes <= limit {
		return whole, nil
	}
	edges := max(0, (longest-1-smallest)/grain+1) // that are less than the longest
	fit := sort.Search(edges, func(i int) bool { return m.tiles(extents, f, smallest+i*grain).Bytes > limit })
	if fit == 0 {
		least := m.tiles(extents, f, smallest)
		return Tiling{}, fmt.Errorf("sshn: a volume of %v voxels takes %.1f MB of memory at phi %v and %.1f MB in the smallest tiles, %v: the limit is %.1f MB",
			extents, megabytes(whole.Bytes), f.Vector(), megabytes(least.Bytes), least.Tile, megabytes(limit))
	}
	return m.tiles(extents, f, smallest+(fit-1)*grain), nil
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }

// tiles returns the tiling by tiles of a given edge.
func (m *Model) tiles(extents []int, f nn.Factors, edge int) Tiling {
	t := Tiling{Volume: [3]int(extents)}
	for axis, n := range extents {
		t.Tile[axis] = min(n, edge)
	}
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

// String says it in a few words, extents as people write them, the fastest
// first.
func (t Tiling) String() string {
	if t.Whole() {
		return "the whole volume at once"
	}
	return fmt.Sprintf("%d tiles of %d x %d x %d voxels", t.Len(), t.Tile[2], t.Tile[1], t.Tile[0])
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

// window writes the labels of a volume tile by tile. Logits of tiles are added
// up, each weighted the more the nearer it lies to the middle of its tile, for
// the border of a tile lacks context; argmax asks for no division by the sum of
// weights. Of the sums only a layer of tiles is kept.
func (p *Predictor) window(ctx context.Context, seg, x tensor.Tensor, t Tiling) error {
	intensity, err := p.model.cfg.Scale.of(x)
	if err != nil {
		return fmt.Errorf("sshn: predict: %w", err)
	}
	s := newSlab(t, p.model.cfg.Network.Out)
	tile := tensor.New(append(t.Tile[:], 1)...)
	done := 0
	for layer, k := range s.starts[s.along] {
		for _, j := range s.starts[s.across[0]] {
			for _, i := range s.starts[s.across[1]] {
				if ctx.Err() != nil {
					return fmt.Errorf("sshn: segment: stopped after %d of %d tiles: %w", done, t.Len(), ctx.Err())
				}
				var from [3]int
				from[s.along], from[s.across[0]], from[s.across[1]] = k, j, i
				cut(tile, x, from)
				intensity.Apply(tile, tile)
				if err := p.logits(tile, func(first int, logits tensor.Tensor) error {
					s.add(logits, first, from)
					return nil
				}); err != nil {
					return err
				}
				done++
			}
		}
		end := t.Volume[s.along]
		if layer+1 < len(s.starts[s.along]) {
			end = s.starts[s.along][layer+1]
		}
		for ; k < end; k++ { // no later tile reaches these planes
			classes, err := metric.Argmax(s.plane(k))
			if err != nil {
				return fmt.Errorf("sshn: predict: plane %d of %d: %w", k+1, t.Volume[s.along], err)
			}
			s.each(k, func(voxel, at int) { seg.Data[voxel] = p.id(classes.Data[at]) })
			clear(s.plane(k).Data)
		}
	}
	return nil
}

// cut copies the tile [D H W 1] of x [D H W] that begins at a voxel.
func cut(tile, x tensor.Tensor, from [3]int) {
	size, n := tile.Shape, x.Shape
	for z := range size.Dim(0) {
		for y := range size.Dim(1) {
			at := ((from[0]+z)*n.Dim(1)+from[1]+y)*n.Dim(2) + from[2]
			copy(tile.Data[(z*size.Dim(1)+y)*size.Dim(2):][:size.Dim(2)], x.Data[at:])
		}
	}
}

// A slab holds the weighted sums of logits of a layer of tiles: as many planes
// [two axes, K] across the volume's longest axis as tiles are long there, plane k
// at k modulo that.
type slab struct {
	Tiling
	classes int
	along   int
	across  [2]int
	steps   [3]int // from an element to its neighbour in sums
	starts  [3][]int
	weights [3][]float32
	sums    []float32
}

func newSlab(t Tiling, classes int) *slab {
	s := &slab{Tiling: t, classes: classes, sums: make([]float32, int(t.slab())*classes)}
	s.along, s.across = t.axes()
	s.steps[s.across[1]] = classes
	s.steps[s.across[0]] = classes * t.Volume[s.across[1]]
	s.steps[s.along] = classes * t.Volume[s.across[1]] * t.Volume[s.across[0]]
	for axis, n := range t.Tile {
		s.starts[axis], s.weights[axis] = t.starts(axis), gaussian(n)
	}
	return s
}

// gaussian returns the weights along an axis of a tile of n voxels: a deviation
// of n / 8 about the middle. Source: Isensee et al., nnU-Net, Nature Methods
// 2021, the section on inference.
func gaussian(n int) []float32 {
	w := make([]float32, n)
	for i := range w {
		d := (float64(i) - float64(n-1)/2) / (float64(n) / 8)
		w[i] = float32(math.Exp(-d * d / 2))
	}
	return w
}

// floor is the least weight, of 1 in the middle: no voxel is left to rounding,
// though a corner of the volume is in that of one tile alone.
const floor = 1e-3

func (s *slab) plane(k int) tensor.Tensor {
	size := s.steps[s.along]
	return tensor.From(s.sums[k%s.Tile[s.along]*size:][:size], s.Volume[s.across[0]], s.Volume[s.across[1]], s.classes)
}

// each calls f for the voxels of plane k with where they are in the volume and in
// the plane.
func (s *slab) each(k int, f func(voxel, at int)) {
	steps := [3]int{s.Volume[1] * s.Volume[2], s.Volume[2], 1}
	rows, columns := s.Volume[s.across[0]], s.Volume[s.across[1]]
	for at := range rows * columns {
		f(k*steps[s.along]+at/columns*steps[s.across[0]]+at%columns*steps[s.across[1]], at)
	}
}

// add adds logits [n H W K] of the tile that begins at a voxel: its planes from
// first on.
func (s *slab) add(logits tensor.Tensor, first int, from [3]int) {
	row := s.Tile[2] * s.classes
	parallel.For(logits.Shape.Dim(0), 1, func(z, _ int) {
		depth := s.offset(0, from[0]+first+z)
		for y := range s.Tile[1] {
			x := logits.Data[(z*s.Tile[1]+y)*row:][:row]
			height := depth + s.offset(1, from[1]+y)
			weight := s.weights[0][first+z] * s.weights[1][y]
			for v, w := range s.weights[2] {
				w = max(w*weight, floor)
				sums := s.sums[height+s.offset(2, from[2]+v):][:s.classes]
				for c, logit := range x[v*s.classes:][:s.classes] {
					sums[c] += float32(w * logit)
				}
			}
		}
	})
}

// offset returns how far an element at i along an axis is from the first.
func (s *slab) offset(axis, i int) int {
	if axis == s.along {
		i %= s.Tile[axis]
	}
	return i * s.steps[axis]
}
