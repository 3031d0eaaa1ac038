package nifti

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLyingHeadersAreToldPrecisely(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		change func(h *nifti1)
		want   string
	}{
		{func(h *nifti1) { h.SizeofHdr = 347 }, "nifti: not a NIfTI file: expected a header of 348 or 540 bytes, found one that says 347"},
		{func(h *nifti1) { h.Magic[0] = 0 }, `nifti: not a NIfTI file: expected the magic "n+1\x00" or "ni1\x00", found "\x00+1\x00"`},
		{func(h *nifti1) { h.Dim[0] = 0 }, "nifti: expected dim[0], the number of axes, from 1 to 7, found 0"},
		{func(h *nifti1) { h.Dim[0] = 8 }, "nifti: expected dim[0], the number of axes, from 1 to 7, found 8"},
		{func(h *nifti1) { h.Dim[2] = -2 }, "nifti: expected dim[2] from 1, found -2"},
		{func(h *nifti1) { h.Dim = [8]int16{4, 3, 2, 1, 20} }, "nifti: expected one volume of three axes, found 20 along axis 4 (time)"},
		{func(h *nifti1) { h.Dim = [8]int16{5, 3, 2, 1, 1, 3} }, "nifti: expected one volume of three axes, found 3 along axis 5 (components of a voxel)"},
		{func(h *nifti1) { h.Dim = [8]int16{3, 32767, 32767, 32767} }, "nifti: 35181150961663 voxels are over the limit of 1073741824"},
		{func(h *nifti1) { h.Dim = [8]int16{3, 1000, 1000, 1000} }, "nifti: 1000 x 1000 x 1000 voxels of uint8: expected 1000000000 bytes, found 6: unexpected EOF"},
		{func(h *nifti1) { h.Datatype = 0 }, "nifti: expected voxels of integers or floats, found datatype 0"},
		{func(h *nifti1) { h.Datatype = 32 }, "nifti: expected voxels of integers or floats, found complex64"},
		{func(h *nifti1) { h.Datatype = 128 }, "nifti: expected voxels of integers or floats, found RGB24"},
		{func(h *nifti1) { h.Datatype = 2304 }, "nifti: expected voxels of integers or floats, found RGBA32"},
		{func(h *nifti1) { h.Datatype = 1792 }, "nifti: expected voxels of integers or floats, found complex128"},
		{func(h *nifti1) { h.SclSlope, h.SclInter = 1, inf }, "nifti: expected a finite scl_inter, found +Inf"},
		{func(h *nifti1) { h.VoxOffset = 100 }, "nifti: expected an integer from 348 to 268435456 as vox_offset, found 100"},
		{func(h *nifti1) { h.VoxOffset = 352.5 }, "nifti: expected an integer from 348 to 268435456 as vox_offset, found 352.5"},
		{func(h *nifti1) { h.VoxOffset = 1e30 }, "nifti: expected an integer from 348 to 268435456 as vox_offset, found 1.0000000150474662e+30"},
		{func(h *nifti1) { h.VoxOffset = float32(math.NaN()) }, "nifti: expected an integer from 348 to 268435456 as vox_offset, found NaN"},
		{func(h *nifti1) { h.VoxOffset = 1000 }, "nifti: what precedes the voxels: expected 652 bytes, found 10: unexpected EOF"},
		{func(h *nifti1) { h.Pixdim[2] = inf }, "nifti: expected a finite pixdim, found [[1 0 0 0] [0 +Inf 0 0] [0 0 1 0] [0 0 0 1]]"},
		{func(h *nifti1) { h.SformCode, h.Srow[1][2] = 1, inf }, "nifti: expected a finite sform, found [[0 0 0 0] [0 0 +Inf 0] [0 0 0 0] [0 0 0 1]]"},
	} {
		h := standard1()
		c.change(&h)
		_, err := Read(bytes.NewReader(file(binary.LittleEndian, h, make([]uint8, 6))), Options{})
		require.EqualError(t, err, c.want)
	}
}

func TestAClaimOf2To60VoxelsCostsNoMemory(t *testing.T) {
	h := standard2()
	h.Dim = [8]int64{3, 1 << 20, 1 << 20, 1 << 20}
	data := file(binary.BigEndian, h, make([]uint8, 6))
	_, err := Read(bytes.NewReader(data), Options{})
	require.EqualError(t, err, "nifti: 1.153e+18 voxels are over any limit")
	h.Dim = [8]int64{3, math.MaxInt64, math.MaxInt64, math.MaxInt64}
	_, err = Read(bytes.NewReader(file(binary.BigEndian, h, make([]uint8, 6))), Options{})
	require.EqualError(t, err, "nifti: 7.846e+56 voxels are over any limit")

	// 2^30 voxels of 4 bytes: more bytes than an int of 32 bits counts.
	h1 := standard1()
	h1.Dim, h1.Datatype = [8]int16{3, 1 << 10, 1 << 10, 1 << 10}, 16
	_, err = Read(bytes.NewReader(file(binary.BigEndian, h1, make([]uint8, 6))), Options{})
	require.Error(t, err)

	// Within the caller's limit, memory still follows what is there: a few
	// megabytes for a claim of 2^50 voxels.
	h.Dim = [8]int64{3, 1 << 20, 1 << 20, 1 << 10}
	data = file(binary.BigEndian, h, make([]uint8, 6))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = Read(bytes.NewReader(data), Options{MaxVoxels: math.MaxInt})
	runtime.ReadMemStats(&after)
	require.ErrorContains(t, err, "expected 1125899906842624 bytes, found 6")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20))

	_, err = Read(bytes.NewReader(file(binary.BigEndian, standard1(), make([]uint8, 6))), Options{MaxVoxels: 5})
	require.EqualError(t, err, "nifti: 6 voxels are over the limit of 5")
}

func TestTruncationAnywhereIsAnError(t *testing.T) {
	for name, header := range map[string]any{"nifti1": standard1(), "nifti2": standard2()} {
		whole := file(binary.LittleEndian, header, []uint8{1, 2, 3, 4, 5, 6})
		read(t, whole)
		for n := range whole {
			_, err := Read(bytes.NewReader(whole[:n]), Options{})
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%s: %d bytes", name, n)
		}
		packed := gzipOf(t, whole)
		read(t, packed)
		for n := range packed {
			_, err := Read(bytes.NewReader(packed[:n]), Options{})
			require.Error(t, err, "%s gzipped: %d bytes", name, n)
		}
	}
}

func TestGzipIsReadInMembersCheckedAndMayHaveGarbageBehind(t *testing.T) {
	whole := file(binary.LittleEndian, standard1(), []uint8{1, 2, 3, 4, 5, 6})
	members := append(gzipOf(t, whole[:200]), gzipOf(t, whole[200:355])...)
	members = append(members, gzipOf(t, whole[355:])...)
	want := []float32{1, 2, 3, 4, 5, 6}
	require.Equal(t, want, read(t, members).Data.Data)
	for n := 1; n < 30; n++ {
		require.Equal(t, want, read(t, append(members, make([]byte, n)...)).Data.Data)
	}
	// 3 MB of zeros behind the voxels are not unpacked.
	require.Equal(t, want, read(t, gzipOf(t, append(whole, make([]byte, 3<<20)...))).Data.Data)

	packed := gzipOf(t, whole)
	packed[len(packed)-6] ^= 1 // of the checksum
	_, err := Read(bytes.NewReader(packed), Options{})
	require.EqualError(t, err, "nifti: after the voxels: gzip: invalid checksum")
}

func TestErrorsNameTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "scan.nii.gz")
	for content, want := range map[string]string{
		"":                 path + ": not a NIfTI file: header: expected 348 bytes, found 0: unexpected EOF",
		"GIF":              path + ": not a NIfTI file: header: expected 348 bytes, found 3: unexpected EOF",
		"\x1f\x8b":         path + ": unexpected EOF",
		"\x5c\x01\x00\x00": path + ": header: expected 348 bytes, found 4: unexpected EOF",
		"<html></html>":    path + ": not a NIfTI file: expected a header of 348 or 540 bytes, found one that says 1836345404",
	} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		_, err := ReadFile(path, Options{})
		require.EqualError(t, err, want)
		_, err = ReadHeader(path)
		require.EqualError(t, err, want)
	}
	require.NoError(t, os.Remove(path))
	_, err := ReadFile(path, Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, path)
	_, err = ReadFile(filepath.Dir(path), Options{})
	require.EqualError(t, err, filepath.Dir(path)+": not a NIfTI file: this is a directory")
}

func FuzzRead(f *testing.F) {
	for _, order := range orders {
		f.Add(file(order, standard1(), []uint8{1, 2, 3, 4, 5, 6}))
		f.Add(file(order, standard2(), []uint8{1, 2, 3, 4, 5, 6}))
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(file(binary.LittleEndian, standard1(), []uint8{1, 2, 3, 4, 5, 6}))
	z.Close()
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Read(bytes.NewReader(data), Options{MaxVoxels: 1 << 12})
		if err != nil {
			return
		}
		require.Len(t, v.Data.Data, v.Header.Shape().Len())
		require.Contains(t, []int{0, 3}, len(v.Header.Orientation()))
		var b bytes.Buffer
		require.NoError(t, WriteImage(&b, v.Header, v.Data))
		again, err := Read(&b, Options{})
		require.NoError(t, err)
		first, _ := v.Header.Affine()
		second, _ := again.Header.Affine()
		require.Equal(t, first, second)
		for i, x := range v.Data.Data {
			if y := again.Data.Data[i]; x != y && x == x {
				t.Fatalf("voxel %d is %v, and read again %v", i, x, y)
			}
		}
	})
}

func gzipOf(t *testing.T, data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}
