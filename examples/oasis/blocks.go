package main

import (
	"sync"

	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor"
)

// blocks is a data set of volumes cut into blocks, for whole ones take more
// memory in training than most machines have. All volumes must have the same
// extents.
type blocks struct {
	volumes data.Dataset
	size    []int   // of a block: D H W
	starts  [][]int // of each block

	mu     sync.Mutex // blocks are asked for in turn, so the last volume is kept
	at     int
	volume data.Sample
}

// newBlocks cuts along each axis into as few blocks of at most edge elements as
// cover it, evenly spaced; where they do not fit they overlap.
func newBlocks(volumes data.Dataset, extents []int, edge int) *blocks {
	b := &blocks{volumes: volumes, starts: [][]int{{}}, at: -1}
	for _, n := range extents {
		size := min(n, edge)
		count := (n + size - 1) / size
		var longer [][]int
		for _, start := range b.starts {
			for i := range count {
				longer = append(longer, append(start[:len(start):len(start)], i*(n-size)/max(count-1, 1)))
			}
		}
		b.size, b.starts = append(b.size, size), longer
	}
	return b
}

// Len implements [data.Dataset].
func (b *blocks) Len() int { return b.volumes.Len() * len(b.starts) }

// Subject implements [data.Dataset].
func (b *blocks) Subject(i int) string { return b.volumes.Subject(i / len(b.starts)) }

// Load implements [data.Dataset].
func (b *blocks) Load(i int) (data.Sample, error) {
	v, err := b.load(i / len(b.starts))
	if err != nil {
		return v, err
	}
	start := b.starts[i%len(b.starts)]
	v.Image = cut(v.Image, start, append(b.size[:len(b.size):len(b.size)], v.Image.Shape.Channels()))
	v.Labels = cut(v.Labels, start, b.size)
	return v, nil
}

func (b *blocks) load(i int) (data.Sample, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.at == i {
		return b.volume, nil
	}
	v, err := b.volumes.Load(i)
	if err == nil {
		b.at, b.volume = i, v
	}
	return v, err
}

// cut copies a block that begins at start and has the given extents; axes
// beyond start are taken whole.
func cut(x tensor.Tensor, start, extents []int) tensor.Tensor {
	if len(start) == 0 {
		return x.Clone()
	}
	y := tensor.New(extents...)
	step := y.Shape.Len() / extents[0]
	inner := x.Shape.Dims()[1:]
	for i := range extents[0] {
		row := x.Range(start[0]+i, start[0]+i+1).Reshape(inner...)
		copy(y.Data[i*step:], cut(row, start[1:], extents[1:]).Data)
	}
	return y
}
