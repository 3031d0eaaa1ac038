package kernel

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/parallel"
)

// naiveGemm is the definition, with the sum of the magnitudes of the products.
func naiveGemm(g gemm[float32]) (c, scale []float64) {
	c, scale = widen(g.c), make([]float64, len(g.c))
	for i := range g.m {
		for j := range g.n {
			sum, size := 0.0, 0.0
			if g.accumulate {
				sum = c[i*g.ldc+j]
				size = abs(sum)
			}
			for p := range g.k {
				a, b := i*g.lda+p, p*g.ldb+j
				if g.transA {
					a = p*g.lda + i
				}
				if g.transB {
					b = j*g.ldb + p
				}
				v := float64(g.a[a]) * float64(g.b[b])
				sum += v
				size += abs(v)
			}
			c[i*g.ldc+j], scale[i*g.ldc+j] = sum, size
		}
	}
	return c, scale
}

func abs(v float64) float64 { return max(v, -v) }

// gemmCases calls f with every combination of sizes and flags, rows with gaps.
func gemmCases(f func(g gemm[float32])) {
	r := rand.New(rand.NewPCG(3, 4))
	sizes := [][3]int{{1, 1, 1}, {2, 3, 0}, {1, 96, 7}, {1, 7, 300}, {5, 130, 1}, {14, 32, 16}, {15, 33, 17}, {28, 64, 40}, {3, 15, 9}, {4, 700, 300}, {2, 3, 5000}, {4, 9, 9000}, {13, 31, 5}, {37, 65, 70}, {1, 5000, 33}, {64, 48, 513}, {113, 10, 5}, {128, 10, 8}, {300, 17, 9}, {300, 900, 3}}
	for _, s := range sizes {
		for flags := range 8 {
			g := gemm[float32]{m: s[0], n: s[1], k: s[2], transA: flags&1 != 0, transB: flags&2 != 0, accumulate: flags&4 != 0}
			g.lda, g.ldb, g.ldc = g.k+flags%2, g.n+flags%3, g.n+flags%4
			rowsA, rowsB := g.m, g.k
			if g.transA {
				g.lda, rowsA = g.m+1, g.k
			}
			if g.transB {
				g.ldb, rowsB = g.k+2, g.n
			}
			g.a, g.b, g.c = random(r, rowsA*g.lda), random(r, rowsB*g.ldb), random(r, g.m*g.ldc)
			f(g)
		}
	}
}

func (g gemm[T]) run() {
	if f, ok := any(g).(gemm[float32]); ok {
		Gemm(f.c, f.a, f.b, g.m, g.n, g.k, g.transA, g.transB, g.lda, g.ldb, g.ldc, g.accumulate)
	}
}

func (g gemm[T]) String() string {
	return fmt.Sprintf("%dx%dx%d transA %v transB %v accumulate %v", g.m, g.n, g.k, g.transA, g.transB, g.accumulate)
}

func TestGemmIsItsDefinitionAndLeavesTheGaps(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		gemmCases(func(g gemm[float32]) {
			want, scale := naiveGemm(g)
			g.run()
			near(t, g.String(), want, scale, g.c)
		})
	})
}

func TestPlainGemmInDoublePrecisionIsItsDefinition(t *testing.T) {
	gemmCases(func(g gemm[float32]) {
		want, _ := naiveGemm(g)
		d := gemm[float64]{widen(g.c), widen(g.a), widen(g.b), g.m, g.n, g.k, g.transA, g.transB, g.lda, g.ldb, g.ldc, g.accumulate}
		d.plain()
		close12(t, want, d.c)
	})
}

func TestGemmHasTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	gemmCases(func(g gemm[float32]) {
		before := clone(g.c)
		old := runtime.GOMAXPROCS(1)
		g.run()
		want := clone(g.c)
		for _, procs := range []int{2, 5} {
			runtime.GOMAXPROCS(procs)
			copy(g.c, before)
			g.run()
			same(t, want, g.c)
		}
		runtime.GOMAXPROCS(old)
	})
}

func TestMisuseOfGemmPanics(t *testing.T) {
	s := make([]float32, 6)
	require.PanicsWithValue(t, "kernel: a product 2 x 3 x 4 of slices of 6, 6 and 6 elements, rows 3, 4 and 3 apart",
		func() { Gemm(s, s, s, 2, 3, 4, false, false, 4, 3, 3, false) })
	require.Panics(t, func() { Gemm(s, s, s, 2, 3, 2, false, false, 2, 2, 3, false) })
}

func ExampleGemm() {
	c := make([]float32, 4)
	Gemm(c, []float32{1, 2, 3, 4}, []float32{0, 1, 1, 0}, 2, 2, 2, false, false, 2, 2, 2, false)
	fmt.Println(c)
	// Output: [2 1 4 3]
}

func TestScratchIsWhatAProductTakes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	onEveryLevel(t, func(t *testing.T) {
		for workers := 1; workers <= 2; workers++ {
			runtime.GOMAXPROCS(workers)
			gemmCases(func(g gemm[float32]) {
				books, taken := GemmScratch(g.m, g.n, g.k, g.transA, g.transB), parallel.Watch(g.run)
				require.LessOrEqual(t, taken, books, "%v, %d workers", g, workers)
				if workers == 1 {
					require.Equal(t, taken, books, "%v", g)
				}
			})
		}
	})
}
