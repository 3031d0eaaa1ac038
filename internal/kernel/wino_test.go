package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// In double precision the algorithm is the definition up to rounding: one block
// and one channel, and the gradient by the weights.
func TestWinogradIsAnIdentity(t *testing.T) {
	type line = func(*[6]float64)
	for _, f := range []struct {
		m                                         int
		input, output, spread, weight, weightGrad line
	}{
		{2, inputLine2[float64], outputLine2[float64], spreadLine2[float64], weightLine2[float64], weightGradLine2[float64]},
		{4, inputLine4[float64], outputLine4[float64], spreadLine4[float64], weightLine4[float64], weightGradLine4[float64]},
	} {
		both := func(x *[6][6]float64, l line) *[6][6]float64 {
			for range 2 {
				var y [6][6]float64
				for i := range x {
					l(&x[i])
					for j := range y {
						y[j][i] = x[i][j]
					}
				}
				*x = y
			}
			return x
		}
		square := func(r *rand.Rand, n int) (x [6][6]float64) {
			for i := range n * n {
				x[i/n][i%n] = 2*r.Float64() - 1
			}
			return x
		}
		r := rand.New(rand.NewPCG(3, 4))
		x, w, gy := square(r, f.m+2), square(r, 3), square(r, f.m)
		var y, gw [6][6]float64
		for i := range f.m * f.m * 9 {
			o, p, k, l := i/9/f.m, i/9%f.m, i%9/3, i%3
			y[o][p] += x[o+k][p+l] * w[k][l]
			gw[k][l] += x[o+k][p+l] * gy[o][p]
		}
		tx, tw, tg := both(&x, f.input), both(&w, f.weight), both(&gy, f.spread)
		var forward, back [6][6]float64
		for i := range f.m + 2 {
			for j := range f.m + 2 {
				forward[i][j], back[i][j] = tx[i][j]*tw[i][j], tx[i][j]*tg[i][j]
			}
		}
		both(&forward, f.output)
		both(&back, f.weightGrad)
		for i := range f.m {
			close12(t, y[i][:f.m], forward[i][:f.m])
		}
		for i := range 3 {
			close12(t, gw[i][:3], back[i][:3])
		}
	}
}

func TestWinogradTransformsAreTheirPlainTwins(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for _, m := range []int{2, 4} {
			for channels := 1; channels <= winogradOf(m).lanes; channels++ {
				for count := 1; count <= 3; count++ {
					sandwichCases(t, rand.New(rand.NewPCG(uint64(channels), uint64(count))), m, channels, count)
				}
			}
		}
	})
}

// FuzzWinograd tells the sizes and the seed of the contents.
func FuzzWinograd(f *testing.F) {
	f.Add(uint64(1), 5, 3, true)
	f.Fuzz(func(t *testing.T, seed uint64, channels, count int, large bool) {
		m := 2
		if large {
			m = 4
		}
		limit := func(v, most int) int { return 1 + (v%most+most)%most }
		sandwichCases(t, rand.New(rand.NewPCG(seed, 0)), m, limit(channels, winogradOf(m).lanes), limit(count, halfBlocks))
	})
}

func sandwichCases(t *testing.T, r *rand.Rand, m, channels, count int) {
	t.Helper()
	fast := winogradOf(m)
	plain := winogradPlain(m, fast.lanes)
	n := m + 2
	for _, c := range []struct {
		name                       string
		fast, plain                func(*sandwich)
		in, out                    int
		tensorFrom, tensorTo, flag bool
	}{
		{"input", fast.input, plain.input, n, n, true, false, false},
		{"output", fast.output, plain.output, n, m, false, true, true},
		{"spread", fast.spread, plain.spread, m, n, true, false, false},
		{"weight", fast.weight, plain.weight, 3, n, false, false, false},
		{"weightGrad", fast.weightGrad, plain.weightGrad, n, 3, false, true, false},
	} {
		name := fmt.Sprintf("%s, m %d, %d channels, %d blocks", c.name, m, channels, count)
		sandwichCase(t, r, name, c.fast, c.plain, m, fast.lanes, channels, count, c.in, c.out, c.tensorFrom, c.tensorTo, c.flag)
	}
}

// sandwichCase compares a transform with its twin. Everything that it must not
// touch is NaN; here and there is a NaN or Inf that it must pass on.
func sandwichCase(t *testing.T, r *rand.Rand, name string, fast, plain func(*sandwich), m, lanes, channels, count, in, out int, tensorFrom, tensorTo, flagged bool) {
	t.Helper()
	guard := 33 + r.IntN(16)
	// Side by side blocks of the input have two columns in common; elements of
	// a tensor are apart by its channels.
	geometry := func(n int, tensor bool) (row, column, step, size int) {
		column = lanes + 16*r.IntN(2)
		if tensor {
			column = channels + r.IntN(3)
		}
		if in == out { // input
			row = (count*m+2)*column + r.IntN(5)
			step = m * column
			if !tensor {
				row, step = n*column*count, n*column
			}
		} else {
			row, step = n*column*count, n*column
		}
		return row * elem, column * elem, step * elem, (n-1)*row + (n-1)*column + (count-1)*step + lanes
	}
	numbers := func(n, special int) []float32 {
		s := make([]float32, n+2*guard)
		for i := range s {
			s[i] = float32(math.NaN())
			if i >= guard && i < guard+n {
				s[i] = 2*r.Float32() - 1
				if r.IntN(special) == 0 {
					s[i] = strange(r)
				}
			}
		}
		return s
	}
	s := sandwich{count: count, slope: 0.25, rows: 1 + r.IntN(out), columns: 1 + r.IntN(out)}
	if flagged {
		s.flags = r.IntN(8)
	}
	if s.flags&tilePartial == 0 {
		s.columns = out
	}
	var fromSize, toSize int
	s.fromRow, s.fromColumn, s.fromStep, fromSize = geometry(in, tensorFrom)
	s.toRow, s.toColumn, s.toStep, toSize = geometry(out, tensorTo)
	s.channels(channels)
	at := func(s []float32) unsafe.Pointer { return unsafe.Pointer(&s[guard]) }
	from, to, bias := numbers(fromSize, 5000), numbers(toSize, 5000), numbers(channels, 100)
	half := numbers((halfBlocks*m+2)*(m+2)*lanes, 5000)
	s.from, s.bias, s.half = at(from), at(bias), at(half)
	want := clone(to)
	s.to = at(want)
	plain(&s)
	s.to = at(to)
	fast(&s)
	for i := range to {
		// The transforms' elements are below 100; each takes some 30 operations.
		near := math.Abs(float64(to[i])-float64(want[i])) <= 3e-5
		if !near && to[i] != want[i] && !(to[i] != to[i] && want[i] != want[i]) {
			t.Fatalf("%s, flags %d: [%d] is %g, want %g", name, s.flags, i-guard, to[i], want[i])
		}
	}
	for i := range guard {
		if half[i] == half[i] || half[len(half)-1-i] == half[len(half)-1-i] {
			t.Fatalf("%s: wrote outside of its room", name)
		}
	}
}
