package autograd

import (
	"math/bits"
	"unsafe"
)

// An arena keeps the buffers that a tape has made, by size class, for reuse. A
// class is a power of two or one of the seven equal steps up to the next, so
// that no new buffer wastes more than an eighth; a larger one that is free serves
// before another is made.
type arena struct {
	free map[int][][]float32 // by class
}

const (
	alignment  = 64 // bytes: a cache line and an AVX-512 register
	leastClass = alignment / 4

	wasteAllowed = 16
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
	if fit := a.fit(c); fit > 0 {
		list := a.free[fit]
		b := list[len(list)-1]
		a.free[fit] = list[:len(list)-1]
		return b[:n]
	}
	b := make([]float32, c+leastClass)
	skip := 0
	if at := uintptr(unsafe.Pointer(&b[0])) % alignment; at != 0 {
		skip = int(alignment-at) / 4
	}
	return b[skip : skip+n : skip+c]
}

// fit returns the least class from c on, up to wasteAllowed times as large, of
// which a buffer is free; 0 if there is none. Without the larger ones an arena
// that meets ever new phis would come to hold some buffers of every class.
func (a *arena) fit(c int) int {
	if len(a.free[c]) > 0 {
		return c
	}
	least := 0
	for k, list := range a.free {
		if len(list) > 0 && k > c && k <= wasteAllowed*c && (least == 0 || k < least) {
			least = k
		}
	}
	return least
}

// give takes back a buffer that take returned.
func (a *arena) give(b []float32) {
	if a.free == nil {
		a.free = make(map[int][][]float32)
	}
	a.free[cap(b)] = append(a.free[cap(b)], b[:cap(b)])
}
