package autograd

import (
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/tensor"
)

// A MatMulConfig says which operand of a matrix product is given transposed in
// its last two axes, as keys are in attention.
type MatMulConfig struct{ TransposeA, TransposeB bool }

// MatMul is the matrix product over the last two axes:
//
//	a [batch..., M, K], b [batch..., K, N] -> y [batch..., M, N]
//
// with a [batch..., K, M] if TransposeA holds and b [batch..., N, K] if
// TransposeB does. Batch axes are aligned at their ends and broadcast: an
// extent of 1, or an axis that is not there, serves every index. A vector a
// [K] stands for one row and a vector b [K] for one column, whose axis y then
// lacks.
//
// It panics with a [*tensor.ShapeError] if the shapes do not fit each other.
// The cost is batch... M N K MACs.
func MatMul(a, b Value, c MatMulConfig) Value { return Apply(matMul{c}, a, b) }

type matMul struct{ MatMulConfig }

func (o matMul) Shape(in []tensor.Shape) tensor.Shape {
	p := o.product(in)
	dims := p.batch.Dims()
	if in[0].Rank() > 1 {
		dims = append(dims, p.m)
	}
	if in[1].Rank() > 1 {
		dims = append(dims, p.n)
	}
	return tensor.NewShape(dims...)
}

func (o matMul) Cost(in []tensor.Shape) Cost {
	p := o.product(in)
	macs := int64(p.batch.Len()) * int64(p.m) * int64(p.n) * int64(p.k)
	p = p.fold(o.TransposeA)
	return Cost{macs, kernel.GemmScratch(p.m, p.n, p.k, o.TransposeA, o.TransposeB)}
}

// backwardBytes implements [greedy].
func (o matMul) backwardBytes(in []tensor.Shape) int64 {
	p := o.product(in).fold(o.TransposeA)
	ga := kernel.GemmScratch(p.m, p.k, p.n, false, !o.TransposeB)
	if o.TransposeA {
		ga = kernel.GemmScratch(p.k, p.m, p.n, o.TransposeB, true)
	}
	gb := kernel.GemmScratch(p.k, p.n, p.m, !o.TransposeA, false)
	if o.TransposeB {
		gb = kernel.GemmScratch(p.n, p.k, p.m, true, o.TransposeA)
	}
	return max(ga, gb)
}

func (matMul) Needs(int) bool    { return true }
func (matMul) NeedsOutput() bool { return false }

func (o matMul) Forward(out tensor.Tensor, in []tensor.Tensor) {
	p := o.product(shapes(in)).fold(o.TransposeA)
	for i := range p.batch.Len() {
		y, a, b := p.at(i, out.Data, in[0].Data, in[1].Data)
		kernel.Gemm(y, a, b, p.m, p.n, p.k, o.TransposeA, o.TransposeB, p.lda, p.ldb, p.n, false)
	}
}

// OuterRows implements [OuterProduct]: of one plain product.
func (o matMul) OuterRows(in []tensor.Shape) int {
	if o.TransposeA || o.TransposeB || in[0].Rank() != 2 || in[1].Rank() != 2 {
		return 0
	}
	return in[0].Dim(0)
}

// Backward adds, where an operand is broadcast, over all that it served:
//
//	ga = gy b', gb = a' gy, or their transposes
func (o matMul) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	p := o.product(shapes(in)).fold(o.TransposeA)
	for i := range p.batch.Len() {
		gy, a, b := p.at(i, gout.Data, in[0].Data, in[1].Data)
		_, ga, gb := p.at(i, gout.Data, gin[0].Data, gin[1].Data)
		switch {
		case ga == nil:
		case o.TransposeA:
			kernel.Gemm(ga, b, gy, p.k, p.m, p.n, o.TransposeB, true, p.ldb, p.n, p.lda, true)
		default:
			kernel.Gemm(ga, gy, b, p.m, p.k, p.n, false, !o.TransposeB, p.n, p.ldb, p.lda, true)
		}
		switch {
		case gb == nil:
		case o.TransposeB:
			kernel.Gemm(gb, gy, a, p.n, p.k, p.m, true, o.TransposeA, p.n, p.lda, p.ldb, true)
		default:
			kernel.Gemm(gb, a, gy, p.k, p.n, p.m, !o.TransposeA, false, p.lda, p.n, p.ldb, true)
		}
	}
}

// A product is the geometry of a matrix product.
type product struct {
	m, n, k  int
	lda, ldb int                 // extents of the last axes of a and b
	batch    tensor.Shape        // of y
	a, b     [tensor.MaxRank]int // how many matrices a step along each axis of batch skips
}

func (o matMul) product(in []tensor.Shape) product {
	const op = "matmul"
	a, b := in[0], in[1]
	switch {
	case a.Rank() == 0 || b.Rank() == 0:
		refuse(op, in, "takes no scalars")
	case a.Rank() == 1 && o.TransposeA || b.Rank() == 1 && o.TransposeB:
		refuse(op, in, "a vector is not transposed")
	}
	p := product{m: 1, n: 1, k: a.Dim(-1), lda: a.Dim(-1), ldb: 1}
	if a.Rank() > 1 {
		p.m = a.Dim(-2)
	}
	if o.TransposeA {
		p.m, p.k = p.k, p.m
	}
	k := b.Dim(0)
	if b.Rank() > 1 {
		k, p.n, p.ldb = b.Dim(-2), b.Dim(-1), b.Dim(-1)
	}
	if o.TransposeB {
		k, p.n = p.n, k
	}
	if p.k != k {
		refuse(op, in, "a has %d columns and b %d rows, counted after transposing", p.k, k)
	}
	p.broadcast(op, in)
	return p
}

// broadcast sets the batch axes.
func (p *product) broadcast(op string, in []tensor.Shape) {
	axes := max(in[0].Rank(), in[1].Rank(), 2) - 2
	dims := make([]int, axes)
	stepA, stepB := 1, 1
	for i := axes - 1; i >= 0; i-- {
		da, db := batchDim(in[0], axes-i), batchDim(in[1], axes-i)
		if da != db && da != 1 && db != 1 {
			refuse(op, in, "batch extents %d and %d differ, and neither is 1", da, db)
		}
		dims[i] = da
		if da == 1 {
			dims[i] = db
		}
		if da != 1 {
			p.a[i] = stepA
		}
		if db != 1 {
			p.b[i] = stepB
		}
		stepA, stepB = stepA*da, stepB*db
	}
	p.batch = tensor.NewShape(dims...)
}

// fold makes one product of a batch that shares b: its rows follow each other.
func (p product) fold(transposeA bool) product {
	if p.b == [tensor.MaxRank]int{} && !transposeA {
		p.m *= p.batch.Len()
		p.batch = tensor.Shape{}
	}
	return p
}

// batchDim returns the extent of the i-th batch axis from the end, 1 if s has
// none.
func batchDim(s tensor.Shape, i int) int {
	if s.Rank() < i+2 {
		return 1
	}
	return s.Dim(-2 - i)
}

// at returns the matrices of the product number i; nil stays nil.
func (p *product) at(i int, y, a, b []float32) (yi, ai, bi []float32) {
	na, nb := 0, 0
	for axis, rest := p.batch.Rank()-1, i; axis >= 0; axis-- {
		d := p.batch.Dim(axis)
		na, nb = na+rest%d*p.a[axis], nb+rest%d*p.b[axis]
		rest /= d
	}
	return matrix(y, i, p.m*p.n), matrix(a, na, p.m*p.k), matrix(b, nb, p.k*p.n)
}

func matrix(s []float32, i, size int) []float32 {
	if s == nil {
		return nil
	}
	return s[i*size:][:size]
}
