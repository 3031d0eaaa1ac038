package nifti

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

func BenchmarkRead(b *testing.B) {
	x := tensor.New(160, 192, 160)
	var file bytes.Buffer
	require.NoError(b, WriteImage(&file, NewHeader(x.Shape, [4][4]float64{}), x))
	b.SetBytes(int64(4 * len(x.Data)))
	for b.Loop() {
		_, err := Read(bytes.NewReader(file.Bytes()), Options{})
		require.NoError(b, err)
	}
}

func BenchmarkWrite(b *testing.B) {
	x := tensor.New(160, 192, 160)
	h := NewHeader(x.Shape, [4][4]float64{})
	b.SetBytes(int64(4 * len(x.Data)))
	for b.Loop() {
		var file bytes.Buffer
		file.Grow(4*len(x.Data) + 400)
		require.NoError(b, WriteImage(&file, h, x))
	}
}
