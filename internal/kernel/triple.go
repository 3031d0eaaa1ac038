package kernel

import "unsafe"

// A triple is a tile of three taps that are neighbours along a row: what it loads
// of A serves all three, so that of many rows it loads less than half of what tiles
// load for as many products. With as many loads as these, products are slower.
//
// By rows, for a convolution, tap t of output m reads row m + t of A:
//
//	C[m][n] = bias[n] + sum over s, k, t of A[s.a + (m+t)*am + k*ak] * B[s.b + t*tap + k*bk + n]
//
// By columns, for its weight gradient, A's elements are the inputs of a row and B's
// are the gradients. C has rows for each tap, and tap is the distance from a tap's
// last row to the next one's first:
//
//	C[t][m][n] = bias[n] + sum over s, 0 <= k < K of A[s.a + m*am + (k+t-head)*ak] * B[s.b + k*bk + n]
//
// Of the K + 2 inputs that these would be the first head and the last tail are
// padding, and left out. K is at least 2, head and tail are at most 2.

// tripleKernels are the triples of an instruction set, by rows of each tap.
type tripleKernels struct{ row, column kernelTable }

// A kernelTable is a table of kernels with the rows of the largest by vectors - 1.
type kernelTable struct {
	kernels *tileTable
	rows    [4]int
}

// triplePlain is what triples by rows compute, in plain Go.
func triplePlain(p *tile, rows, columns int) {
	p.each(func() {
		sum := *p
		for t := range 3 {
			if t > 0 {
				sum.flags |= tileAdd
				sum.bias = unsafe.Pointer(&zeros)
			}
			if t < 2 {
				sum.flags &^= tileLeaky
			} else {
				sum.flags |= p.flags & tileLeaky
			}
			sum.a, sum.b = unsafe.Add(p.a, t*p.am), unsafe.Add(p.b, t*p.tap)
			sum.onePlain(rows, columns)
		}
	})
}

// tripleColumnPlain is what triples by columns compute.
func tripleColumnPlain(p *tile, rows, columns int) {
	for t := range 3 {
		first, last := max(0, p.head-t), min(p.k, p.k+2-p.tail-t) // products
		part := *p
		part.k = last - first
		part.a = unsafe.Add(p.a, (first+t-p.head)*p.ak)
		part.b = unsafe.Add(p.b, first*p.bk)
		part.c = unsafe.Add(p.c, t*((rows-1)*p.cm+p.tap))
		part.onePlain(rows, columns)
	}
}
