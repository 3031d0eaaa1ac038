package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

func TestTripleKernelsAreTheirPlainTwin(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		if fast.triples == nil {
			t.Skip("this instruction set has none")
		}
		for _, column := range []bool{false, true} {
			for columns := 1; columns <= 2*fast.lanes; columns++ {
				for rows := 1; rows <= tripleRows(column, columns); rows++ {
					for i := range 9 {
						r := rand.New(rand.NewPCG(uint64(rows), uint64(columns*9+i)))
						tripleCase(t, r, column, rows, columns, 1+r.IntN(8), 1+i/2, i, i)
					}
				}
			}
		}
	})
}

// FuzzTriple tells the sizes and the seed of the contents.
func FuzzTriple(f *testing.F) {
	f.Add(uint64(1), 5, 17, 3, 2, 3, 4, true)
	f.Fuzz(func(t *testing.T, seed uint64, rows, columns, k, nsegs, flags, ends int, column bool) {
		if fast.triples == nil {
			t.Skip("this machine has none")
		}
		limit := func(v, most int) int { return 1 + (v%most+most)%most }
		columns = limit(columns, 2*fast.lanes)
		rows = limit(rows, tripleRows(column, columns))
		tripleCase(t, rand.New(rand.NewPCG(seed, 0)), column, rows, columns, limit(k, 50), limit(nsegs, 5), flags&7, limit(ends, 9)-1)
	})
}

func tripleRows(column bool, columns int) int {
	most := fast.triples.row.rows
	if column {
		most = fast.triples.column.rows
	}
	return most[(columns-1)/fast.lanes]
}

// tripleCase compares a kernel with its twin, as tileCase does. ends tells how
// many inputs are left out at both.
func tripleCase(t *testing.T, r *rand.Rand, column bool, rows, columns, k, nsegs, flags, ends int) {
	t.Helper()
	guard, gap := 33+r.IntN(16), r.IntN(3)
	numbers := func(n int) []float32 {
		s := nans(n + 2*guard)
		for i := range n {
			s[guard+i] = float32(r.IntN(17) - 8)
			if r.IntN(400) == 0 {
				s[guard+i] = strange(r)
			}
		}
		return s
	}
	p := tile{flags: flags, slope: float32(k%2) / 4, k: k, nsegs: nsegs, pace: r.IntN(65)}
	p.bk, p.cm = (columns+gap)*elem, (columns+2*gap)*elem
	if flags&tilePadded != 0 {
		p.bk = roundUp(columns, fast.lanes) * elem
	}
	var table *tileTable
	var plain func(*tile, int, int)
	var aSize, bSize, cSize, vectors int // of a segment the first two
	if column {
		table, plain = fast.triples.column.kernels, tripleColumnPlain
		p.k++ // at least two
		p.head, p.tail = ends%3, ends/3
		p.am, p.ak, p.tap = elem, (rows+gap)*elem, p.cm+7*elem
		aSize = (p.k+1-p.head-p.tail)*p.ak/elem + rows
		bSize = (p.k-1)*p.bk/elem + columns
		cSize = (3*rows-1)*p.cm/elem + 2*7 + columns
	} else {
		table, plain = fast.triples.row.kernels, triplePlain
		p.am, p.ak, p.tap = (k+gap)*elem, elem, (k*p.bk)+gap*64
		p.count = r.IntN(4)
		aSize = (rows+1)*p.am/elem + k
		bSize = (2*p.tap+(k-1)*p.bk)/elem + columns
		cSize = (rows-1)*p.cm/elem + columns
	}
	vectors = p.columns(columns, fast.lanes)
	if flags&tilePadded != 0 { // beyond B's last row, too
		bSize = roundUp(bSize, fast.lanes)
	}
	list := make([]segment, nsegs)
	for s := range list {
		list[s] = segment{s * aSize * elem, (nsegs - 1 - s) * bSize * elem}
	}
	tiles := max(1, p.count)
	p.aNext, p.cNext = aSize*nsegs*elem, cSize*elem
	a, b, bias, c := numbers(aSize*nsegs*tiles), numbers(bSize*nsegs), numbers(columns), numbers(cSize*tiles)
	want := clone(c)
	at := func(s []float32) unsafe.Pointer { return unsafe.Pointer(&s[guard]) }
	p.a, p.b, p.bias, p.segs = at(a), at(b), at(bias), &list[0]
	p.c = at(want)
	twin := p
	plain(&twin, rows, columns)
	p.c, p.next, p.from = at(c), uintptr(p.a), uintptr(p.a)
	table[vectors-1][rows](&p)
	if p.a != unsafe.Add(at(a), (tiles-1)*p.aNext) || p.c != unsafe.Add(at(c), (tiles-1)*p.cNext) {
		t.Fatalf("%d tiles: a moved by %d and c by %d", tiles, uintptr(p.a)-uintptr(at(a)), uintptr(p.c)-uintptr(at(c)))
	}
	if want := uintptr(p.a) + uintptr(p.pace*p.k*nsegs); p.pace > 0 && p.next != want {
		t.Fatalf("a pace of %d with %d times %d products: it moved by %d", p.pace, nsegs, p.k, p.next-uintptr(p.a))
	}
	for i := range c {
		if c[i] != want[i] && !(math.IsNaN(float64(c[i])) && math.IsNaN(float64(want[i]))) {
			t.Fatalf("column %v, %d rows, %d columns, k %d, %d segments, flags %d, ends %d and %d: C[%d] is %g, want %g",
				column, rows, columns, p.k, nsegs, flags, p.head, p.tail, i-guard, c[i], want[i])
		}
	}
}
