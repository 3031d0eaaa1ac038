package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every function against its loop, at all lengths up to three blocks of four
// vectors, off the alignment, with guards around what may be touched. Contents
// are small integers, so that all orders of summation give the same bits.
func TestVectorPrimitivesAreTheirLoops(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for n := range 3*4*16 + 1 {
			for offset := range offsets(n) {
				vectorCase(t, rand.New(rand.NewPCG(uint64(n), uint64(offset))), n, offset)
			}
		}
		vectorCase(t, rand.New(rand.NewPCG(1, 1)), 2*piece+77, 1)
	})
}

func FuzzVectorPrimitives(f *testing.F) {
	f.Add(uint64(1), 77, 1)
	f.Fuzz(func(t *testing.T, seed uint64, n, offset int) {
		vectorCase(t, rand.New(rand.NewPCG(seed, 0)), int(uint(n)%3000), int(uint(offset)%16))
	})
}

func vectorCase(t *testing.T, r *rand.Rand, n, offset int) {
	t.Helper()
	const guard = 33
	numbers := func() (all, inner []float32) {
		all = make([]float32, n+offset+2*guard)
		for i := range all {
			all[i] = float32(math.NaN())
		}
		inner = all[guard+offset:][:n:n]
		for i := range inner {
			inner[i] = float32(r.IntN(17) - 8)
			if r.IntN(500) == 0 {
				inner[i] = strange(r)
			}
		}
		return all, inner
	}
	_, x := numbers()
	for name, f := range map[string][2]func(y []float32){
		"axpy":  {func(y []float32) { Axpy(y, x, 3) }, func(y []float32) { axpyPlain(y, x, 3) }},
		"add":   {func(y []float32) { Add(y, x) }, func(y []float32) { addPlain(y, x) }},
		"scale": {func(y []float32) { Scale(y, -2) }, func(y []float32) { scalePlain(y, -2) }},
		"combine": {
			func(y []float32) { Combine(y[:n/7], x, n/7, x, 1, min(7, n)) },
			func(y []float32) { combine(y[:n/7], x, n/7, x, 1, min(7, n)) },
		},
		"four dots": {
			func(y []float32) { s := dotFour(x, n/4, y[n-n/4:]); copy(y, s[:]) },
			func(y []float32) {
				var s [4]float32
				for i := range s {
					s[i] = dotPlain(x[i*(n/4):][:n/4], y[n-n/4:])
				}
				copy(y, s[:])
			},
		},
		"dot": {
			func(y []float32) { y[0] = Dot(x[1:], y[1:]) },
			func(y []float32) { y[0] = dotPlain(x[1:], y[1:]) },
		},
	} {
		if n == 0 && name == "dot" {
			require.Zero(t, Dot(nil, nil))
			continue
		}
		all, y := numbers()
		want := clone(all)
		f[0](y)
		f[1](want[guard+offset:][:n])
		for i := range want {
			if want[i] != all[i] && !(want[i] != want[i] && all[i] != all[i]) {
				t.Fatalf("%s of %d at %d: [%d] is %g, want %g", name, n, offset, i-guard-offset, all[i], want[i])
			}
		}
	}
}
