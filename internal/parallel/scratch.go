package parallel

import (
	"slices"
	"sync"
	"unsafe"
)

const (
	align        = 64       // bytes: a cache line, and the widest vector
	keptFloats   = 64 << 20 // what the free list may hold, in floats
	keptBuffers  = 256
	wasteAllowed = 4 // a buffer serves requests down to this fraction of its size
)

// Aligned returns n zeros that begin at a multiple of 64 bytes. Its capacity
// may be larger than n.
func Aligned(n int) []float32 {
	const floats = align / 4
	n16 := (n + floats - 1) / floats * floats
	s := make([]float32, n16+floats-1)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(s)))%align) / 4
	return s[skip : skip+n : skip+n16]
}

var scratch struct {
	sync.Mutex
	free        [][]float32 // by capacity, ascending
	held        int
	taken, most int // floats in use, now and at most since Watch asked
}

// Scratch returns n floats of any value, aligned as by [Aligned], for the
// caller alone until it hands them back by [Release]. In steady state it
// allocates nothing.
func Scratch(n int) []float32 {
	scratch.Lock()
	scratch.taken += n
	scratch.most = max(scratch.most, scratch.taken)
	i, _ := slices.BinarySearchFunc(scratch.free, n, func(s []float32, n int) int { return cap(s) - n })
	if i < len(scratch.free) && cap(scratch.free[i]) <= wasteAllowed*max(n, 1024) {
		s := scratch.free[i]
		scratch.free = slices.Delete(scratch.free, i, i+1)
		scratch.held -= cap(s)
		scratch.Unlock()
		return s[:n]
	}
	// The new one takes the place of the next smaller one, whose requests it can
	// serve: sizes that change from step to step do not pile up.
	if i > 0 && wasteAllowed*cap(scratch.free[i-1]) >= n {
		scratch.held -= cap(scratch.free[i-1])
		scratch.free = slices.Delete(scratch.free, i-1, i)
	}
	scratch.Unlock()
	return Aligned(n)
}

// Release hands back what [Scratch] returned.
func Release(s []float32) {
	scratch.Lock()
	defer scratch.Unlock()
	scratch.taken -= len(s)
	if cap(s) == 0 || scratch.held+cap(s) > keptFloats || len(scratch.free) == keptBuffers {
		return
	}
	i, _ := slices.BinarySearchFunc(scratch.free, cap(s), func(s []float32, n int) int { return cap(s) - n })
	scratch.free = slices.Insert(scratch.free, i, s[:0])
	scratch.held += cap(s)
}

// Kept returns the bytes of scratch that nobody uses and that are kept for those
// who ask next.
func Kept() int64 {
	scratch.Lock()
	defer scratch.Unlock()
	return 4 * int64(scratch.held)
}

// Watch calls f and returns the most bytes of scratch that were in use at once
// meanwhile beside what was in use before.
func Watch(f func()) int64 {
	scratch.Lock()
	before := scratch.taken
	scratch.most = before
	scratch.Unlock()
	f()
	scratch.Lock()
	defer scratch.Unlock()
	return 4 * int64(scratch.most-before)
}

// Forget leaves what is kept to the garbage collector.
func Forget() {
	scratch.Lock()
	defer scratch.Unlock()
	clear(scratch.free)
	scratch.free, scratch.held = scratch.free[:0], 0
}
