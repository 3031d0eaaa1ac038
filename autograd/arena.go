package autograd

import (
	"math/bits"
	"unsafe"
)

// An arena keeps the buffers that a tape has made, by size class, for reuse. A
// class is a power of two or one of the seven equal steps up to the next, so
// that the shapes of ever new phis fall on buffers already there and no buffer
// wastes more than an eighth.
type arena struct {
	free map[int][][]float32 // by class
}

const (
	alignment  = 64 // bytes: a cache line and an AVX-512 register
	leastClass = alignment / 4
)

// class returns the length of the buffers that serve requests for n floats.
func class(n int) int {
	if n <= leastClass {
		return leastClass
	}
	step := 1 << max(bits.Len(uint(n-1))-4, 4)
	return (n + step - 1) &^ (step - 1)
}

// take returns an aligned buffer of n floats, whose content is unspecified.
func (a *arena) take(n int) []float32 {
	c := class(n)
	if list := a.free[c]; len(list) > 0 {
		b := list[len(list)-1]
		a.free[c] = list[:len(list)-1]
		return b[:n]
	}
	b := make([]float32, c+leastClass)
	skip := 0
	if at := uintptr(unsafe.Pointer(&b[0])) % alignment; at != 0 {
		skip = int(alignment-at) / 4
	}
	return b[skip : skip+n : skip+c]
}

// give takes back a buffer that take returned.
func (a *arena) give(b []float32) {
	if a.free == nil {
		a.free = make(map[int][][]float32)
	}
	a.free[cap(b)] = append(a.free[cap(b)], b[:cap(b)])
}
