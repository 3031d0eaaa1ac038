package sshn

import (
	"context"
	"fmt"
	"math"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/tensor"
)

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
