package kernel

import "fmt"

// Gemm computes C = A B, or adds the product to C if accumulate holds. C is
// [m, n], A is [m, k] and B is [k, n], each with rows lda, ldb and ldc apart;
// with transA or transB the slice holds the transpose, [k, m] or [n, k].
func Gemm(c, a, b []float32, m, n, k int, transA, transB bool, lda, ldb, ldc int, accumulate bool) {
	if m == 0 || n == 0 {
		return
	}
	g := gemm[float32]{c, a, b, m, n, k, transA, transB, lda, ldb, ldc, accumulate}
	g.check()
	if fast.available() {
		annotate(&g)
		gemmFast(&g)
		return
	}
	g.plain()
}

// GemmScratch is the working memory that Gemm takes, in bytes, at most.
func GemmScratch(m, n, k int, transA, transB bool) int64 {
	g := gemm[float32]{m: m, n: n, k: k, transA: transA, transB: transB}
	switch {
	case m == 0 || n == 0:
		return 0
	case fast.available():
		return elem * int64(g.scratchFast())
	case transA && transB:
		return elem * int64(busy(g.plainCut().tasks())*k)
	}
	return 0
}

type gemm[T float] struct {
	c, a, b        []T
	m, n, k        int
	transA, transB bool
	lda, ldb, ldc  int
	accumulate     bool
}

func (g *gemm[T]) check() {
	fits := func(s []T, rows, columns, stride int, transposed bool) bool {
		if transposed {
			rows, columns = columns, rows
		}
		return rows == 0 || columns <= stride && len(s) >= (rows-1)*stride+columns
	}
	if g.m < 0 || g.n < 0 || g.k < 0 || !fits(g.c, g.m, g.n, g.ldc, false) ||
		!fits(g.a, g.m, g.k, g.lda, g.transA) || !fits(g.b, g.k, g.n, g.ldb, g.transB) {
		panic(fmt.Sprintf("kernel: a product %d x %d x %d of slices of %d, %d and %d elements, rows %d, %d and %d apart",
			g.m, g.n, g.k, len(g.c), len(g.a), len(g.b), g.ldc, g.lda, g.ldb))
	}
}

// annotate tells the race detector what is read and written, and not the gaps
// between rows: they may be somebody else's.
func annotate(g *gemm[float32]) {
	if !raceDetector {
		return
	}
	rows := func(tell func(...[]float32), s []float32, n, length, stride int) {
		for i := range n {
			tell(s[i*stride:][:length])
		}
	}
	rows(writes, g.c, g.m, g.n, g.ldc)
	if g.transA {
		rows(reads, g.a, g.k, g.m, g.lda)
	} else {
		rows(reads, g.a, g.m, g.k, g.lda)
	}
	if g.transB {
		rows(reads, g.b, g.n, g.k, g.ldb)
	} else {
		rows(reads, g.b, g.k, g.n, g.ldb)
	}
}
