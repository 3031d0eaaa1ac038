package kernel

import "github.com/sshn-go/sshn/internal/parallel"

// plain cuts C into tiles. A row of a tile is a combination of rows of B or, if
// B is transposed, made of inner products.
func (g *gemm[T]) plain() {
	c := g.plainCut()
	parallel.For(c.tasks(), 1, func(t, _ int) {
		i, j := c.at(t)
		g.tile(i, min(i+c.rows, g.m), j, min(j+c.columns, g.n))
	})
}

func (g *gemm[T]) plainCut() gemmCut {
	const columns = 4096 // of a tile: a row of it stays in the first cache
	across := (g.n + columns - 1) / columns
	width := (g.n + across - 1) / across
	rows := grain(g.m, int64(g.m)*int64(width)*int64(max(g.k, 1)), plainWork)
	if g.m == 1 && g.transB {
		width = grain(g.n, int64(g.n)*int64(g.k), plainWork)
		across = (g.n + width - 1) / width
	}
	return gemmCut{rows, (g.m + rows - 1) / rows, width, across}
}

// tile computes the rows i0 to i1 of the columns j0 to j1.
func (g *gemm[T]) tile(i0, i1, j0, j1 int) {
	var column []T // of A, if it is needed in one piece
	if g.transA && g.transB {
		column = scratch[T](g.k)
		defer release(column)
	}
	for i := i0; i < i1; i++ {
		c := g.c[i*g.ldc+j0 : i*g.ldc+j1]
		if !g.accumulate {
			clear(c)
		}
		switch {
		case g.k == 0:
		case !g.transB && !g.transA:
			combine(c, g.b[j0:], g.ldb, g.a[i*g.lda:], 1, g.k)
		case !g.transB:
			combine(c, g.b[j0:], g.ldb, g.a[i:], g.lda, g.k)
		default:
			a := column
			if g.transA {
				for p := range a {
					a[p] = g.a[p*g.lda+i]
				}
			} else {
				a = g.a[i*g.lda:][:g.k]
			}
			for j := range c {
				c[j] += dotPlain(a, g.b[(j0+j)*g.ldb:][:g.k])
			}
		}
	}
}
