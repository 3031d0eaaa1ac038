package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/cpu"
	"github.com/sshn-go/sshn/internal/parallel"
)

// guarded returns n numbers, some of them special, with room for what must not
// be touched: NaN on both sides.
func guarded(r *rand.Rand, n, offset int) (all, inner []float32) {
	const guard = 33
	all = make([]float32, n+offset+2*guard)
	for i := range all {
		all[i] = float32(math.NaN())
	}
	inner = all[guard+offset:][:n:n]
	special := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), -float32(math.NaN())}
	for i := range inner {
		inner[i] = float32(r.IntN(17) - 8)
		if r.IntN(50) == 0 {
			inner[i] = special[r.IntN(len(special))]
		}
	}
	return all, inner
}

// offsets is how many places off an alignment slices of n elements are tried at:
// all, as long as there are few elements.
func offsets(n int) int {
	if n <= 3*16 {
		return 16
	}
	return 3
}

// alike fails if two slices differ, NaN being equal to NaN.
func alike[T float](t *testing.T, want, got []T, what string, args ...any) {
	t.Helper()
	for i := range want {
		if want[i] != got[i] && !(want[i] != want[i] && got[i] != got[i]) {
			t.Fatalf("%s: [%d] is %g, want %g", fmt.Sprintf(what, args...), i, got[i], want[i])
		}
	}
}

// elementwise compares f with its twin on slices of all lengths up to three
// blocks of four vectors and beyond a piece, off the alignment.
func elementwise(t *testing.T, name string, f, twin func(y []float32, in [3][]float32)) {
	t.Helper()
	for _, n := range append(slices.Collect(upTo(3*4*16)), 2*piece+77) {
		for offset := range offsets(n) {
			r := rand.New(rand.NewPCG(uint64(n), uint64(offset)))
			all, y := guarded(r, n, offset)
			want := clone(all)
			var in [3][]float32
			for i := range in {
				_, in[i] = guarded(r, n, i)
			}
			f(y, in)
			twin(want[33+offset:][:n], in)
			alike(t, want, all, "%s of %d at %d", name, n, offset)
		}
	}
}

func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i <= n && yield(i); i++ {
		}
	}
}

func TestLeakyReLUIsItsPlainTwin(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for _, slope := range []float32{0, 0.25, 1, -2} {
			elementwise(t, fmt.Sprintf("leaky, slope %g", slope),
				func(y []float32, in [3][]float32) { LeakyReLU(y, in[0], slope) },
				func(y []float32, in [3][]float32) { leakyPlain(y, in[0], slope) })
			for _, add := range []bool{false, true} {
				elementwise(t, fmt.Sprintf("gradient, slope %g, add %t", slope, add),
					func(y []float32, in [3][]float32) { LeakyReLUGradient(y, in[0], in[1], slope, add) },
					func(y []float32, in [3][]float32) { leakyBackPlain(y, in[0], in[1], slope, add) })
			}
		}
	})
}

func TestRectifyIsItsPlainTwin(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for _, channels := range []int{1, 2, 3, 5, 8, 16, 24, 32, 37, 127, 128, 130, 500, piece + 9} {
			for _, pixels := range []int{0, 1, 2, 3, 5, 16, 17, 64, 65, 1000, 20000} {
				if channels*pixels > 1<<17 {
					continue
				}
				for mode := range 3 {
					rectifyCase(t, rand.New(rand.NewPCG(uint64(channels), uint64(pixels))), channels, pixels, mode)
				}
			}
		}
	})
}

func FuzzRectify(f *testing.F) {
	f.Add(uint64(1), 24, 17, 1)
	f.Fuzz(func(t *testing.T, seed uint64, channels, pixels, mode int) {
		rectifyCase(t, rand.New(rand.NewPCG(seed, 0)), 1+int(uint(channels)%300), int(uint(pixels)%300), int(uint(mode)%3))
	})
}

// rectifyCase has integers, which all orders of summation add to the same bits.
func rectifyCase(t *testing.T, r *rand.Rand, channels, pixels, mode int) {
	t.Helper()
	allG, gy := guarded(r, channels*pixels, 1)
	_, y := guarded(r, channels*pixels, 2)
	allB, gb := guarded(r, channels, 0)
	switch mode {
	case 1:
		y = nil
	case 2:
		gb = nil
	}
	wantG, wantB := clone(allG), clone(allB)
	if y != nil {
		leakyBackPlain(wantG[34:][:len(gy)], gy, y, 0.5, false)
	}
	if gb != nil {
		sums := make([]float64, channels)
		sumColumnsPlain(sums, wantG[34:][:len(gy)])
		for c, s := range sums {
			wantB[33+c] += float32(s)
		}
	}
	Rectify(gy, y, 0.5, gb)
	alike(t, wantG, allG, "gy of %d x %d", pixels, channels)
	alike(t, wantB, allB, "gb of %d x %d", pixels, channels)
}

func BenchmarkRectify(b *testing.B) {
	for _, c := range []struct {
		where string
		n     int
	}{{"L2", 1 << 16}, {"memory", 8 * 160 * 192 * 32}} {
		x := random(rand.New(rand.NewPCG(1, 2)), c.n)
		y, gx, gb := clone(x), clone(x), make([]float32, 32)
		for _, k := range []struct {
			name    string
			streams float64
			f       func()
		}{
			{"copy", 2, func() { parallel.For(c.n, piece, func(lo, hi int) { copy(y[lo:hi], x[lo:hi]) }) }},
			{"forward", 2, func() { parallel.For(c.n, piece, func(lo, hi int) { LeakyReLU(y[lo:hi], x[lo:hi], 0.01) }) }},
			{"backward", 4, func() {
				parallel.For(c.n, piece, func(lo, hi int) { LeakyReLUGradient(gx[lo:hi], x[lo:hi], y[lo:hi], 0.01, true) })
			}},
			{"backward/set", 3, func() {
				parallel.For(c.n, piece, func(lo, hi int) { LeakyReLUGradient(gx[lo:hi], x[lo:hi], y[lo:hi], 0.01, false) })
			}},
			{"rectify/c=32", 3, func() { Rectify(gx, y, -1, gb) }},
			{"rectify/c=24", 3, func() { Rectify(gx[:c.n/24*24], y[:c.n/24*24], -1, gb[:24]) }},
			{"rectify/sums", 1, func() { Rectify(gx, nil, 1, gb) }},
		} {
			b.Run(k.name+"/"+c.where, func(b *testing.B) {
				for b.Loop() {
					k.f()
				}
				b.ReportMetric(k.streams*4*float64(c.n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GB/s")
			})
		}
	}
}

// sameOnEveryLevel fails unless f leaves the same bits in its arguments on every level as
// on the plain one.
func sameOnEveryLevel(t *testing.T, seed uint64, n, arguments int, f func(x [][]float32)) {
	t.Helper()
	start := func() (all, inner [][]float32) {
		r := rand.New(rand.NewPCG(seed, 5))
		for range arguments {
			a, x := guarded(r, n, r.IntN(16))
			for j := range x {
				x[j] *= r.Float32()
			}
			all, inner = append(all, a), append(inner, x)
		}
		return all, inner
	}
	var want [][]float32
	before := fast
	defer func() { fast = before }()
	for l := cpu.Plain; l <= cpu.Best; l++ {
		fast = kernelsOf(l)
		all, inner := start()
		f(inner)
		if l == cpu.Plain {
			want = all
		}
		for i := range all {
			alike(t, want[i], all[i], "argument %d of %d elements, %v", i, n, l)
		}
	}
}

func TestStepsOfOptimisersHaveTheSameBitsOnEveryLevel(t *testing.T) {
	for _, n := range append(slices.Collect(upTo(3*4*16)), piece) {
		optimiserCase(t, uint64(n), n)
	}
}

func FuzzStepsOfOptimisers(f *testing.F) {
	f.Add(uint64(1), 77)
	f.Fuzz(func(t *testing.T, seed uint64, n int) { optimiserCase(t, seed, int(uint(n)%3000)) })
}

func optimiserCase(t *testing.T, seed uint64, n int) {
	t.Helper()
	a := Adam{Rise1: 0.1, Rise2: 0.01, Rate: 0.05, Correction: 3, Epsilon: 1e-3, Decay: 0.02, Shrink: 0.04}
	sameOnEveryLevel(t, seed, n, 4, func(x [][]float32) { a.StepScaled(x[0], 0.7, x[1], x[2], x[3], nil) })
	sameOnEveryLevel(t, seed, n, 5, func(x [][]float32) { a.StepScaled(x[0], 0.7, x[1], x[2], x[3], x[4]) })
	d := Descent{Step: 0.1, Decay: 0.02, Keep: 0.9, Take: 0.8, Ahead: 0.3, Now: 0.6}
	sameOnEveryLevel(t, seed, n, 2, func(x [][]float32) { d.Move(x[0], 0.7, x[1], nil) })
	sameOnEveryLevel(t, seed, n, 3, func(x [][]float32) { d.Move(x[0], 0.7, x[1], x[2]) })
}

func TestDotWideIsItsPlainTwin(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for _, n := range append(slices.Collect(upTo(3*4*16)), 2*piece+77) {
			r := rand.New(rand.NewPCG(uint64(n), 6))
			x, y := random(r, n+3)[3:], random(r, n+1)[1:]
			require.InDelta(t, dotWidePlain(x, y), DotWide(x, y), 1e-12*float64(n), "float64 roundings of %d terms of about 1", n)
			if n > 0 {
				x[n-1] = float32(math.Inf(1))
				require.True(t, math.IsInf(DotWide(x, x), 1), n)
			}
		}
	})
}

func TestDescentOfDifferentLengthsPanics(t *testing.T) {
	x := make([]float32, 3)
	require.PanicsWithValue(t, "kernel: descent of slices of different lengths", func() { new(Descent).Move(x, 1, x[1:], nil) })
	require.PanicsWithValue(t, "kernel: descent of slices of different lengths", func() { new(Descent).Move(x, 1, x, x[1:]) })
}

// close32 fails if two slices differ by more than so many units in the last
// place of a number, or by a float32 that is not normal.
func close32(t *testing.T, want, got []float32, ulps float64, what string, args ...any) {
	t.Helper()
	for i, w := range want {
		near := math.Abs(float64(w)-float64(got[i])) <= ulps*math.Abs(float64(w))/(1<<23)+0x1p-126
		if w != got[i] && !near && !(w != w && got[i] != got[i]) {
			t.Fatalf("%s: [%d] is %g, want %g", fmt.Sprintf(what, args...), i, got[i], w)
		}
	}
}

// BenchmarkHyperHead has the last layer of a hypernetwork: a vector of 96, or
// four, times a matrix, the vector's gradient, and the matrix's if it is stored.
func BenchmarkHyperHead(b *testing.B) {
	const k, n, most = 96, 110_000, 4
	r := rand.New(rand.NewPCG(9, 10))
	h, w, y := random(r, most*k), random(r, k*n), random(r, most*n)
	for _, c := range []struct {
		pass    string
		streams float64 // of the matrix
		f       func(rows int)
	}{
		{"forward", 1, func(rows int) { Gemm(y, h, w, rows, n, k, false, false, k, n, n, false) }},
		{"input", 1, func(rows int) { Gemm(h, y, w, rows, k, n, false, true, n, n, k, false) }},
		{"weight", 2, func(rows int) { Gemm(w, h, y, k, n, rows, true, false, k, n, n, true) }},
	} {
		for _, rows := range []int{1, most} {
			name := "pass=" + c.pass
			if rows > 1 {
				name += fmt.Sprintf("/phis=%d", rows)
			}
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					c.f(rows)
					clear(h) // growing numbers would become infinite
				}
				b.ReportMetric(c.streams*4*k*n*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GB/s")
			})
		}
	}
}

// Serial kernels allocate nothing; what runs in parallel allocates its closures
// only, whatever the size.
func TestVectorKernelsAllocateNoData(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	onEveryLevel(t, func(t *testing.T) {
		const channels, n = 24, 24 * 1000
		r := rand.New(rand.NewPCG(1, 2))
		x, y, g, line := random(r, n), random(r, n), random(r, n), random(r, channels)
		labels, logSum, sums := make([]float32, n/channels), make([]float64, n/channels), make([]float64, 2*channels)
		a, d := Adam{Rise1: 0.1}, Descent{Step: 0.1}
		for name, k := range map[string]struct {
			most float64
			f    func()
		}{
			"leaky":      {0, func() { LeakyReLU(y, x, 0.1) }},
			"gradient":   {0, func() { LeakyReLUGradient(g, x, y, 0.1, true) }},
			"columns":    {0, func() { SumColumns(sums, x) }},
			"descent":    {0, func() { d.Move(x, 1, g, y) }},
			"dot":        {0, func() { DotWide(x, y) }},
			"softmax":    {0, func() { SoftmaxRows(y, x, logSum, channels) }},
			"labels":     {0, func() { LabelGradient(g, y, line, logSum, labels, 1, false) }},
			"moments":    {0, func() { moments(sums, x, line) }},
			"normalised": {0, func() { normalise(y, x, line, line, line, 1) }},
			"norm's":     {0, func() { denormalise(g, x, y, line, line, line, line, false) }},
			"rectify":    {2, func() { Rectify(g, y, 0.1, line) }},
			"adam":       {2, func() { a.Step(x, g, y, y, nil) }},
		} {
			if got := testing.AllocsPerRun(20, k.f); got > k.most {
				t.Errorf("%s: %g allocations, at most %g are expected", name, got, k.most)
			}
		}
	})
}
