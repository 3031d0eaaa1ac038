package nifti

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

var orders = []binary.ByteOrder{binary.LittleEndian, binary.BigEndian}

func TestEveryTypeIsReadInBothVersionsAndOrders(t *testing.T) {
	for _, c := range []struct {
		d      DataType
		voxels any
		want   []float32
	}{
		{Uint8, []uint8{0, 1, 2, 127, 128, 255}, []float32{0, 1, 2, 127, 128, 255}},
		{Int8, []int8{0, 1, -1, 127, -128, 5}, []float32{0, 1, -1, 127, -128, 5}},
		{Int16, []int16{0, 1, -1, 256, -32768, 32767}, []float32{0, 1, -1, 256, -32768, 32767}},
		{Uint16, []uint16{0, 1, 256, 32768, 65535, 5}, []float32{0, 1, 256, 32768, 65535, 5}},
		{Int32, []int32{0, 1, -1, 65536, math.MinInt32, 7}, []float32{0, 1, -1, 65536, math.MinInt32, 7}},
		{Uint32, []uint32{0, 1, 65536, 1 << 31, 2, 3}, []float32{0, 1, 65536, 1 << 31, 2, 3}},
		{Int64, []int64{0, 1, -1, 1 << 40, math.MinInt64, 7}, []float32{0, 1, -1, 1 << 40, math.MinInt64, 7}},
		{Uint64, []uint64{0, 1, 1 << 40, 1 << 63, 2, 3}, []float32{0, 1, 1 << 40, 1 << 63, 2, 3}},
		{Float32, []float32{0, 1.5, -0.1, float32(math.Inf(-1)), math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1))},
			[]float32{0, 1.5, -0.1, float32(math.Inf(-1)), math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1))}},
		{Float64, []float64{0, 1.5, -0.1, math.Inf(1), 1e300, 1}, []float32{0, 1.5, -0.1, float32(math.Inf(1)), float32(math.Inf(1)), 1}},
		{Float128, quads(0, 1.5, -0.1, math.Inf(-1), 1e300, -2), []float32{0, 1.5, -0.1, float32(math.Inf(-1)), float32(math.Inf(1)), -2}},
	} {
		for _, order := range orders {
			h1, h2 := standard1(), standard2()
			h1.Datatype, h2.Datatype = int16(c.d), int16(c.d)
			for version, header := range map[int]any{1: h1, 2: h2} {
				v := read(t, file(order, header, inOrder(order, c.voxels)))
				require.Equal(t, c.d, v.Header.DataType())
				require.Equal(t, version, v.Header.Version())
				require.Equal(t, order, v.Header.ByteOrder())
				require.Equal(t, tensor.NewShape(1, 2, 3), v.Data.Shape)
				for i, want := range c.want {
					require.Equal(t, math.Float32bits(want), math.Float32bits(v.Data.Data[i]), "%v %v: %v", c.d, order, v.Data)
				}
			}
		}
	}
}

// A quad is a binary128: its low word and its high one.
type quad [2]uint64

// inOrder returns voxels as they are written in order: quads with the high word
// first if the high byte is.
func inOrder(order binary.ByteOrder, voxels any) any {
	quads, ok := voxels.([]quad)
	if !ok || order == binary.LittleEndian {
		return voxels
	}
	high := make([]quad, len(quads))
	for i, q := range quads {
		high[i] = quad{q[1], q[0]}
	}
	return high
}

// quads returns normal numbers, zeros and infinities as binary128.
func quads(x ...float64) []quad {
	q := make([]quad, len(x))
	for i, v := range x {
		b := math.Float64bits(v)
		exponent := b >> 52 & 0x7ff
		switch exponent {
		case 0:
		case 0x7ff:
			exponent = 0x7fff
		default:
			exponent += 16383 - 1023
		}
		q[i] = quad{b << 60, b>>63<<63 | exponent<<48 | b<<12>>16}
	}
	return q
}

func TestLongDoublesOfX86AreRead(t *testing.T) {
	for _, c := range []struct {
		mantissa uint64
		top      uint64
		want     float64
	}{
		{0, 0, 0}, {1 << 63, 16383, 1}, {3 << 62, 16383, 1.5}, {1 << 63, 1<<15 | 16384, -2},
		{0xcccccccccccccccd, 16379, 0.1}, {1 << 63, 0x7fff, math.Inf(1)}, {1 << 63, 1<<15 | 0x7fff, math.Inf(-1)},
	} {
		require.Equal(t, float32(c.want), float32(longDouble(c.mantissa, c.top)))
	}
	require.True(t, math.IsNaN(longDouble(3<<62, 0x7fff)))
	require.True(t, math.IsNaN(longDouble(1, 0x7fff<<48)))
}

func TestSlopeAndInterceptApplyUnlessTheSlopeIsNone(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct{ slope, inter, want float32 }{
		{2, -1, 19}, {0.5, 0, 5}, {1, 3, 13}, {-1, 0, -10}, {0, 7, 10}, {nan, 7, 10}, {0, nan, 10},
	} {
		h := standard1()
		h.SclSlope, h.SclInter = c.slope, c.inter
		v := read(t, file(binary.BigEndian, h, []uint8{10, 0, 0, 0, 0, 0}))
		require.Equal(t, c.want, v.Data.Data[0])
	}
}

func TestFewerAxesAndTrailingOnesMakeAVolume(t *testing.T) {
	for _, c := range []struct {
		dim  [8]int16
		want tensor.Shape
	}{
		{[8]int16{1, 6, 99, -1}, tensor.NewShape(1, 1, 6)},
		{[8]int16{2, 3, 2, 0}, tensor.NewShape(1, 2, 3)},
		{[8]int16{3, 1, 2, 3}, tensor.NewShape(3, 2, 1)},
		{[8]int16{7, 3, 1, 2, 1, 1, 1, 1}, tensor.NewShape(2, 1, 3)},
	} {
		h := standard1()
		h.Dim = c.dim
		v := read(t, file(binary.LittleEndian, h, []uint8{0, 1, 2, 3, 4, 5}))
		require.Equal(t, c.want, v.Data.Shape)
		require.Equal(t, []float32{0, 1, 2, 3, 4, 5}, v.Data.Data)
	}
}

func TestExtensionsAreSkippedAndAnOffsetOfZeroIsTheUsualOne(t *testing.T) {
	h := standard1()
	h.VoxOffset = 352 + 32
	v := read(t, file(binary.LittleEndian, h, append(make([]uint8, 32), 9, 1, 2, 3, 4, 5, 0xAA)))
	require.Equal(t, []float32{9, 1, 2, 3, 4, 5}, v.Data.Data)
	h.VoxOffset = 0
	v = read(t, file(binary.LittleEndian, h, []uint8{9, 1, 2, 3, 4, 5}))
	require.Equal(t, []float32{9, 1, 2, 3, 4, 5}, v.Data.Data)
}

// The header of the scan is full of everything that must survive.
func TestWritingKeepsTheGridByteForByte(t *testing.T) {
	for _, order := range orders {
		h1, h2 := standard1(), standard2()
		h1.Dim, h2.Dim = [8]int16{4, 3, 2, 1, 1, 7}, [8]int64{4, 3, 2, 1, 1, 7}
		h1.Pixdim, h2.Pixdim = [8]float32{-1, 0.1, 0.2, 0.3, 4, 5, 6, 7}, [8]float64{-1, 0.1, 0.2, 0.3, 4, 5, 6, 7}
		h1.XyztUnits, h2.XyztUnits = 3|8, 3|8
		h1.QformCode, h2.QformCode, h1.SformCode, h2.SformCode = 1, 1, 4, 4
		h1.Quatern, h2.Quatern = [3]float32{0.1, 0.2, 0.3}, [3]float64{0.1, 0.2, 0.3}
		h1.Qoffset, h2.Qoffset = [3]float32{-0.7, 8, 9}, [3]float64{-0.7, 8, 9}
		for i := range 12 {
			h1.Srow[i/4][i%4], h2.Srow[i/4][i%4] = float32(i)/7, float64(i)/7
		}
		h1.Datatype, h2.Datatype = 4, 4
		h1.VoxOffset, h2.VoxOffset = 352+16, 544+16
		h1.SclSlope, h2.SclSlope, h1.SclInter, h2.SclInter = 2, 2, 1, 1
		h1.CalMax, h2.CalMax = 50, 50
		h1.IntentCode, h2.IntentCode = 1007, 1007
		voxels := append(make([]int16, 8), 1, 2, 3, 4, 5, 6)

		told := h1 // and what may tell of the patient
		copy(told.DataTypeName[:], "a scan")
		copy(told.DBName[:], "DOE^JOHN")
		copy(told.Descrip[:], "a scan of John Doe")
		copy(told.AuxFile[:], "doe.txt")
		copy(told.IntentName[:], "John's brain")
		v := read(t, file(order, told, voxels))
		h1.VoxOffset, h1.SclSlope, h1.SclInter, h1.CalMax = 352, 1, 0, 0
		h1.Datatype, h1.Bitpix, h1.IntentCode = 16, 32, 0
		require.Equal(t, file(order, h1, []float32{3, 5, 7, 9, 11, 13}), written(t, v))
		h1.Datatype, h1.Bitpix, h1.IntentCode = 2, 8, 1002
		require.Equal(t, file(order, h1, []uint8{0, 1, 255, 0, 0, 35}), writtenLabels(t, v, 0, 1, 255, 0, 0, 35))

		told2 := h2
		copy(told2.Descrip[:], "a scan of John Doe")
		copy(told2.AuxFile[:], "doe.txt")
		copy(told2.IntentName[:], "John's brain")
		v = read(t, file(order, told2, voxels))
		h2.VoxOffset, h2.SclSlope, h2.SclInter, h2.CalMax = 544, 1, 0, 0
		h2.Datatype, h2.Bitpix, h2.IntentCode = 16, 32, 0
		require.Equal(t, file(order, h2, []float32{3, 5, 7, 9, 11, 13}), written(t, v))
		h2.Datatype, h2.Bitpix, h2.IntentCode = 4, 16, 1002
		require.Equal(t, file(order, h2, []int16{0, -1, 256, 0, 0, 32767}), writtenLabels(t, v, 0, -1, 256, 0, 0, 32767))
		h2.Datatype, h2.Bitpix = 8, 32
		require.Equal(t, file(order, h2, []int32{0, 0, 32768, 0, 0, -2}), writtenLabels(t, v, 0, 0, 32768, 0, 0, -2))
	}
}

func TestFilesRoundTripGzippedOrNot(t *testing.T) {
	x := tensor.New(5, 7, 3)
	for i := range x.Data {
		x.Data[i] = float32(i) / 3
	}
	x.Data[4] = float32(math.NaN())
	h := NewHeader(x.Shape, [4][4]float64{{2, 0, 0, -1}, {0, 3, 0, -2}, {0, 0, 4, -3}, {0, 0, 0, 1}})
	for _, name := range []string{"a.nii", "a.nii.gz"} {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, WriteImageFile(path, h, x))
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, name == "a.nii.gz", bytes.HasPrefix(b, []byte("\x1f\x8b")))
		v, err := ReadFile(path, Options{})
		require.NoError(t, err)
		require.Equal(t, 1, v.NaNs())
		x.Data[4], v.Data.Data[4] = 0, 0
		require.Equal(t, x, v.Data)
		x.Data[4] = float32(math.NaN())
		require.Equal(t, h, v.Header)
		only, err := ReadHeader(path)
		require.NoError(t, err)
		require.Equal(t, h, only)

		require.NoError(t, WriteLabelsFile(path, h, make([]uint8, 105)))
		v, err = ReadFile(path, Options{})
		require.NoError(t, err)
		require.Equal(t, Uint8, v.Header.DataType())
	}
	require.EqualError(t, WriteImageFile("a.mgz", h, x), "write a.mgz: expected a name that ends in .nii or .nii.gz")
}

// 3 x 170 x 300 voxels are three buffers and a rest when written as float32.
func TestVolumesLargerThanABufferRoundTrip(t *testing.T) {
	for _, order := range orders {
		h := standard1()
		h.Dim = [8]int16{3, 300, 170, 3}
		h.Datatype = 4
		voxels := make([]int16, 3*170*300)
		labels := make([]int32, len(voxels))
		for i := range voxels {
			voxels[i] = int16(i * 31)
			labels[i] = int32(voxels[i])
		}
		v := read(t, file(order, h, voxels))
		again := read(t, written(t, v))
		require.Equal(t, v.Data, again.Data)
		again = read(t, writtenLabels(t, v, labels...))
		require.Equal(t, Int16, again.Header.DataType())
		got, err := again.Labels()
		require.NoError(t, err)
		require.Equal(t, labels, got)
	}
}

func TestAFullDiskIsAnError(t *testing.T) {
	h := NewHeader(tensor.NewShape(1, 1, 1), [4][4]float64{})
	for room := range 2 {
		full := &disk{room: room}
		require.EqualError(t, WriteImage(full, h, tensor.New(1, 1, 1)), "no space")
	}
}

// A disk takes some writes and no more.
type disk struct{ room int }

func (d *disk) Write(p []byte) (int, error) {
	if d.room--; d.room < 0 {
		return 0, errors.New("no space")
	}
	return len(p), nil
}

func TestAPairIsReadByEitherName(t *testing.T) {
	dir := t.TempDir()
	h := standard1()
	copy(h.Magic[:], "ni1")
	h.VoxOffset = 2
	header := file(binary.LittleEndian, h, []byte{})[:348]
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.hdr"), header, 0o644))
	_, err := ReadFile(filepath.Join(dir, "a.hdr"), Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.img"), []byte{8, 8, 1, 2, 3, 4, 5, 6}, 0o644))
	for _, name := range []string{"a.hdr", "a.img"} {
		v, err := ReadFile(filepath.Join(dir, name), Options{})
		require.NoError(t, err)
		require.Equal(t, []float32{1, 2, 3, 4, 5, 6}, v.Data.Data)
		require.Equal(t, "n+1\x00", string(written(t, v)[344:348]))
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(header)
	require.NoError(t, z.Close())
	packed.Bytes()[packed.Len()-8] ^= 1 // of the checksum
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c.hdr.gz"), packed.Bytes(), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c.img.gz"), []byte{8, 8, 1, 2, 3, 4, 5, 6}, 0o644))
	_, err = ReadFile(filepath.Join(dir, "c.hdr.gz"), Options{})
	require.EqualError(t, err, filepath.Join(dir, "c.hdr.gz")+": after the header: gzip: invalid checksum")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.nii"), header, 0o644))
	_, err = ReadFile(filepath.Join(dir, "b.nii"), Options{})
	require.EqualError(t, err, filepath.Join(dir, "b.nii")+": this is the header of a pair, but its name does not end in .hdr")
	_, err = Read(bytes.NewReader(header), Options{})
	require.EqualError(t, err, "nifti: expected a single file, found the header of a pair")
}

func TestLabelsAreIntegersOrAnError(t *testing.T) {
	v := &Volume{Data: tensor.From([]float32{0, -3, 1<<24 - 1, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 2, 2, 3)}
	got, err := v.Labels()
	require.NoError(t, err)
	require.Equal(t, []int32{0, -3, 1<<24 - 1, 4, 5, 6, 7, 8, 9, 10, 11, 12}, got)
	for x, text := range map[float32]string{0.5: "0.5", float32(math.NaN()): "NaN", 1 << 24: "1.6777216e+07", float32(math.Inf(-1)): "-Inf"} {
		v.Data.Set(x, 1, 0, 2)
		_, err := v.Labels()
		require.EqualError(t, err, "expected labels, found "+text+" at voxel (2, 0, 1)")
	}
}

func TestMisuseOfTheGridPanics(t *testing.T) {
	h := NewHeader(tensor.NewShape(1, 2, 3), [4][4]float64{{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}})
	require.PanicsWithError(t, "nifti image of [3 2 1] and [1 2 3]: 6 voxels do not lie on the header's grid",
		func() { WriteImage(io.Discard, h, tensor.New(3, 2, 1)) })
	require.PanicsWithError(t, "nifti labels of [1 2 3]: 5 labels do not lie on the header's grid",
		func() { WriteLabels(io.Discard, h, make([]int, 5)) })
	require.EqualError(t, WriteLabels(io.Discard, h, []int64{0, 0, 1 << 31, -1, 0, 0}), "nifti: labels from -1 to 2147483648 do not fit 32 bits")
	require.PanicsWithError(t, "nifti header of [2 3]: expected [k j i] with voxels", func() { NewHeader(tensor.NewShape(2, 3), [4][4]float64{}) })
	require.Panics(t, func() { NewHeader(tensor.NewShape(1, 2, 3), [4][4]float64{{1e39}}) })
	require.Equal(t, 2, NewHeader(tensor.NewShape(1, 1, 40000), [4][4]float64{}).Version())
}

func TestRealScansRoundTrip(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/data/ptbp-oasis/PTBP_000[12]/*.nii.gz")
	more, _ := filepath.Glob("../../../shared/data/labelmaps/LM_01/*.nii.gz")
	if files = append(files, more...); len(files) == 0 {
		t.Skip("no real scans in ../shared/data beside the module")
	}
	for _, path := range files {
		v, err := ReadFile(path, Options{})
		require.NoError(t, err)
		require.Equal(t, 192, v.Data.Shape.Dim(1))
		require.Equal(t, 160, v.Data.Shape.Dim(2))
		require.Equal(t, [3]float64{1, 1, 1}, v.Header.Spacing())
		require.Zero(t, v.NaNs())
		// The sources keep the same grid in both forms; float32 holds the
		// quaternion to 1e-7, by which an axis of 2 turns by some 1e-6.
		s, _ := v.Header.SForm()
		q, _ := v.Header.QForm()
		for row := range s {
			require.InDeltaSlice(t, s[row][:], q[row][:], 1e-5, path)
		}
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		z, err := gzip.NewReader(bytes.NewReader(raw))
		require.NoError(t, err)
		plain, err := io.ReadAll(z)
		require.NoError(t, err)
		if v.Header.DataType() == Float32 {
			require.Equal(t, plain[352:], written(t, v)[352:])
			continue
		}
		labels, err := v.Labels()
		require.NoError(t, err)
		again := writtenLabels(t, v, labels...)
		require.Equal(t, plain[352:], again[352:])
		require.Equal(t, plain[252:344], again[252:344])
	}
}

func written(t *testing.T, v *Volume) []byte {
	var b bytes.Buffer
	require.NoError(t, WriteImage(&b, v.Header, v.Data))
	return b.Bytes()
}

func writtenLabels(t *testing.T, v *Volume, labels ...int32) []byte {
	var b bytes.Buffer
	require.NoError(t, WriteLabels(&b, v.Header, labels))
	return b.Bytes()
}
