package kernel

import "unsafe"

// A winograd is an algorithm F(m x m, 3x3) for convolutions by kernels of 3x3
// that move by one: a block of m x m outputs Y is computed from its (m+2) x (m+2)
// inputs X and a kernel W as
//
//	Y = A' [ (G W G') * (B' X B) ] A
//
// with * the product of elements, summed over input channels (and over the
// kernel's depth, if it has one): 36 products where the definition takes 144
// (m = 4) or 16 where it takes 36 (m = 2). For each of the (m+2)^2 elements the
// sums over channels for many blocks are a matrix product. The gradient by W is
// G' [ (B' X B) * (A Y A') ] G, summed over blocks.
//
// The matrices come from interpolation at the points 0, ±1, ∞ (m = 2), and
// 0, ±1/√2, ±√2, ∞ (m = 4): the latter has a third of the error of the textbook's
// 0, ±1, ±2, ∞, and as few operations.
//
// Source: Lavin and Gray, Fast algorithms for convolutional neural networks,
// 2016, sections 4.1 to 4.3.
type winograd struct {
	m, lanes   int
	input      func(*sandwich) // B' X B; blocks have two columns in common
	output     func(*sandwich) // A' M A, then the bias and what the flags say
	spread     func(*sandwich) // A Y A', the adjoint of output
	weight     func(*sandwich) // G W G'
	weightGrad func(*sandwich) // G' M G, added to what is there: the adjoint of weight
}

// points is the number of matrix products.
func (w *winograd) points() int { return (w.m + 2) * (w.m + 2) }

// winogradOf returns F(m x m, 3x3).
func winogradOf(m int) *winograd { return &fastOrPlain().winograd[m/4] }

// fastOrPlain are the kernels for Winograd's passes.
func fastOrPlain() *tileKernels {
	if fast.available() {
		return &fast
	}
	return plainTiles
}

// A sandwich is the work of a transform: for each of count blocks, a square of
// elements is multiplied by a matrix from the left and its transpose from the
// right. An element is a vector of neighbouring channels. Of tensors (from of
// input and spread, to of the others, and bias) only the lanes of the mask are
// read and written; what is read otherwise counts as zero. All distances are in
// bytes. The generator in _asm knows this layout.
type sandwich struct {
	to                            unsafe.Pointer
	toRow, toColumn, toStep       int
	from                          unsafe.Pointer
	fromRow, fromColumn, fromStep int
	count                         int
	half                          unsafe.Pointer // room for what was multiplied from the left
	rows, columns                 int            // that output writes, of m
	flags                         int
	bias                          unsafe.Pointer
	slope                         float32
	_                             float32
	bits                          int
	mask                          unsafe.Pointer
}

// tilePartial, for a sandwich, says that columns are fewer than m.
const tilePartial = 4

// halfBlocks is how many blocks a call of input may do for its room of
// halfFloats not to leave the first cache.
const halfBlocks = 8

func (w *winograd) halfFloats() int { return (halfBlocks*w.m + 2) * (w.m + 2) * w.lanes }

// channels sets the mask for n channels.
func (s *sandwich) channels(n int) {
	s.bits = 1<<n - 1
	s.mask = unsafe.Pointer(&laneMask[16-n])
}

// roundUp is the least multiple of to that is at least n.
func roundUp(n, to int) int { return (n + to - 1) / to * to }

// oddLines is the least odd number of cache lines for n elements, in elements:
// things that lie so far apart do not share cache sets.
func oddLines(n int) int { return (roundUp(n, 16) | 16) }
