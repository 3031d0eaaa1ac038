package nifti

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/sshn-go/sshn/tensor"
)

// A Header says what the voxels of a file are and where they lie. It keeps the
// bytes of the file that it was read from and is immutable.
type Header struct {
	raw     []byte
	order   binary.ByteOrder
	version int
}

// NewHeader returns the header of a new volume of shape [k j i], whose voxel
// (i, j, k) lies at affine * (i, j, k, 1), in mm. It is a little-endian
// NIfTI-1 header, or NIfTI-2 for an axis of more than 32767 voxels, with the
// affine as its sform, code 2 (aligned to something), which [Header.Affine] takes
// if it gives the voxels a volume. It panics with a [*tensor.ShapeError] if the
// shape is of another rank or empty, and with an error if the affine is not finite
// in the header's precision.
func NewHeader(shape tensor.Shape, affine [4][4]float64) *Header {
	if shape.Rank() != 3 || shape.Len() == 0 {
		panic(&tensor.ShapeError{Op: "nifti header", Shapes: []tensor.Shape{shape}, Problem: "expected [k j i] with voxels"})
	}
	h := &Header{order: binary.LittleEndian, version: 1}
	if slices.Max(shape.Dims()) > math.MaxInt16 {
		h.version = 2
	}
	h.raw = make([]byte, headerSize[h.version])
	h.order.PutUint32(h.raw, uint32(headerSize[h.version]))
	copy(h.raw[magicAt[h.version]:], magicFile[h.version])
	h.put(dim, 0, 3)
	h.put(pixdim, 0, 1)
	for axis := range 7 {
		h.put(dim, axis+1, 1)
		h.put(pixdim, axis+1, 1)
	}
	for axis := range 3 {
		h.put(dim, axis+1, float64(shape.Dim(2-axis)))
		h.put(pixdim, axis+1, norm(affine, axis))
		for column := range 4 {
			h.put(srow, 4*axis+column, affine[axis][column])
		}
	}
	h.put(sformCode, 0, 2)
	h.put(xyztUnits, 0, unitMM)
	h.describe(Float32)
	if err := h.check(); err != nil {
		panic(&tensor.UseError{Problem: "nifti header: " + err.Error()})
	}
	return h
}

// Version returns 1 or 2.
func (h *Header) Version() int { return h.version }

// ByteOrder returns the order of the file's bytes.
func (h *Header) ByteOrder() binary.ByteOrder { return h.order }

// DataType returns the type of the voxels in the file.
func (h *Header) DataType() DataType { return DataType(h.get(datatype, 0)) }

// Shape returns [k j i], the shape of the volume's tensor. An axis that the
// file lacks has one voxel.
func (h *Header) Shape() tensor.Shape {
	return tensor.NewShape(h.extent(3), h.extent(2), h.extent(1))
}

// Scale returns the slope and the intercept by which a number of the file
// becomes a value: slope * number + intercept. They are 1 and 0 where the file
// says that there are none, by a slope of 0 or one that is not finite.
func (h *Header) Scale() (slope, intercept float64) {
	slope = h.get(sclSlope, 0)
	if slope == 0 || math.IsNaN(slope) || math.IsInf(slope, 0) {
		return 1, 0
	}
	return slope, h.get(sclInter, 0)
}

// paired tells that the voxels stand in another file.
func (h *Header) paired() bool { return h.magic() == magicPair[h.version] }

func (h *Header) magic() string {
	at := magicAt[h.version]
	return string(h.raw[at : at+len(magicFile[h.version])])
}

// offset returns where the voxels begin in their file. For a single file, 0
// means the usual place, after the header and four bytes about extensions.
func (h *Header) offset() int {
	at := int(h.get(voxOffset, 0))
	if at == 0 && !h.paired() {
		at = len(h.raw) + 4
	}
	return at
}

// extent returns the voxels along axis 1 to 7.
func (h *Header) extent(axis int) int {
	if axis > int(h.get(dim, 0)) {
		return 1
	}
	return int(h.get(dim, axis))
}

// describe makes h that of a single file of plain voxels of type d; what places
// the voxels stays as it is.
func (h *Header) describe(d DataType) {
	copy(h.raw[magicAt[h.version]:], magicFile[h.version])
	h.put(datatype, 0, float64(d))
	h.put(bitpix, 0, float64(8*d.Size()))
	h.put(voxOffset, 0, float64(len(h.raw)+4))
	h.put(sclSlope, 0, 1)
	h.put(sclInter, 0, 0)
	// What follows described the values that were there before.
	h.put(calMax, 0, 0)
	h.put(calMin, 0, 0)
	h.put(intentCode, 0, 0)
	for i := range 3 {
		h.put(intentP, i, 0)
	}
	for _, text := range texts[h.version] {
		clear(h.raw[text[0]:][:text[1]])
	}
}

// foreign is what files of other formats are told by.
const foreign = "not a NIfTI file"

// readHeader reads the bytes of a header and checks what they claim.
func readHeader(r io.Reader) (*Header, error) {
	h := &Header{raw: make([]byte, headerSize[2])}
	switch n, err := io.ReadFull(r, h.raw[:4]); err {
	case nil:
	case io.EOF, io.ErrUnexpectedEOF:
		return nil, fmt.Errorf("%s: %w", foreign, truncated("header", headerSize[1], n, err))
	default:
		return nil, truncated("header", headerSize[1], n, err)
	}
	h.order, h.version = detect(h.raw)
	if h.version == 0 {
		return nil, fmt.Errorf("%s: expected a header of 348 or 540 bytes, found one that says %d", foreign, binary.LittleEndian.Uint32(h.raw))
	}
	h.raw = h.raw[:headerSize[h.version]]
	if n, err := io.ReadFull(r, h.raw[4:]); err != nil {
		return nil, truncated("header", len(h.raw), n+4, err)
	}
	return h, h.check()
}

func (h *Header) check() error {
	if m := h.magic(); m != magicFile[h.version] && m != magicPair[h.version] {
		return fmt.Errorf("%s: expected the magic %q or %q, found %q", foreign, magicFile[h.version], magicPair[h.version], m)
	}
	if err := h.checkDims(); err != nil {
		return err
	}
	if h.DataType().Size() == 0 {
		return fmt.Errorf("expected voxels of integers or floats, found %v", h.DataType())
	}
	if _, inter := h.Scale(); math.IsNaN(inter) || math.IsInf(inter, 0) {
		return fmt.Errorf("expected a finite scl_inter, found %v", inter)
	}
	lowest := 0
	if !h.paired() {
		lowest = len(h.raw)
	}
	if at := h.get(voxOffset, 0); at != 0 && !(at >= float64(lowest) && at <= maxOffset && at == math.Trunc(at)) {
		return fmt.Errorf("expected an integer from %d to %d as vox_offset, found %v", lowest, maxOffset, at)
	}
	if affine, source := h.Affine(); !finite(affine) {
		return fmt.Errorf("expected a finite %s, found %v", source, affine)
	}
	for axis, mm := range h.Spacing() {
		if math.IsNaN(mm) || math.IsInf(mm, 0) {
			return fmt.Errorf("expected a finite distance between voxels, found %v along %c", mm, "ijk"[axis])
		}
	}
	return nil
}

func (h *Header) checkDims() error {
	rank := h.get(dim, 0)
	if rank < 1 || rank > 7 {
		return fmt.Errorf("expected dim[0], the number of axes, from 1 to 7, found %v", rank)
	}
	voxels := 1.0
	for axis := 1; axis <= int(rank); axis++ {
		n := h.get(dim, axis)
		if n < 1 {
			return fmt.Errorf("expected dim[%d] from 1, found %v", axis, n)
		}
		if axis > 3 && n > 1 {
			return fmt.Errorf("expected one volume of three axes, found %.0f along axis %d%s", n, axis, axisNames[axis])
		}
		voxels *= n
	}
	if voxels > min(1<<53, math.MaxInt/16) { // so that bytes fit an int, of 32 bits too
		return fmt.Errorf("%.4g voxels are over any limit", voxels)
	}
	return nil
}

var axisNames = map[int]string{4: " (time)", 5: " (components of a voxel)"}

// truncated explains that n of want bytes were found.
func truncated(what string, want, n int, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%s: expected %d bytes, found %d: %w", what, want, n, err)
}
