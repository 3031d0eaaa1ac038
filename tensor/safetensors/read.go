package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/sshn-go/sshn/tensor"
)

// maxHeader is the longest header that is read, 100 MB, as in the format's
// reference implementation.
const maxHeader = 100_000_000

// foreign is what files of other formats are told by.
const foreign = "not a safetensors file"

// A File is an open safetensors file: its header, and its data on demand. Many
// goroutines may read from one File.
type File struct {
	// Metadata holds the strings that are not tensors, under __metadata__ in
	// the header. It is never nil.
	Metadata map[string]string

	name  string // for errors
	r     io.ReaderAt
	close func() error
	data  int64 // where the data begins
	infos []Info
	index map[string]int
}

// Open opens the file at path and checks its header; Close it after use.
func Open(path string) (*File, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	stat, err := r.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = fmt.Errorf("%s: %s: expected a regular file, found %v", path, foreign, stat.Mode())
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	f, err := read(path, r, stat.Size())
	if err != nil {
		r.Close()
		return nil, err
	}
	f.close = r.Close
	return f, nil
}

// Read checks the header of the file of size bytes behind r, which the caller
// keeps open for as long as the File is in use.
func Read(r io.ReaderAt, size int64) (*File, error) { return read("safetensors", r, size) }

func read(name string, r io.ReaderAt, size int64) (*File, error) {
	f := &File{name: name, r: r}
	if size < 8 {
		return nil, fmt.Errorf("%s: %s: expected the 8 bytes of the header's length, found %d", name, foreign, size)
	}
	var length [8]byte
	if err := f.readAt(length[:], 0); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader {
		return nil, fmt.Errorf("%s: %s: expected the length of a header, up to %d bytes, found %d", name, foreign, maxHeader, n)
	}
	if n > uint64(size-8) {
		return nil, fmt.Errorf("%s: %s, or cut short: expected a header of %d bytes, found %d", name, foreign, n, size-8)
	}
	text := make([]byte, n)
	if err := f.readAt(text, 8); err != nil {
		return nil, fmt.Errorf("%s: header: %w", name, err)
	}
	f.data = 8 + int64(n)
	var err error
	f.infos, f.Metadata, err = parseHeader(text, size-f.data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.index = make(map[string]int, len(f.infos))
	for i, t := range f.infos {
		f.index[t.Name] = i
	}
	return f, nil
}

// Close closes the file that [Open] opened; it does nothing after [Read].
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// Names returns the names of the tensors in the order of their data. The
// caller owns the slice.
func (f *File) Names() []string {
	names := make([]string, len(f.infos))
	for i, t := range f.infos {
		names[i] = t.Name
	}
	return names
}

// Info describes the tensor of that name; false means that there is none.
func (f *File) Info(name string) (Info, bool) {
	i, ok := f.index[name]
	if !ok {
		return Info{}, false
	}
	return f.infos[i], true
}

// Tensor reads a tensor of any type as float32: floats of 64 bits and large
// integers are rounded, a boolean is 0 or 1. The caller owns the result.
func (f *File) Tensor(name string) (tensor.Tensor, error) {
	data, t, err := elements[float32](f, name)
	return tensor.Tensor{Shape: t.Shape, Data: data}, err
}

// Float64s reads the elements of a tensor in row-major order as float64: exact
// but for 64-bit integers beyond 2^53. The caller owns the result.
func (f *File) Float64s(name string) ([]float64, error) {
	data, _, err := elements[float64](f, name)
	return data, err
}

// Int64s reads the elements of a tensor of an integer type, or of booleans, in
// row-major order, all exactly; U64, which may not fit, is an error, as is a
// type of floats. The caller owns the result.
func (f *File) Int64s(name string) ([]int64, error) {
	data, _, err := elements[int64](f, name, I64, I32, I16, I8, U32, U16, U8, Bool)
	return data, err
}

// Bytes reads a tensor of any type as it stands in the file, little endian.
// The caller owns the result.
func (f *File) Bytes(name string) ([]byte, error) {
	t, err := f.find(name)
	if err != nil {
		return nil, err
	}
	b := make([]byte, t.end-t.begin)
	if err := f.readAt(b, f.data+t.begin); err != nil {
		return nil, fmt.Errorf("%s: tensor %q: %w", f.name, name, err)
	}
	return b, nil
}

// elements reads a tensor whose type is one of accept; none means any.
func elements[T float32 | float64 | int64](f *File, name string, accept ...DType) ([]T, Info, error) {
	t, err := f.find(name)
	if err != nil {
		return nil, Info{}, err
	}
	if len(accept) > 0 && !slices.Contains(accept, t.DType) {
		return nil, Info{}, fmt.Errorf("%s: tensor %q: expected one of %v, found %s", f.name, name, accept, t.DType)
	}
	data := make([]T, t.Shape.Len())
	buf := make([]byte, min(t.end-t.begin, 1<<16))
	step := len(buf) / t.DType.Size()
	at := f.data + t.begin
	for rest := data; len(rest) > 0; {
		n := min(step, len(rest))
		src := buf[:n*t.DType.Size()]
		if err := f.readAt(src, at); err != nil {
			return nil, Info{}, fmt.Errorf("%s: tensor %q: %w", f.name, name, err)
		}
		decode(rest[:n], src, t.DType)
		rest, at = rest[n:], at+int64(len(src))
	}
	return data, t, nil
}

func (f *File) find(name string) (Info, error) {
	t, ok := f.Info(name)
	if !ok {
		return Info{}, fmt.Errorf("%s: no tensor %q among its %d", f.name, name, len(f.infos))
	}
	return t, nil
}

// readAt fills b. A file that has shrunk since its size was taken gives
// io.ErrUnexpectedEOF.
func (f *File) readAt(b []byte, at int64) error {
	n, err := f.r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("expected %d bytes at %d, found %d: %w", len(b), at, n, err)
}
