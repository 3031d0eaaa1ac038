package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/tensor"
)

// An Entry is a named tensor to be written. It shares the data that it was
// made from.
type Entry struct {
	name  string
	dtype DType
	shape tensor.Shape
	data  any // []float32, []float64, []int64 or []byte
}

// FromTensor returns the entry of a float32 tensor, of type F32. It panics with
// a [*tensor.ShapeError] if the tensor has no data.
func FromTensor(name string, t tensor.Tensor) Entry {
	return newEntry(name, F32, t.Data, t.Shape)
}

// FromFloat64s returns an entry of one axis, of type F64.
func FromFloat64s(name string, data []float64) Entry {
	return newEntry(name, F64, data, tensor.NewShape(len(data)))
}

// FromInt64s returns an entry of one axis, of type I64.
func FromInt64s(name string, data []int64) Entry {
	return newEntry(name, I64, data, tensor.NewShape(len(data)))
}

// FromBytes returns an entry of one axis, of type U8.
func FromBytes(name string, data []byte) Entry {
	return newEntry(name, U8, data, tensor.NewShape(len(data)))
}

// Reshape returns the entry with another shape. It panics with a
// [*tensor.ShapeError] if that has another number of elements.
func (e Entry) Reshape(dims ...int) Entry {
	s := tensor.NewShape(dims...)
	if s.Len() != e.shape.Len() {
		panic(&tensor.ShapeError{Op: "safetensors entry " + strconv.Quote(e.name), Shapes: []tensor.Shape{e.shape, s},
			Problem: fmt.Sprintf("%d and %d elements", e.shape.Len(), s.Len())})
	}
	e.shape = s
	return e
}

// Write writes a safetensors file. Equal arguments give equal bytes: metadata
// is sorted by key, and entries keep their order but that those of wider types
// come first, so that every tensor is aligned to the size of its elements. Two
// entries of one name, text that is not UTF-8 and a header over 100 MB are
// errors, and then nothing has been written.
func Write(w io.Writer, metadata map[string]string, entries ...Entry) error {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return b.dtype.Size() - a.dtype.Size()
	})
	header, err := appendHeader(make([]byte, 8), metadata, entries)
	if err != nil {
		return err
	}
	binary.LittleEndian.PutUint64(header, uint64(len(header)-8))
	if _, err := w.Write(header); err != nil {
		return err
	}
	buf := make([]byte, 1<<16)
	for _, e := range entries {
		if err := e.write(w, buf); err != nil {
			return fmt.Errorf("tensor %q: %w", e.name, err)
		}
	}
	return nil
}

// WriteFile writes the file at path as [Write] does, whole or not at all: until
// everything is safe on disk, the old content stays.
func WriteFile(path string, metadata map[string]string, entries ...Entry) error {
	return atomicfile.Write(path, func(w io.Writer) error { return Write(w, metadata, entries...) })
}

func newEntry[T any](name string, d DType, data []T, s tensor.Shape) Entry {
	if len(data) != s.Len() {
		panic(&tensor.ShapeError{Op: "safetensors entry " + strconv.Quote(name), Shapes: []tensor.Shape{s},
			Problem: fmt.Sprintf("%d elements for a shape of %d", len(data), s.Len())})
	}
	return Entry{name, d, s, data}
}

// appendHeader appends the JSON header to b, padded with spaces so that the
// data begins at a multiple of eight bytes.
func appendHeader(b []byte, metadata map[string]string, entries []Entry) ([]byte, error) {
	var err error
	quote := func(s string) {
		if !utf8.ValidString(s) && err == nil {
			err = fmt.Errorf("%q is not UTF-8", s)
		}
		q, _ := json.Marshal(s)
		b = append(b, q...)
	}
	b = append(b, '{')
	if len(metadata) > 0 {
		b = append(b, `"`+metadataKey+`":{`...)
		for _, key := range slices.Sorted(maps.Keys(metadata)) {
			quote(key)
			b = append(b, ':')
			quote(metadata[key])
			b = append(b, ',')
		}
		b[len(b)-1] = '}'
		b = append(b, ',')
	}
	seen := map[string]bool{metadataKey: true}
	at := 0
	for _, e := range entries {
		if seen[e.name] {
			return nil, fmt.Errorf("the name %q is taken", e.name)
		}
		seen[e.name] = true
		end := at + e.shape.Len()*e.dtype.Size()
		quote(e.name)
		dims := strings.ReplaceAll(e.shape.String(), " ", ",")
		b = fmt.Appendf(b, `:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]},`, e.dtype, dims, at, end)
		at = end
	}
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	if err == nil && len(b)-8 > maxHeader {
		err = fmt.Errorf("a header of %d bytes is over the limit of %d", len(b)-8, maxHeader)
	}
	return b, err
}

// write writes the elements, little endian, by way of buf.
func (e Entry) write(w io.Writer, buf []byte) error {
	le := binary.LittleEndian
	switch data := e.data.(type) {
	case []float32:
		for part := range slices.Chunk(data, len(buf)/4) {
			for i, x := range part {
				le.PutUint32(buf[4*i:], math.Float32bits(x))
			}
			if _, err := w.Write(buf[:4*len(part)]); err != nil {
				return err
			}
		}
	case []float64:
		for part := range slices.Chunk(data, len(buf)/8) {
			for i, x := range part {
				le.PutUint64(buf[8*i:], math.Float64bits(x))
			}
			if _, err := w.Write(buf[:8*len(part)]); err != nil {
				return err
			}
		}
	case []int64:
		for part := range slices.Chunk(data, len(buf)/8) {
			for i, x := range part {
				le.PutUint64(buf[8*i:], uint64(x))
			}
			if _, err := w.Write(buf[:8*len(part)]); err != nil {
				return err
			}
		}
	case []byte:
		_, err := w.Write(data)
		return err
	}
	return nil
}
