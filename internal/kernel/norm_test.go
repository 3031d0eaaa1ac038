package kernel

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/parallel"
)

// Integers give the same bits whatever the order of summation, and however many
// pixels make a row.
func TestNormLoopsAreTheirPlainTwins(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for _, channels := range []int{1, 2, 3, 8, 24, 32, 37, 128, 200, piece + 9} {
			for _, pixels := range []int{1, 2, 5, 16, 33, 500} {
				if channels*pixels > 1<<15 && pixels > 2 {
					continue
				}
				r := rand.New(rand.NewPCG(uint64(channels), uint64(pixels)))
				normCase(t, r, channels, pixels)
				rectifiedCase(t, r, channels, pixels)
			}
		}
	})
}

func TestScratchIsNotLessThanANormTakes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	r := rand.New(rand.NewPCG(1, 2))
	onEveryLevel(t, func(t *testing.T) {
		for _, p := range []Norm{{1, 1, 1, 1, 0}, {3, 35, 24, 8, 0}, {2, 3000, 8, 8, 0}, {70, 9, 5, 1, 0}, {64, 1, 2000, 1, 0}, {1, 40, 2000, 2000, 0}} {
			size := p.N * p.Pixels * p.Channels
			x, gy, y, gx, state := random(r, size), random(r, size), make([]float32, size), make([]float32, size), make([]float32, p.State())
			for workers := 1; workers <= 2; workers++ {
				runtime.GOMAXPROCS(workers)
				for _, slope := range []float32{1, 0.5} {
					forward := parallel.Watch(func() { p.Forward(y, x, nil, nil, state, slope) })
					backward := parallel.Watch(func() { p.Backward(gx, nil, nil, gy, y, x, nil, state, slope, false) })
					require.LessOrEqual(t, forward, p.Scratch(false), "%+v, %d workers", p, workers)
					require.LessOrEqual(t, backward, p.Scratch(true), "%+v, %d workers", p, workers)
					if workers == 1 {
						require.Less(t, p.Scratch(false)+p.Scratch(true), 2*(forward+backward)+1, "%+v", p)
					}
				}
			}
		}
	})
}

func FuzzNormLoops(f *testing.F) {
	f.Add(uint64(1), 24, 17)
	f.Fuzz(func(t *testing.T, seed uint64, channels, pixels int) {
		channels, pixels = 1+int(uint(channels)%300), 1+int(uint(pixels)%100)
		normCase(t, rand.New(rand.NewPCG(seed, 0)), channels, pixels)
		rectifiedCase(t, rand.New(rand.NewPCG(seed, 1)), channels, pixels)
	})
}

func normCase(t *testing.T, r *rand.Rand, channels, pixels int) {
	t.Helper()
	integers := func(n int) []float32 {
		x := make([]float32, n+1)[1:]
		for i := range x {
			x[i] = float32(r.IntN(17) - 8)
		}
		return x
	}
	n := channels * pixels
	_, x := guarded(r, n, r.IntN(16))
	_, gy := guarded(r, n, r.IntN(16))
	mean, a, b, c := integers(channels), integers(channels), integers(channels), integers(channels)
	got, want := make([]float64, 2*channels), make([]float64, 2*channels)
	moments(got, x, mean)
	momentsPlain(want, x, mean)
	alike(t, want, got, "moments of %d x %d", pixels, channels)
	clear(got) // of what is not finite
	clear(want)
	correlate(got, gy, nil, x, mean, 1)
	correlatePlain(want, gy, x, mean)
	alike(t, want, got, "products of %d x %d", pixels, channels)

	offset := r.IntN(16)
	all, y := guarded(r, n, offset)
	wanted := clone(all)
	normalise(y, x, mean, a, b, 1)
	normalisePlain(wanted[33+offset:][:n], x, mean, a, b)
	alike(t, wanted, all, "normalised %d x %d", pixels, channels)
	for _, add := range []bool{true, false} {
		denormalise(y, gy, x, mean, a, b, c, add)
		denormalisePlain(wanted[33+offset:][:n], gy, x, mean, a, b, c, add)
		alike(t, wanted, all, "gradient of %d x %d, added: %t", pixels, channels, add)
	}
}

// rectifiedCase compares what norms do with a rectifier after them.
func rectifiedCase(t *testing.T, r *rand.Rand, channels, pixels int) {
	t.Helper()
	n := channels * pixels
	_, x := guarded(r, n, r.IntN(16))
	lines := make([][]float32, 3)
	for i := range lines {
		_, lines[i] = guarded(r, channels, i)
	}
	mean, scale, shift := lines[0], lines[1], lines[2]
	for _, slope := range []float32{0, 0.5} {
		offset := r.IntN(16)
		all, y := guarded(r, n, offset)
		wanted := clone(all)
		plain := wanted[33+offset:][:n]
		normalise(y, x, mean, scale, shift, slope)
		normalisePlain(plain, x, mean, scale, shift)
		leakyPlain(plain, plain, slope)
		alike(t, wanted, all, "normalised %d x %d, then rectified by %g", pixels, channels, slope)

		all, gy := guarded(r, n, offset)
		wanted = clone(all)
		plain = wanted[33+offset:][:n]
		got, want := make([]float64, 2*channels), make([]float64, 2*channels)
		correlate(got, gy, y, x, mean, slope)
		leakyBackPlain(plain, plain, y, slope, false)
		correlatePlain(want, plain, x, mean)
		alike(t, wanted, all, "gradient of %d x %d, rectified by %g", pixels, channels, slope)
		alike(t, want, got, "products of %d x %d, rectified by %g", pixels, channels, slope)
	}
}
