package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

func TestRoundTripIsExact(t *testing.T) {
	odd := []float32{0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, math.MaxFloat32, float32(math.Inf(-1)), 1.0 / 3}
	big := make([]float32, 1<<15+7) // more than one buffer
	for i := range big {
		big[i] = float32(i)
	}
	path := filepath.Join(t.TempDir(), "a.safetensors")
	metadata := map[string]string{"labels": "0 \"Unknown\"\n1 Größe", "a": ""}
	require.NoError(t, WriteFile(path, metadata,
		FromBytes("rand", []byte{1, 2, 255}),
		FromTensor("w", tensor.From(odd, 1, 2, 1, 3, 1)),
		FromTensor("scalar", tensor.Scalar(7)),
		FromTensor("empty", tensor.New(3, 0)),
		FromFloat64s("loss", []float64{math.Pi, math.SmallestNonzeroFloat64, 1, 2}).Reshape(2, 2),
		FromInt64s("step", []int64{math.MinInt64, math.MaxInt64}),
		FromTensor("big", tensor.From(big, len(big)))))

	f, err := Open(path)
	require.NoError(t, err)
	defer f.Close()
	require.Equal(t, metadata, f.Metadata)
	require.Equal(t, []string{"loss", "step", "w", "scalar", "empty", "big", "rand"}, f.Names())
	for name, want := range map[string]tensor.Tensor{
		"w": tensor.From(odd, 1, 2, 1, 3, 1), "scalar": tensor.Scalar(7), "empty": tensor.New(3, 0), "big": tensor.From(big, len(big)),
		"rand": tensor.From([]float32{1, 2, 255}, 3),
	} {
		got, err := f.Tensor(name)
		require.NoError(t, err)
		require.Equal(t, want.Shape, got.Shape, name)
		for i := range want.Data {
			require.Equal(t, math.Float32bits(want.Data[i]), math.Float32bits(got.Data[i]), name)
		}
	}
	loss, err := f.Float64s("loss")
	require.NoError(t, err)
	require.Equal(t, []float64{math.Pi, math.SmallestNonzeroFloat64, 1, 2}, loss)
	step, err := f.Int64s("step")
	require.NoError(t, err)
	require.Equal(t, []int64{math.MinInt64, math.MaxInt64}, step)
	raw, err := f.Bytes("rand")
	require.NoError(t, err)
	require.Equal(t, []byte{1, 2, 255}, raw)
	info, ok := f.Info("loss")
	require.True(t, ok)
	require.Equal(t, F64, info.DType)
	require.Equal(t, tensor.NewShape(2, 2), info.Shape)
	_, ok = f.Info("gain")
	require.False(t, ok)
	_, err = f.Tensor("gain")
	require.EqualError(t, err, path+`: no tensor "gain" among its 7`)
}

func TestEqualArgumentsGiveEqualBytesAndAlignedData(t *testing.T) {
	metadata := map[string]string{}
	for i := range 20 {
		metadata[fmt.Sprint("key", i)] = "x"
	}
	first := write(t, metadata, FromBytes("b", make([]byte, 3)), FromTensor("w", tensor.New(3)))
	for range 10 {
		require.Equal(t, first, write(t, metadata, FromBytes("b", make([]byte, 3)), FromTensor("w", tensor.New(3))))
	}
	require.Zero(t, (8+binary.LittleEndian.Uint64(first))%8)

	small := write(t, map[string]string{"b": "2", "a": "1"}, FromBytes("x", []byte{9}))
	require.Equal(t, "\x58\x00\x00\x00\x00\x00\x00\x00"+
		`{"__metadata__":{"a":"1","b":"2"},"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`+
		"  "+"\x09", string(small))
	require.Equal(t, "\x08\x00\x00\x00\x00\x00\x00\x00{}      ", string(write(t, nil)))
}

func TestEveryTypeIsConverted(t *testing.T) {
	for _, c := range []struct {
		dtype DType
		data  string
		want  []float64
	}{
		{F64, "\x00\x00\x00\x00\x00\x00\xf8\xbf", []float64{-1.5}},
		{F32, "\x00\x00\xc0\xbf", []float64{-1.5}},
		{F16, "\x00\x3c\x00\xbe\x01\x00\xff\x7b\x00\xfc", []float64{1, -1.5, math.Ldexp(1, -24), 65504, math.Inf(-1)}},
		{BF16, "\xc0\xbf\x80\x7f", []float64{-1.5, math.Inf(1)}},
		{I64, "\xfe\xff\xff\xff\xff\xff\xff\xff", []float64{-2}},
		{I32, "\xfe\xff\xff\xff", []float64{-2}},
		{I16, "\xfe\xff", []float64{-2}},
		{I8, "\xfe", []float64{-2}},
		{U64, "\x00\x00\x00\x00\x00\x00\x00\x80", []float64{1 << 63}},
		{U32, "\xfe\xff\xff\xff", []float64{1<<32 - 2}},
		{U16, "\xfe\xff", []float64{1<<16 - 2}},
		{U8, "\xfe", []float64{254}},
		{Bool, "\x00\x01", []float64{0, 1}},
	} {
		t.Run(string(c.dtype), func(t *testing.T) {
			header := fmt.Sprintf(`{"x":{"dtype":"%s","shape":[%d],"data_offsets":[0,%d]}}`, c.dtype, len(c.want), len(c.data))
			f, err := parse(file(header, c.data))
			require.NoError(t, err)
			got64, err := f.Float64s("x")
			require.NoError(t, err)
			require.Equal(t, c.want, got64)
			got32, err := f.Tensor("x")
			require.NoError(t, err)
			ints, err := f.Int64s("x")
			exact := err == nil
			require.Equal(t, strings.ContainsAny(string(c.dtype), "F") || c.dtype == U64, !exact)
			for i, want := range c.want {
				require.Equal(t, float32(want), got32.Data[i])
				if exact {
					require.Equal(t, int64(want), ints[i])
				}
			}
		})
	}
}

// The reference is IEEE 754's definition: (-1)^s 2^(e-15) (1 + m/1024), and
// for e = 0 (-1)^s 2^-14 m/1024.
func TestHalfEqualsItsDefinitionForAllBits(t *testing.T) {
	for h := range 1 << 16 {
		e, m := h>>10&31, float64(h&1023)
		want := math.Ldexp(1+m/1024, e-15)
		switch {
		case e == 0:
			want = math.Ldexp(m/1024, -14)
		case e == 31 && m == 0:
			want = math.Inf(1)
		case e == 31:
			require.True(t, math.IsNaN(float64(half(uint16(h)))))
			continue
		}
		if h>>15 == 1 {
			want = math.Copysign(want, -1)
		}
		require.Equal(t, math.Float32bits(float32(want)), math.Float32bits(half(uint16(h))), "%#x", h)
	}
}

func TestHostileHeadersAreToldPrecisely(t *testing.T) {
	const x = `{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`
	long := func(n uint64, text string) string {
		return string(binary.LittleEndian.AppendUint64(nil, n)) + text
	}
	for _, c := range []struct{ file, want string }{
		{"", "safetensors: not a safetensors file: expected the 8 bytes of the header's length, found 0"},
		{long(1<<60, "{}"), "safetensors: not a safetensors file: expected the length of a header, up to 100000000 bytes, found 1152921504606846976"},
		{long(math.MaxUint64, "{}"), "safetensors: not a safetensors file: expected the length of a header, up to 100000000 bytes, found 18446744073709551615"},
		{long(3, "{}"), "safetensors: not a safetensors file, or cut short: expected a header of 3 bytes, found 2"},
		{file("", ""), "safetensors: not a safetensors file: header: expected a JSON object in UTF-8, found other bytes"},
		{file(`[]`, ""), "safetensors: not a safetensors file: header: expected a JSON object in UTF-8, found other bytes"},
		{file("{\"\xff\":1}", ""), "safetensors: not a safetensors file: header: expected a JSON object in UTF-8, found other bytes"},
		{file(`{"x":`, ""), "safetensors: header: unexpected end of JSON input"},
		{file(`{} {}`, ""), "safetensors: header: invalid character '{' after top-level value"},
		{file(x, "1234567"), `safetensors: tensor "x": its data ends at byte 8, but the file holds 7 bytes of data`},
		{file(x, "123456789"), `safetensors: expected 8 bytes of data for 1 tensors, found 9`},
		{file(`{}`, "1"), `safetensors: expected 0 bytes of data for 0 tensors, found 1`},
		{file(`{"x":3}`, ""), `safetensors: header: tensor "x": expected {, found 3`},
		{file(`{"x":{}}`, ""), `safetensors: header: tensor "x": unknown dtype ""`},
		{file(`{"x":{"dtype":"F8","shape":[],"data_offsets":[0,1]}}`, "1"), `safetensors: header: tensor "x": unknown dtype "F8"`},
		{file(`{"x":{"dtype":7}}`, ""), `safetensors: header: tensor "x": "dtype": expected a string, found 7`},
		{file(`{"x":{"dtype":"U8","data_offsets":[0,1]}}`, "1"), `safetensors: header: tensor "x": expected a shape and two data_offsets`},
		{file(`{"x":{"dtype":"U8","shape":[],"data_offsets":[0]}}`, "1"), `safetensors: header: tensor "x": expected a shape and two data_offsets`},
		{file(`{"x":{"dtype":"U8","shape":null,"data_offsets":[0,1]}}`, "1"), `safetensors: header: tensor "x": "shape": expected [, found <nil>`},
		{file(`{"x":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}`, "1"), `safetensors: header: tensor "x": "shape": expected an integer from 0, found 1.0`},
		{file(`{"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}`, "1"), `safetensors: header: tensor "x": "shape": expected an integer from 0, found -1`},
		{file(`{"x":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}}`, "1"), `safetensors: header: tensor "x": "shape": expected an integer from 0, found [`},
		{file(`{"x":{"dtype":"U8","shape":[1,1,1,1,1,1],"data_offsets":[0,1]}}`, "1"), `safetensors: header: tensor "x": rank 6 is over 5`},
		{file(`{"x":{"dtype":"F64","shape":[1152921504606846976],"data_offsets":[0,0]}}`, ""), `safetensors: header: tensor "x": shape [1152921504606846976] overflows`},
		{file(`{"x":{"dtype":"U8","shape":[1152921504606846976],"data_offsets":[0,1152921504606846976]}}`, ""), `safetensors: tensor "x": its data ends at byte 1152921504606846976, but the file holds 0 bytes of data`},
		{file(`{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, "12345678"), `safetensors: header: tensor "x": expected 12 bytes for F32 [3], found data_offsets [0 8]`},
		{file(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}`, "1"), `safetensors: header: tensor "x": expected 1 bytes for U8 [1], found data_offsets [1 0]`},
		{file(`{"x":{"dtype":"U8","dtype":"U8"}}`, ""), `safetensors: header: tensor "x": "dtype" stands twice`},
		{file(`{"x":{"dtype":"U8","more":1}}`, ""), `safetensors: header: tensor "x": "more": expected dtype, shape or data_offsets`},
		{file(`{"x":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"\u0078":{}}`, "1"), `safetensors: header: "x" stands twice`},
		{file(`{"x":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}`, "1"),
			`safetensors: tensor "y": expected data from byte 1, where the data before it ends, found from 0`},
		{file(`{"x":{"dtype":"U8","shape":[],"data_offsets":[1,2]}}`, "12"),
			`safetensors: tensor "x": expected data from byte 0, where the data before it ends, found from 1`},
		{file(`{"__metadata__":{"a":1}}`, ""), `safetensors: header: __metadata__ "a": expected a string, found 1`},
		{file(`{"__metadata__":{"a":"1","a":"2"}}`, ""), `safetensors: header: "a" stands twice`},
	} {
		_, err := parse(c.file)
		require.EqualError(t, err, c.want)
	}
}

func TestTruncationAnywhereIsAnError(t *testing.T) {
	whole := write(t, map[string]string{"a": "b"}, FromTensor("w", tensor.New(2, 2)), FromBytes("r", []byte{1}))
	_, err := parse(string(whole))
	require.NoError(t, err)
	for n := range whole {
		_, err := parse(string(whole[:n]))
		require.Error(t, err, "of %d bytes %d", len(whole), n)
	}
}

func TestAFileThatShrinksWhileOpenIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	require.NoError(t, WriteFile(path, nil, FromTensor("w", tensor.New(4))))
	f, err := Open(path)
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, os.Truncate(path, 72))
	_, err = f.Tensor("w")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.ErrorContains(t, err, path+`: tensor "w": expected 16 bytes at 64, found 8`)
}

func TestUnwritableEntriesAreErrorsAndMisusePanics(t *testing.T) {
	w := FromTensor("w", tensor.New(2))
	require.EqualError(t, Write(io.Discard, nil, w, w), `the name "w" is taken`)
	require.EqualError(t, Write(io.Discard, nil, FromTensor("__metadata__", tensor.New(1))), `the name "__metadata__" is taken`)
	require.EqualError(t, Write(io.Discard, nil, FromTensor("\xff", tensor.New(1))), `"\xff" is not UTF-8`)
	require.EqualError(t, Write(io.Discard, map[string]string{"a": "\xff"}), `"\xff" is not UTF-8`)
	require.PanicsWithError(t, `safetensors entry "w" of [2]: 0 elements for a shape of 2`,
		func() { FromTensor("w", tensor.Tensor{Shape: tensor.NewShape(2)}) })
	require.PanicsWithError(t, `safetensors entry "w" of [2] and [3]: 2 and 3 elements`, func() { w.Reshape(3) })
	_, err := Open(t.TempDir())
	require.ErrorContains(t, err, "expected a regular file")
}

func TestAFullDiskIsAnError(t *testing.T) {
	entries := []Entry{FromFloat64s("a", []float64{1}), FromInt64s("b", []int64{1}), FromTensor("c", tensor.New(1)), FromBytes("d", []byte{1})}
	for room, want := range []string{"no space", `tensor "a": no space`, `tensor "b": no space`, `tensor "c": no space`, `tensor "d": no space`} {
		require.EqualError(t, Write(&disk{room}, nil, entries...), want)
	}
	require.NoError(t, Write(&disk{5}, nil, entries...))
}

// A disk takes some writes and no more.
type disk struct{ room int }

func (d *disk) Write(p []byte) (int, error) {
	if d.room--; d.room < 0 {
		return 0, errors.New("no space")
	}
	return len(p), nil
}

// Every tensor that PyTorch computed stands twice: float32 must be float64
// rounded.
func TestReferenceFilesAreRead(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/golden/*.safetensors")
	if len(files) == 0 {
		t.Skip("no reference files in ../shared/golden beside the module")
	}
	pairs := 0
	for _, path := range files {
		f, err := Open(path)
		require.NoError(t, err)
		require.NotEmpty(t, f.Metadata["cases"])
		for _, name := range f.Names() {
			x, err := f.Tensor(name)
			require.NoError(t, err)
			if _, ok := f.Info(name + ".f64"); !ok {
				continue
			}
			exact, err := f.Float64s(name + ".f64")
			require.NoError(t, err)
			require.Len(t, x.Data, len(exact))
			for i, want := range exact {
				require.Equal(t, float32(want), x.Data[i], "%s: %s", path, name)
			}
			pairs++
		}
		require.NoError(t, f.Close())
	}
	require.Greater(t, pairs, 1000)
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, map[string]string{"a": "b"}, FromTensor("w", tensor.New(2)), FromBytes("r", []byte{1})); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(file(`{"x":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]}}`, "\x07")))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parse(string(data))
		if err != nil {
			return
		}
		for _, name := range file.Names() {
			x, err := file.Tensor(name)
			require.NoError(t, err)
			require.Len(t, x.Data, x.Shape.Len())
		}
	})
}

func BenchmarkTensor(b *testing.B) {
	x := tensor.New(10_700_000)
	path := filepath.Join(b.TempDir(), "a.safetensors")
	b.Run("pass=write", func(b *testing.B) {
		b.SetBytes(4 * int64(len(x.Data)))
		for b.Loop() {
			require.NoError(b, Write(io.Discard, nil, FromTensor("w", x)))
		}
	})
	require.NoError(b, WriteFile(path, nil, FromTensor("w", x)))
	b.Run("pass=read", func(b *testing.B) {
		b.SetBytes(4 * int64(len(x.Data)))
		f, err := Open(path)
		require.NoError(b, err)
		defer f.Close()
		for b.Loop() {
			_, err := f.Tensor("w")
			require.NoError(b, err)
		}
	})
}

func file(header, data string) string {
	return string(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))) + header + data
}

func parse(file string) (*File, error) { return Read(strings.NewReader(file), int64(len(file))) }

func write(t *testing.T, metadata map[string]string, entries ...Entry) []byte {
	var b bytes.Buffer
	require.NoError(t, Write(&b, metadata, entries...))
	return b.Bytes()
}
