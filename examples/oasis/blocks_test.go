package main

import (
	"testing"

	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor"
	"github.com/stretchr/testify/require"
)

func TestBlocksCoverVolumesEvenly(t *testing.T) {
	var volumes data.Samples
	for i, subject := range []string{"a", "b"} {
		v := data.Sample{Subject: subject, Image: tensor.New(7, 4, 5, 2), Labels: tensor.New(7, 4, 5)}
		for at := range v.Image.Data {
			v.Image.Data[at] = float32(1000*i + at)
		}
		for at := range v.Labels.Data {
			v.Labels.Data[at] = float32(at)
		}
		volumes = append(volumes, v)
	}
	b := newBlocks(volumes, []int{7, 4, 5}, 4)
	require.Equal(t, []int{4, 4, 4}, b.size)
	require.Equal(t, [][]int{{0, 0, 0}, {0, 0, 1}, {3, 0, 0}, {3, 0, 1}}, b.starts)
	require.Equal(t, 8, b.Len())
	seen := map[float32]bool{}
	for i := range b.Len() {
		s, err := b.Load(i)
		require.NoError(t, err)
		require.Equal(t, b.Subject(i), s.Subject)
		whole := volumes[i/4]
		start := b.starts[i%4]
		for z := range 4 {
			for y := range 4 {
				for x := range 4 {
					label := s.Labels.At(z, y, x)
					require.Equal(t, whole.Labels.At(start[0]+z, start[1]+y, start[2]+x), label)
					require.Equal(t, whole.Image.At(start[0]+z, start[1]+y, start[2]+x, 1), s.Image.At(z, y, x, 1))
					seen[label] = true
				}
			}
		}
	}
	require.Len(t, seen, 7*4*5, "no voxel is left out")
}
