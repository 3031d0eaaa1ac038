package nifti

import (
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/tensor"
)

// intentLabel says that voxels are indices into a list of names.
const intentLabel = 1002

// An Integer is what a label may be stored as.
type Integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32
}

// WriteImage writes x [k j i] as float32 on the grid of h, which keeps its
// version, its byte order and whatever places the voxels (dim, pixdim, units,
// sform, qform) byte for byte. Slope and intercept become 1 and 0; extensions
// and texts (descrip, db_name and the like) are dropped, for they may tell of the
// patient; the result is a single file.
// It panics with a [*tensor.ShapeError] if x has another shape than h.
func WriteImage(w io.Writer, h *Header, x tensor.Tensor) error {
	if x.Shape != h.Shape() || len(x.Data) != x.Shape.Len() {
		panic(&tensor.ShapeError{Op: "nifti image", Shapes: []tensor.Shape{x.Shape, h.Shape()},
			Problem: fmt.Sprintf("%d voxels do not lie on the header's grid", len(x.Data))})
	}
	return h.write(w, Float32, 0, len(x.Data), func(i int) uint32 { return math.Float32bits(x.Data[i]) })
}

// WriteLabels writes a segmentation, i fastest, on the grid of h as
// [WriteImage] does, in the smallest of uint8, int16 and int32 that holds all
// of it. It panics with a [*tensor.ShapeError] if there are more labels or
// fewer than voxels; a label beyond 32 bits is an error.
func WriteLabels[T Integer](w io.Writer, h *Header, labels []T) error {
	if len(labels) != h.Shape().Len() {
		panic(&tensor.ShapeError{Op: "nifti labels", Shapes: []tensor.Shape{h.Shape()},
			Problem: fmt.Sprintf("%d labels do not lie on the header's grid", len(labels))})
	}
	lo, hi := int64(slices.Min(labels)), int64(slices.Max(labels))
	d := Int32
	switch {
	case lo < math.MinInt32 || hi > math.MaxInt32:
		return fmt.Errorf("nifti: labels from %d to %d do not fit 32 bits", lo, hi)
	case lo >= 0 && hi <= math.MaxUint8:
		d = Uint8
	case lo >= math.MinInt16 && hi <= math.MaxInt16:
		d = Int16
	}
	return h.write(w, d, intentLabel, len(labels), func(i int) uint32 { return uint32(labels[i]) })
}

// WriteImageFile writes the file at path as [WriteImage] does, gzipped if the
// name ends in .gz, and whole or not at all. The name must end in .nii or
// .nii.gz.
func WriteImageFile(path string, h *Header, x tensor.Tensor) error {
	return writeFile(path, func(w io.Writer) error { return WriteImage(w, h, x) })
}

// WriteLabelsFile writes the file at path as [WriteLabels] and
// [WriteImageFile] do.
func WriteLabelsFile[T Integer](path string, h *Header, labels []T) error {
	return writeFile(path, func(w io.Writer) error { return WriteLabels(w, h, labels) })
}

func writeFile(path string, f func(io.Writer) error) error {
	stem, gz := strings.CutSuffix(path, ".gz")
	if !strings.HasSuffix(stem, ".nii") {
		return fmt.Errorf("write %s: expected a name that ends in .nii or .nii.gz", path)
	}
	if !gz {
		return atomicfile.Write(path, f)
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		z := gzip.NewWriter(w)
		return errors.Join(f(z), z.Close())
	})
}

// write writes a header, then n voxels, whose low bits voxel returns.
func (h *Header) write(w io.Writer, d DataType, intent, n int, voxel func(i int) uint32) error {
	to := &Header{slices.Clone(h.raw), h.order, h.version}
	to.describe(d)
	to.put(intentCode, 0, float64(intent))
	if _, err := w.Write(append(to.raw, 0, 0, 0, 0)); err != nil { // no extensions
		return err
	}
	size := d.Size()
	buf := make([]byte, 0, 1<<16)
	for i := range n {
		x := voxel(i)
		switch size {
		case 1:
			buf = append(buf, byte(x))
		case 2:
			buf = binary.LittleEndian.AppendUint16(buf, uint16(x))
		case 4:
			buf = binary.LittleEndian.AppendUint32(buf, x)
		}
		if len(buf) < cap(buf) && i < n-1 {
			continue
		}
		if h.order != binary.LittleEndian {
			swap(buf, size)
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
		buf = buf[:0]
	}
	return nil
}
