//go:build !amd64 || purego

package kernel

import "unsafe"

// Tests alone call these where there is no assembly.

func axpyFast(y, x *float32, n int, a float32) {
	axpyPlain(unsafe.Slice(y, n), unsafe.Slice(x, n), a)
}

func axpy4Fast(y, x *float32, stride, n int, a0, a1, a2, a3 float32) {
	for i, a := range [4]float32{a0, a1, a2, a3} {
		axpyFast(y, (*float32)(unsafe.Add(unsafe.Pointer(x), i*stride)), n, a)
	}
}

func addFast(y, x *float32, n int) { addPlain(unsafe.Slice(y, n), unsafe.Slice(x, n)) }

func scaleFast(y *float32, n int, a float32) { scalePlain(unsafe.Slice(y, n), a) }

func dotFast(x, y *float32, n int) float32 { return dotPlain(unsafe.Slice(x, n), unsafe.Slice(y, n)) }

func dotFourFast(sums *[4]float32, x *float32, stride int, y *float32, n int) {
	for i := range sums {
		sums[i] = dotFast((*float32)(unsafe.Add(unsafe.Pointer(x), i*stride)), y, n)
	}
}

func peakLoop(lanes, n int) {}

func transposeEight(to, from *float32, toStride, fromStride, toStep, fromStep, blocks, add int) {
	for b := range blocks {
		for i := range 8 {
			for j := range 8 {
				y := (*float32)(unsafe.Add(unsafe.Pointer(to), b*toStep+i*toStride+j*elem))
				x := *(*float32)(unsafe.Add(unsafe.Pointer(from), b*fromStep+j*fromStride+i*elem))
				if add != 0 {
					x += *y
				}
				*y = x
			}
		}
	}
}
