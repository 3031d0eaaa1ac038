package nifti

import (
	"encoding/binary"
	"math"
)

// A field is one number of the header, or the first of several. It stands at
// another place and in another form in either version of the format.
type field struct{ v1, v2 slot }

type slot struct {
	at   int
	form form
}

type form byte

const (
	i8 form = iota
	i16
	i32
	i64
	f32
	f64
)

var sizes = [...]int{i8: 1, i16: 2, i32: 4, i64: 8, f32: 4, f64: 8}

// From nifti1.h and nifti2.h.
var (
	dim        = field{slot{40, i16}, slot{16, i64}} // 8 numbers
	intentP    = field{slot{56, f32}, slot{80, f64}} // 3 numbers
	intentCode = field{slot{68, i16}, slot{504, i32}}
	datatype   = field{slot{70, i16}, slot{12, i16}}
	bitpix     = field{slot{72, i16}, slot{14, i16}}
	pixdim     = field{slot{76, f32}, slot{104, f64}} // 8 numbers
	voxOffset  = field{slot{108, f32}, slot{168, i64}}
	sclSlope   = field{slot{112, f32}, slot{176, f64}}
	sclInter   = field{slot{116, f32}, slot{184, f64}}
	xyztUnits  = field{slot{123, i8}, slot{500, i32}}
	calMax     = field{slot{124, f32}, slot{192, f64}}
	calMin     = field{slot{128, f32}, slot{200, f64}}
	qformCode  = field{slot{252, i16}, slot{344, i32}}
	sformCode  = field{slot{254, i16}, slot{348, i32}}
	quatern    = field{slot{256, f32}, slot{352, f64}} // b c d
	qoffset    = field{slot{268, f32}, slot{376, f64}} // x y z
	srow       = field{slot{280, f32}, slot{400, f64}} // 3 rows of 4
)

// Indexed by the version.
var (
	magicAt    = [...]int{1: 344, 2: 4}
	headerSize = [...]int{1: 348, 2: 540}
	magicFile  = [...]string{1: "n+1\x00", 2: "n+2\x00\r\n\x1a\n"}
	magicPair  = [...]string{1: "ni1\x00", 2: "ni2\x00\r\n\x1a\n"}

	// texts are where free text stands, first byte and length: in version 1
	// data_type and db_name, then in both descrip and aux_file, and intent_name.
	texts = [...][][2]int{1: {{4, 28}, {148, 104}, {328, 16}}, 2: {{240, 104}, {508, 16}}}
)

// get returns the i-th number of a field. An integer beyond 2^53 is rounded;
// none of that size is ever accepted.
func (h *Header) get(f field, i int) float64 {
	b, form := h.number(f, i)
	switch form {
	case i8:
		return float64(int8(b[0]))
	case i16:
		return float64(int16(h.order.Uint16(b)))
	case i32:
		return float64(int32(h.order.Uint32(b)))
	case i64:
		return float64(int64(h.order.Uint64(b)))
	case f32:
		return float64(math.Float32frombits(h.order.Uint32(b)))
	default:
		return math.Float64frombits(h.order.Uint64(b))
	}
}

func (h *Header) put(f field, i int, x float64) {
	b, form := h.number(f, i)
	switch form {
	case i8:
		b[0] = byte(int8(x))
	case i16:
		h.order.PutUint16(b, uint16(int16(x)))
	case i32:
		h.order.PutUint32(b, uint32(int32(x)))
	case i64:
		h.order.PutUint64(b, uint64(int64(x)))
	case f32:
		h.order.PutUint32(b, math.Float32bits(float32(x)))
	case f64:
		h.order.PutUint64(b, math.Float64bits(x))
	}
}

func (h *Header) number(f field, i int) ([]byte, form) {
	s := f.v1
	if h.version == 2 {
		s = f.v2
	}
	return h.raw[s.at+i*sizes[s.form]:], s.form
}

// detect tells in which order the first four bytes of a file hold the size of
// a header, and of which version; version 0 means that they do not.
func detect(b []byte) (order binary.ByteOrder, version int) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(b) {
		case 348:
			return order, 1
		case 540:
			return order, 2
		}
	}
	return nil, 0
}
