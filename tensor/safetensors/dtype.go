package safetensors

import (
	"encoding/binary"
	"math"
)

// A DType is the type of a tensor's elements as the header spells it.
type DType string

// The element types that are read. [Write] makes F64, I64, F32 and U8.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U64  DType = "U64"
	U32  DType = "U32"
	U16  DType = "U16"
	U8   DType = "U8"
	Bool DType = "BOOL"
)

// Size returns the bytes of one element, 0 for a type that is not known.
func (d DType) Size() int {
	switch d {
	case F64, I64, U64:
		return 8
	case F32, I32, U32:
		return 4
	case F16, BF16, I16, U16:
		return 2
	case I8, U8, Bool:
		return 1
	}
	return 0
}

// decode fills dst from the little-endian elements of src.
func decode[T float32 | float64 | int64](dst []T, src []byte, d DType) {
	le := binary.LittleEndian
	switch d {
	case F64:
		for i := range dst {
			dst[i] = T(math.Float64frombits(le.Uint64(src[8*i:])))
		}
	case F32:
		for i := range dst {
			dst[i] = T(math.Float32frombits(le.Uint32(src[4*i:])))
		}
	case F16:
		for i := range dst {
			dst[i] = T(half(le.Uint16(src[2*i:])))
		}
	case BF16:
		for i := range dst {
			dst[i] = T(math.Float32frombits(uint32(le.Uint16(src[2*i:])) << 16))
		}
	case I64:
		for i := range dst {
			dst[i] = T(int64(le.Uint64(src[8*i:])))
		}
	case I32:
		for i := range dst {
			dst[i] = T(int32(le.Uint32(src[4*i:])))
		}
	case I16:
		for i := range dst {
			dst[i] = T(int16(le.Uint16(src[2*i:])))
		}
	case I8:
		for i := range dst {
			dst[i] = T(int8(src[i]))
		}
	case U64:
		for i := range dst {
			dst[i] = T(le.Uint64(src[8*i:]))
		}
	case U32:
		for i := range dst {
			dst[i] = T(le.Uint32(src[4*i:]))
		}
	case U16:
		for i := range dst {
			dst[i] = T(le.Uint16(src[2*i:]))
		}
	case U8:
		for i := range dst {
			dst[i] = T(src[i])
		}
	case Bool:
		for i := range dst {
			dst[i] = T(min(src[i], 1))
		}
	}
}

// half widens an IEEE 754 binary16: 1 sign bit, 5 exponent bits with bias 15,
// 10 mantissa bits.
func half(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent, mantissa := uint32(h>>10)&31, uint32(h&1023)
	switch exponent {
	case 0: // zero and subnormals: mantissa * 2^-24, exact in float32
		x := float32(mantissa) / (1 << 24)
		return math.Float32frombits(sign | math.Float32bits(x))
	case 31: // infinity and NaN
		exponent = 255 - 112
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | mantissa<<13)
}
