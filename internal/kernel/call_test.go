package kernel

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// A call of at most 8192 steps, of 14 cycles each, takes less than 100 us; of triples
// it is a third of them, of 36.
func TestManyProductsAreDoneInShortCalls(t *testing.T) {
	const most, rows, columns = 1 << 13, 2, 3
	for i, c := range []struct{ segments, k, flags int }{
		{1, 5, 0}, {most, 1, tileLeaky}, {most + 1, 1, tileLeaky}, {100, 900, tileAdd | tileLeaky}, {3, 5000, tileAdd}, {2, most, 0},
		{1, most + 1, tileLeaky}, {1, 3 * most, tileAdd}, {3, 2*most + 5, tileAdd | tileLeaky},
	} {
		r := rand.New(rand.NewPCG(uint64(c.segments), uint64(c.k)))
		integers := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(r.IntN(5) - 2)
			}
			return x
		}
		a, b, bias, y := integers(rows*c.k), integers(c.k*columns), integers(columns), integers(rows*columns)
		run := newRunner()
		run.am, run.ak, run.bk, run.cm = c.k*elem, elem, columns*elem, columns*elem
		if i%2 == 1 { // a matrix that is read by columns
			run.am, run.ak = elem, rows*elem
		}
		run.k, run.flags, run.slope, run.list = c.k, c.flags, 0.5, make([]segment, c.segments)
		run.a, run.b, run.bias = unsafe.Pointer(&a[0]), unsafe.Pointer(&b[0]), unsafe.Pointer(&bias[0])
		want := clone(y)
		run.c, run.segs, run.nsegs = unsafe.Pointer(&want[0]), &run.list[0], c.segments
		tilePlain(&run.tile, rows, columns)
		run.c = unsafe.Pointer(&y[0])
		run.call(func(p *tile) {
			require.LessOrEqual(t, p.nsegs*p.k, most)
			tilePlain(p, rows, columns)
		})
		require.Equal(t, want, y, "%+v", c)
		require.Equal(t, c.flags, run.flags)
		require.Equal(t, c.k, run.k)
		require.Equal(t, []unsafe.Pointer{unsafe.Pointer(&a[0]), unsafe.Pointer(&b[0]), unsafe.Pointer(&bias[0])}, []unsafe.Pointer{run.a, run.b, run.bias})
		run.free()
	}
}

// Sums by row are added in the order of the rows, however many a call does.
func TestRowsAreDoneInShortCalls(t *testing.T) {
	for _, c := range []struct{ n, width int }{{10 * piece, 1}, {3*piece + 7, 24}, {5*piece + 1, piece}, {3*piece + 5, piece + 9}} {
		next := 0
		eachRow(c.n, c.width, func(at, column, rows, width int) {
			require.Equal(t, next, at)
			require.Equal(t, at%c.width, column)
			require.LessOrEqual(t, rows*width, piece, "%+v", c)
			next += rows * width
		})
		require.Equal(t, c.n, next)
	}
}
