package nifti

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A DataType is the type of a file's voxels, the datatype field of the header.
type DataType int

// The types that are read. [WriteImage] makes Float32, and [WriteLabels] the
// smallest of Uint8, Int16 and Int32.
const (
	Uint8   DataType = 2
	Int16   DataType = 4
	Int32   DataType = 8
	Float32 DataType = 16
	Float64 DataType = 64
	Int8    DataType = 256
	Uint16  DataType = 512
	Uint32  DataType = 768
	Int64   DataType = 1024
	Uint64  DataType = 1280

	Float128 DataType = 1536
)

var dataTypes = map[DataType]struct {
	name string
	size int // bytes of a voxel, 0 for what is not read
}{
	Uint8: {"uint8", 1}, Int8: {"int8", 1}, Int16: {"int16", 2}, Uint16: {"uint16", 2},
	Int32: {"int32", 4}, Uint32: {"uint32", 4}, Int64: {"int64", 8}, Uint64: {"uint64", 8},
	Float32: {"float32", 4}, Float64: {"float64", 8},
	1: {"binary", 0}, 32: {"complex64", 0}, 128: {"RGB24", 0}, Float128: {"float128", 16},
	1792: {"complex128", 0}, 2048: {"complex256", 0}, 2304: {"RGBA32", 0},
}

// Size returns the bytes of one voxel, 0 for a type that is not read.
func (d DataType) Size() int { return dataTypes[d].size }

// String returns the name, as in "int16".
func (d DataType) String() string {
	if t, ok := dataTypes[d]; ok {
		return t.name
	}
	return fmt.Sprintf("datatype %d", int(d))
}

// load returns the first voxel of b, which is little endian.
func (d DataType) load(b []byte) float64 {
	le := binary.LittleEndian
	switch d {
	case Uint8:
		return float64(b[0])
	case Int8:
		return float64(int8(b[0]))
	case Uint16:
		return float64(le.Uint16(b))
	case Int16:
		return float64(int16(le.Uint16(b)))
	case Uint32:
		return float64(le.Uint32(b))
	case Int32:
		return float64(int32(le.Uint32(b)))
	case Uint64:
		return float64(le.Uint64(b))
	case Int64:
		return float64(int64(le.Uint64(b)))
	case Float32:
		return float64(math.Float32frombits(le.Uint32(b)))
	case Float128:
		return longDouble(le.Uint64(b), le.Uint64(b[8:]))
	default:
		return math.Float64frombits(le.Uint64(b))
	}
}

// longDouble returns what 128 bits hold: an IEEE 754 binary128 or, as x86 writes
// where C says long double, 80 bits of its extended precision and zeros, which as
// a binary128 would be nearer to 0 than any float64 can be.
func longDouble(lo, hi uint64) float64 {
	sign, exponent, fraction, bits := hi>>63, int(hi>>48&0x7fff), hi<<16>>12|lo>>60, 52
	if lo<<4 != 0 {
		fraction |= 1 // the rest is beyond a float32's digits, but for a tie
	}
	mantissa := float64(1<<52 | fraction)
	if hi>>16 == 0 {
		sign, exponent, fraction, bits = hi>>15, int(hi&0x7fff), lo<<1, 63
		mantissa = float64(lo)
	}
	x := math.Ldexp(mantissa, exponent-16383-bits)
	switch {
	case exponent == 0x7fff && fraction != 0:
		return math.NaN()
	case exponent == 0x7fff:
		x = math.Inf(1)
	case exponent == 0:
		x = 0
	}
	return math.Copysign(x, 1-2*float64(sign))
}

// swap reverses the bytes of each voxel of b.
func swap(b []byte, size int) {
	for at := 0; at+size <= len(b); at += size {
		for lo, hi := at, at+size-1; lo < hi; lo, hi = lo+1, hi-1 {
			b[lo], b[hi] = b[hi], b[lo]
		}
	}
}
