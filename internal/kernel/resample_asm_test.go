package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/sshn-go/sshn/internal/parallel"
)

// Weights are quarters and contents small integers, so that every order of
// summation gives the same bits.

func TestSumsOfRowsAreTheirPlainTwin(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for n := range 3*8*16 + 1 {
			rowsCase(t, rand.New(rand.NewPCG(uint64(n), 1)), n, 1+n%6)
		}
		rowsCase(t, rand.New(rand.NewPCG(1, 2)), 2*piece+77, 16)
	})
}

func TestSumsOfPixelsAreTheirPlainTwin(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for c := 1; c <= 2*4*16+1; c++ {
			for outputs := 1; outputs < 6; outputs++ {
				columnsCase(t, rand.New(rand.NewPCG(uint64(c), uint64(outputs))), outputs, c, outputs)
			}
		}
		columnsCase(t, rand.New(rand.NewPCG(1, 2)), 100_000, 3, 2)
	})
}

func FuzzResamplingKernels(f *testing.F) {
	f.Add(uint64(1), 7, 33, 3)
	f.Fuzz(func(t *testing.T, seed uint64, outputs, c, most int) {
		if !fast.available() {
			t.Skip("no assembly on this machine")
		}
		r := rand.New(rand.NewPCG(seed, 0))
		outputs, c, most = 1+int(uint(outputs)%100), 1+int(uint(c)%300), 1+int(uint(most)%7)
		rowsCase(t, r, outputs*c, most)
		columnsCase(t, r, outputs, c, most)
		turnedCase(t, r, 1+c%mostTurned, [3]int{most, 1 + r.IntN(50), outputs}, [3]int{1 + r.IntN(4), 1 + r.IntN(50), 1 + r.IntN(100)})
	})
}

func rowsCase(t *testing.T, r *rand.Rand, n, k int) {
	t.Helper()
	_, x := guarded(r, n+50, r.IntN(17))
	at, w := make([]int, k), make([]float32, k)
	for i := range at {
		at[i], w[i] = r.IntN(50), float32(r.IntN(9)-4)/4
	}
	for _, add := range []bool{false, true} {
		offset := r.IntN(17)
		all, y := guarded(r, n, offset)
		want := clone(all)
		mixRows(y, x, at, w, add)
		mixRowsPlain(want[33+offset:][:n], x, at, w, add)
		alike(t, want, all, "%d rows of %d, add %t", k, n, add)
	}
}

// rowOf returns a table of windows of up to most weights and the part of a row
// of pixels that it reads, from column skip on.
func rowOf(r *rand.Rand, outputs, c, most int) (table *Taps, skip int, x []float32) {
	table = someTaps(r, max(2, 2*outputs), outputs+1, most)
	skip, end := table.reach(1, outputs+1)
	_, x = guarded(r, (end-skip)*c, r.IntN(17))
	return table, skip, x
}

func columnsCase(t *testing.T, r *rand.Rand, outputs, c, most int) {
	t.Helper()
	table, skip, x := rowOf(r, outputs, c, most)
	if len(x) == 0 {
		return
	}
	for _, how := range []writing{over, adding, past} {
		offset, ys := r.IntN(17), c+r.IntN(3)
		all, y := guarded(r, outputs*ys, offset)
		if how == past { // where that is possible: at whole vectors
			ys = (c + 15) / 16 * 16
			all = parallel.Aligned(len(all) + outputs*16)
			offset, y = 15, all[48:]
		}
		want := clone(all)
		mixColumns(y, ys, x, skip, table, 1, outputs+1, c, 0.5, how)
		mixColumnsPlain(want[33+offset:], ys, x, skip, table, 1, outputs+1, c, 0.5, how == adding)
		alike(t, want, all, "%d outputs of %d channels, writing %d", outputs, c, how)
	}
}

// Sums of more terms than are listed at once, and more channels than a row is
// resampled with at once.
func TestResamplingOfManyChannelsAndWideWindowsIsTheProductOfItsAxes(t *testing.T) {
	g := rand.New(rand.NewPCG(11, 12))
	onEveryLevel(t, func(t *testing.T) {
		for _, c := range []int{1, 17, 64, mostMixed + 1} {
			a := &Resampling{1, c, [3]*Taps{someTaps(g, 5, 2, 5), someTaps(g, 7, 3, 7), someTaps(g, 20, 3, 20)}}
			x, y := a.random(g)
			want, size := byDefinition(a, x)
			for _, way := range []func(y, x []float32, add bool){a.blend, a.gather} {
				way(y, x, false)
				near(t, "many", want, size, y)
			}
		}
	})
}
