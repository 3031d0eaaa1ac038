package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPowersAreTheirPlainTwin(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for _, n := range append(slices.Collect(upTo(3*16)), 2*piece+77) {
			for _, exponent := range []float64{1, 0, 0.5, 1.3, -2, 40} {
				powersCase(t, rand.New(rand.NewPCG(uint64(n), math.Float64bits(exponent))), n, exponent)
			}
		}
	})
}

func FuzzPowers(f *testing.F) {
	f.Add(uint64(1), 77, 0.8)
	f.Fuzz(func(t *testing.T, seed uint64, n int, exponent float64) {
		powersCase(t, rand.New(rand.NewPCG(seed, 0)), int(uint(n)%3000), exponent)
	})
}

// powersCase has numbers of all sizes. Float64 logarithms and exponentials are
// good to 1e-9 of exponents below 90, which leaves the float32 next to the twin's.
func powersCase(t *testing.T, r *rand.Rand, n int, exponent float64) {
	t.Helper()
	if !(math.Abs(exponent) <= 50) {
		exponent = 1.3 // beyond, errors of logarithms show
	}
	_, shift := guarded(r, n, r.IntN(16))
	offset := r.IntN(16)
	all, x := guarded(r, n, offset)
	for i := range x {
		switch r.IntN(3) {
		case 0:
			x[i] *= float32(math.Exp2(float64(r.IntN(300)) - 150))
		case 1:
			x[i] = r.Float32()
		}
	}
	want := clone(all)
	powersPlain(want[33+offset:][:n], shift, exponent)
	Powers(x, shift, exponent)
	close32(t, want, all, 1, "powers %g of %d at %d", exponent, n, offset)
}

func TestPowersOfWhatHasNone(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	onEveryLevel(t, func(t *testing.T) {
		x := []float32{0, -1, -inf, nan, inf, 0x1p-140, 1, 1, 4, 0.25}
		Powers(x, []float32{1, 1, 1, 1, 1, 1, nan, -100, 0, 100}, 0.5)
		require.Equal(t, []float32{0, -1, -inf}, x[:3])
		require.True(t, x[3] != x[3] && x[4] != x[4])
		require.EqualValues(t, float32(0x1p-140), x[5])
		require.True(t, x[6] != x[6])
		require.Equal(t, []float32{0, 2, inf}, x[7:])
	})
	require.PanicsWithValue(t, "kernel: powers of slices of different lengths", func() { Powers(make([]float32, 2), nil, 1) })
}

func BenchmarkPowers(b *testing.B) {
	x := random(rand.New(rand.NewPCG(1, 2)), 1<<12)
	shift := make([]float32, len(x))
	for b.Loop() {
		Powers(x, shift, 0.8)
	}
	b.ReportMetric(12*float64(len(x))*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GB/s")
}
