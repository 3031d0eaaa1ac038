package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/cpu"
)

// onEveryLevel runs f with the kernels of each instruction set of this machine.
func onEveryLevel(t *testing.T, f func(t *testing.T)) {
	before := fast
	defer func() { fast = before }()
	for l := cpu.Plain; l <= cpu.Best; l++ {
		fast = kernelsOf(l)
		t.Run(l.String(), f)
	}
}

func TestTileKernelsAreTheirPlainTwin(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for _, column := range []bool{false, true} {
			for columns := 1; columns <= mostColumns(column); columns++ {
				for rows := 1; rows <= fast.rows[(columns-1)/fast.lanes]; rows++ {
					for i := range 8 {
						r := rand.New(rand.NewPCG(uint64(rows), uint64(columns*8+i)))
						tileCase(t, r, column, rows, columns, 1+i, 1+i/2, i)
					}
				}
			}
		}
	})
}

// mostColumns is how many columns the widest kernels take.
func mostColumns(column bool) int {
	if !fast.available() {
		return 0
	}
	table := fast.row
	if column {
		table = fast.column
	}
	vectors := 0
	for vectors < len(table) && table[vectors][1] != nil {
		vectors++
	}
	return vectors * fast.lanes
}

func TestThereAreKernelsForEveryPanel(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for n := 1; n <= 9*fast.lanes; n++ {
			for _, depth := range []int{1, manyProducts} {
				vectors := (fast.cut(n, depth) + fast.lanes - 1) / fast.lanes
				require.Positive(t, fast.rows[vectors-1], "%d vectors", vectors)
				for rows := 1; rows <= fast.rows[vectors-1]; rows++ {
					require.NotNil(t, fast.row[vectors-1][rows], "%d rows of %d vectors", rows, vectors)
					if depth == manyProducts {
						require.NotNil(t, fast.column[vectors-1][rows], "%d rows of %d vectors", rows, vectors)
					}
				}
			}
		}
	})
}

func TestFoldKernelsAreTheirPlainTwin(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for rows := 1; rows <= 25; rows++ {
			for columns := 1; columns <= fast.lanes; columns++ {
				for flags := range 4 {
					foldCase(t, r, rows, columns, 1+r.IntN(5), flags)
				}
			}
		}
	})
}

// FuzzFold tells the sizes and the seed of the contents.
func FuzzFold(f *testing.F) {
	f.Add(uint64(1), 17, 5, 3, 2)
	f.Fuzz(func(t *testing.T, seed uint64, rows, columns, nsegs, flags int) {
		if !fast.available() {
			t.Skip("no assembly on this machine")
		}
		limit := func(v, most int) int { return 1 + (v%most+most)%most }
		foldCase(t, rand.New(rand.NewPCG(seed, 0)), limit(rows, 100), limit(columns, fast.lanes), limit(nsegs, 30), flags&3)
	})
}

// strange is a number that is none: infinite, or NaN.
func strange(r *rand.Rand) float32 {
	return float32([]float64{math.Inf(1), math.Inf(-1), math.NaN()}[r.IntN(3)])
}

// foldCase compares as tileCase does.
func foldCase(t *testing.T, r *rand.Rand, rows, columns, nsegs, flags int) {
	guard := 33 + r.IntN(16)
	p := newRunner()
	defer p.free()
	p.flags, p.slope = flags, float32(columns%2)/4
	p.am, p.cm = (columns+r.IntN(3))*elem, (columns+r.IntN(3))*elem
	size := (rows-1)*p.am/elem + columns
	p.list = p.list[:0]
	for s := range nsegs {
		p.list = append(p.list, segment{a: s * size * elem})
	}
	numbers := func(n int) []float32 {
		s := nans(n + 2*guard)
		for i := range n {
			s[guard+i] = float32(r.IntN(17) - 8)
			if r.IntN(300) == 0 {
				s[guard+i] = strange(r)
			}
		}
		return s
	}
	a, bias, c := numbers(size*nsegs), numbers(columns), numbers((rows-1)*p.cm/elem+columns)
	want := clone(c)
	begin := func(to []float32) {
		p.a, p.bias, p.c = unsafe.Pointer(&a[guard]), unsafe.Pointer(&bias[guard]), unsafe.Pointer(&to[guard])
		p.segs, p.nsegs = &p.list[0], nsegs
	}
	begin(want)
	foldPlain(&p.tile, rows, columns)
	begin(c)
	p.columns(columns, fast.lanes)
	p.fold(rows)
	for i := range c {
		if c[i] != want[i] && !(c[i] != c[i] && want[i] != want[i]) {
			t.Fatalf("%d rows, %d columns, %d segments, flags %d: C[%d] is %g, want %g", rows, columns, nsegs, flags, i-guard, c[i], want[i])
		}
	}
}

// FuzzTile tells the sizes and the seed of the contents.
func FuzzTile(f *testing.F) {
	f.Add(uint64(1), 5, 17, 3, 2, 3, true)
	f.Fuzz(func(t *testing.T, seed uint64, rows, columns, k, nsegs, flags int, column bool) {
		if !fast.available() {
			t.Skip("no assembly on this machine")
		}
		limit := func(v, most int) int { return 1 + (v%most+most)%most }
		columns = limit(columns, mostColumns(column))
		rows = limit(rows, fast.rows[(columns-1)/fast.lanes])
		tileCase(t, rand.New(rand.NewPCG(seed, 0)), column, rows, columns, limit(k, 50), limit(nsegs, 5), flags&7)
	})
}

// tileCase compares a kernel with its twin. The contents are small integers, so
// that every order of summation gives the same bits, with a few NaN and Inf, and
// everything that a kernel must not touch is NaN.
func tileCase(t *testing.T, r *rand.Rand, column bool, rows, columns, k, nsegs, flags int) {
	t.Helper()
	guard := 33 + r.IntN(16)
	gap := r.IntN(3)
	numbers := func(n int) []float32 {
		s := make([]float32, n+2*guard)
		for i := range s {
			s[i] = float32(math.NaN())
			if i >= guard && i < guard+n {
				s[i] = float32(r.IntN(17) - 8)
				if r.IntN(400) == 0 {
					s[i] = strange(r)
				}
			}
		}
		return s
	}
	p := tile{flags: flags, slope: float32(k%2) / 4, k: k, nsegs: nsegs, pace: r.IntN(65), count: r.IntN(4)}
	tiles := max(1, p.count)
	m, n := rows-1, columns-1
	if column {
		p.am, p.ak = elem, (rows+gap)*elem
	} else {
		p.am, p.ak = (k+gap)*elem, elem
	}
	p.bk, p.cm = (columns+gap)*elem, (columns+2*gap)*elem
	if flags&tilePadded != 0 {
		p.bk = roundUp(columns, fast.lanes) * elem
	}
	aSize := (m*p.am+(k-1)*p.ak)/elem + 1
	bSize := (k-1)*p.bk/elem + n + 1
	list := make([]segment, nsegs)
	for s := range list {
		list[s] = segment{s * aSize * elem, (nsegs - 1 - s) * bSize * elem}
	}
	cSize := m*p.cm/elem + n + 1
	p.aNext, p.cNext = aSize*nsegs*elem, (cSize+gap)*elem
	a, b, bias, c := numbers(aSize*nsegs*tiles), numbers(bSize*nsegs), numbers(columns), numbers((cSize+gap)*tiles)
	want := clone(c)
	at := func(s []float32) unsafe.Pointer { return unsafe.Pointer(&s[guard]) }
	p.a, p.b, p.bias, p.segs = at(a), at(b), at(bias), &list[0]
	p.c = at(want)
	plain := p
	tilePlain(&plain, rows, columns)
	p.c = at(c)
	table := fast.row
	if column {
		table = fast.column
	}
	p.next = uintptr(at(a)) // any address
	table[p.columns(columns, fast.lanes)-1][rows](&p)
	if p.a != plain.a || uintptr(p.c)-uintptr(at(c)) != uintptr(plain.c)-uintptr(at(want)) {
		t.Fatalf("%d tiles: a moved by %d and c by %d", tiles, uintptr(p.a)-uintptr(at(a)), uintptr(p.c)-uintptr(at(c)))
	}
	if want := uintptr(at(a)) + uintptr(p.pace*k*nsegs*tiles); p.pace > 0 && p.next != want {
		t.Fatalf("a pace of %d with %d times %d products in %d tiles: it moved by %d", p.pace, nsegs, k, tiles, p.next-uintptr(at(a)))
	}
	for i := range c {
		if c[i] != want[i] && !(c[i] != c[i] && want[i] != want[i]) {
			t.Fatalf("%s: C[%d] is %g, want %g", fmt.Sprintf("column %v, %d rows, %d columns, k %d, %d segments, flags %d",
				column, rows, columns, k, nsegs, flags), i-guard, c[i], want[i])
		}
	}
}
