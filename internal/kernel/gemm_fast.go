package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

const (
	gemmDepth   = 192     // of a panel of B: it, much of the next and rows of A stay in the first cache
	gemmRows    = 112     // of a block of A: it stays in the second
	gemmColumns = 128     // of C in a task, at least
	thinRows    = 4       // products of no more rows, or depth, are bound by memory
	thinDepth   = 1 << 12 // of a product at a time of such, whose A stays in the first cache
	spread      = 16      // added to the distance of copied rows, against powers of two
)

func gemmFast(g *gemm[float32]) {
	if g.thin() {
		thinGemm(g)
	} else {
		blockedGemm(g)
	}
}

func (g *gemm[T]) thin() bool { return g.m <= thinRows || g.k <= thinRows }

// thinGemm streams B, once where C has no more than thinRows rows: by combinations
// of its rows or, if it is transposed, by inner products with them.
func thinGemm(g *gemm[float32]) {
	c := g.thinCut()
	parallel.For(c.tasks(), 1, func(t, _ int) {
		i, j := c.at(t)
		thinTile(g, i, min(i+c.rows, g.m), j, min(j+c.columns, g.n))
	})
}

// A gemmCut is how C is cut into tasks: down of so many rows, across of so many
// columns.
type gemmCut struct{ rows, down, columns, across int }

func (c gemmCut) tasks() int { return c.down * c.across }

// at returns the first row and column of a task.
func (c gemmCut) at(task int) (i, j int) {
	return task / c.across * c.rows, task % c.across * c.columns
}

func (g *gemm[T]) thinCut() gemmCut {
	width := grain(g.n, int64(g.n)*int64(max(g.k, 1)), plainWork)
	if !g.transB { // at least as many as are worth a call
		width = min(g.n, 1<<12, max(1<<7, roundUp(width, 64), roundUp(g.n/tasksWanted, 64)))
	}
	rows := grain(g.m, int64(g.m)*int64(width)*int64(max(g.k, 1)), plainWork)
	if g.several() {
		rows = g.m
		if g.transB { // all of A is read for each task
			width = max(width, (g.n+tasksWanted-1)/tasksWanted)
		}
	}
	return gemmCut{rows, (g.m + rows - 1) / rows, width, (g.n + width - 1) / width}
}

// several tells whether what is read of B serves several rows of C at once.
func (g *gemm[T]) several() bool { return g.m > 1 && g.m <= thinRows }

// blockedCut returns also how wide a panel of B is.
func (g *gemm[T]) blockedCut() (c gemmCut, width int) {
	width = 2 * fast.lanes
	if g.n <= fast.lanes {
		width = fast.lanes
	}
	_, rows, _ := split(g.m, gemmRows)
	c.rows = min(g.m, (rows+fast.rows[1])/fast.rows[1]*fast.rows[1])
	c.down = (g.m + c.rows - 1) / c.rows
	c.columns = max(gemmColumns, g.n*c.down/(2*tasksWanted)/width*width)
	c.across = (g.n + c.columns - 1) / c.columns
	return c, width
}

// blockFloats is how many floats a block of A takes, of so many rows.
func (g *gemm[T]) blockFloats(rows int) int {
	deep := min(g.k, gemmDepth)
	return max(deep*(rows+spread), rows*(deep+spread))
}

// scratchFast is how many floats gemmFast takes.
func (g *gemm[T]) scratchFast() int {
	if g.thin() {
		if !g.transA {
			return 0
		}
		c := g.thinCut()
		return busy(c.tasks()) * c.rows * g.k
	}
	c, width := g.blockedCut()
	return roundUp(g.n, width)*g.k + busy(c.tasks())*g.blockFloats(c.rows)
}

func thinTile(g *gemm[float32], i0, i1, j0, j1 int) {
	var a []float32
	lda := g.lda
	if g.transA { // rows are needed in one piece
		a, lda = parallel.Scratch((i1-i0)*g.k), g.k
		defer parallel.Release(a)
		for i := range i1 - i0 {
			for p := range g.k {
				a[i*g.k+p] = g.a[p*g.lda+i0+i]
			}
		}
	} else {
		a = g.a[i0*g.lda:]
	}
	row := func(i int) []float32 { return g.c[(i0+i)*g.ldc+j0 : (i0+i)*g.ldc+j1] }
	if !g.accumulate {
		for i := range i1 - i0 {
			clear(row(i))
		}
	}
	// What was read of B is still in a cache for the next row.
	deep := g.k
	switch {
	case g.several() && g.transB:
		deep = thinDepth / thinRows
	case g.several():
		deep = 4 // as Combine takes at once
	case g.transB:
		deep = thinDepth
	}
	for p := 0; p < g.k; p += deep {
		n := min(deep, g.k-p)
		if !g.transB {
			for i := range i1 - i0 {
				Combine(row(i), g.b[p*g.ldb+j0:], g.ldb, a[i*lda+p:][:n], 1, n)
			}
			continue
		}
		for j := range j1 - j0 {
			b := g.b[(j0+j)*g.ldb+p:][:n]
			if i1-i0 == 4 {
				for i, s := range dotFour(a[p:], lda, b) {
					row(i)[j] += s
				}
				continue
			}
			for i := range i1 - i0 {
				row(i)[j] += Dot(a[i*lda+p:][:n], b)
			}
		}
	}
}

// blockedGemm copies B to panels and A, block by block, to rows that do not
// share cache sets; tiles do the rest.
func blockedGemm(g *gemm[float32]) {
	c, width := g.blockedCut()
	b := packB(g, width)
	defer parallel.Release(b)
	parallel.For(c.tasks(), 1, func(t, _ int) {
		r := newRunner()
		defer r.free()
		i, j := c.at(t)
		gemmTask(g, r, b, width, i, min(i+c.rows, g.m), j, min(j+c.columns, g.n))
	})
}

// packB returns B as [depths][panels][depth][width].
func packB(g *gemm[float32], width int) []float32 {
	panels := (g.n + width - 1) / width
	b := parallel.Scratch(panels * width * g.k)
	depths := (g.k + gemmDepth - 1) / gemmDepth
	parallel.For(depths*panels, grain(depths*panels, int64(len(b)), 1<<14), func(lo, hi int) {
		for t := lo; t < hi; t++ {
			k0, j := t/panels*gemmDepth, t%panels*width
			depth, n := min(gemmDepth, g.k-k0), min(width, g.n-j)
			to := b[k0*panels*width+t%panels*depth*width:][:depth*width]
			if g.transB {
				packTransposed(to, g.b[j*g.ldb+k0:], g.ldb, n, width)
			} else {
				packRows(to, g.b[k0*g.ldb+j:], g.ldb, n, width)
			}
		}
	})
	return b
}

// gemmTask computes a block of C.
func gemmTask(g *gemm[float32], r *runner, b []float32, width, i0, i1, j0, j1 int) {
	a := parallel.Scratch(g.blockFloats(i1 - i0))
	defer parallel.Release(a)
	r.list = append(r.list[:0], segment{})
	r.cm, r.bk, r.bias = g.ldc*elem, width*elem, unsafe.Pointer(&zeros)
	panels := (g.n + width - 1) / width
	for k0 := 0; k0 < g.k; k0 += gemmDepth {
		r.k = min(gemmDepth, g.k-k0)
		table, step := fast.row, r.k+spread // elements from one row to the next
		r.am, r.ak = step*elem, elem
		if g.transA {
			table = fast.column
			step = 1
			r.am, r.ak = elem, (i1-i0+spread)*elem
		}
		copyBlock(g, a, i0, i1, k0, r.k)
		r.flags = tilePadded | tileAdd
		if k0 == 0 && !g.accumulate {
			r.flags = tilePadded
		}
		for j := j0; j < j1; j += width {
			vectors := r.columns(min(width, g.n-j), fast.lanes)
			r.b = unsafe.Pointer(&b[k0*panels*width+j/width*r.k*width])
			blocks, _, _ := split(i1-i0, fast.rows[vectors-1])
			r.foreseen = foreseen{}
			if j+width < j1 { // the next panel
				r.foreseen.add(b[k0*panels*width+(j/width+1)*r.k*width:][:r.k*width])
			}
			r.foreseen.spread(blocks * r.k)
			r.a, r.c = unsafe.Pointer(&a[0]), unsafe.Pointer(&g.c[i0*g.ldc+j])
			r.rows(&table[vectors-1], fast.rows[vectors-1], i1-i0)
		}
	}
}

// copyBlock copies the rows i0 to i1 and depth columns of A from k0 on as they
// lie, transposed or not.
func copyBlock(g *gemm[float32], to []float32, i0, i1, k0, depth int) {
	rows, columns, first := i1-i0, depth, i0*g.lda+k0
	if g.transA {
		rows, columns, first = depth, i1-i0, k0*g.lda+i0
	}
	from := g.a[first:]
	for i := range rows {
		copy(to[i*(columns+spread):][:columns], from[i*g.lda:])
	}
}
