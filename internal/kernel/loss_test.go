package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExponentialIsGoodToFloat32(t *testing.T) {
	for x := -87.3; x <= 0; x += 1e-3 {
		require.InEpsilon(t, math.Exp(x), expBelow1(x), 1e-9, x)
	}
	require.Equal(t, 1.0, expBelow1(0))
	require.Zero(t, expBelow1(-88))
	require.Zero(t, expBelow1(math.Inf(-1)))
	require.True(t, math.IsNaN(expBelow1(math.NaN())))
}

func TestSoftmaxRowsIsItsFormula(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, channels := range []int{1, 2, 3, 24, 37} {
		for _, size := range []float32{1, 30, 1e4} {
			const rows = 5
			x := random(r, rows*channels)
			Scale(x, size)
			y, logSum := make([]float32, len(x)), make([]float64, rows)
			SoftmaxRows(y, x, logSum, channels)
			for row := range rows {
				x := x[row*channels:][:channels]
				top, sum := math.Inf(-1), 0.0
				for _, v := range x {
					top = max(top, float64(v))
				}
				for _, v := range x {
					sum += math.Exp(float64(v) - top)
				}
				require.InDelta(t, top+math.Log(sum), logSum[row], 1e-8*(1+math.Abs(top)))
				for i, v := range x {
					want := math.Exp(float64(v)-top) / sum
					// Three roundings to float32, of the exponential, of the scale
					// and of the product; and the least float32.
					require.InDelta(t, want, y[row*channels+i], 2e-7*want+1e-38)
				}
			}
		}
	}
}

func TestSoftmaxRowsOfNonFiniteLogits(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	y, logSum := make([]float32, 3), make([]float64, 1)
	for _, x := range [][]float32{{nan, 1, 2}, {1, nan, 2}, {1, 2, nan}, {inf, 1, 2}, {-inf, -inf, -inf}} {
		SoftmaxRows(y, x, logSum, 3)
		require.True(t, math.IsNaN(logSum[0]), x)
		for _, p := range y {
			require.True(t, math.IsNaN(float64(p)), x)
		}
	}
	SoftmaxRows(y, []float32{1, -inf, 1}, logSum, 3)
	require.Equal(t, []float32{0.5, 0, 0.5}, y)
}

// Sums of float64 exponentials that are good to 3e-10, then float32: the last
// place may differ, and 1e-8 of what cancels in the logarithm of the sum.
func TestSoftmaxRowsIsItsPlainTwin(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for channels := 1; channels <= 3*16+1; channels++ {
			for _, rows := range []int{1, 2, 7, 64} {
				softmaxCase(t, rand.New(rand.NewPCG(uint64(channels), uint64(rows))), rows, channels)
			}
		}
	})
}

func FuzzSoftmaxRows(f *testing.F) {
	f.Add(uint64(1), 7, 24)
	f.Fuzz(func(t *testing.T, seed uint64, rows, channels int) {
		softmaxCase(t, rand.New(rand.NewPCG(seed, 0)), 1+int(uint(rows)%50), 1+int(uint(channels)%200))
	})
}

func softmaxCase(t *testing.T, r *rand.Rand, rows, channels int) {
	t.Helper()
	_, x := guarded(r, rows*channels, r.IntN(16))
	offset := r.IntN(16)
	all, y := guarded(r, rows*channels, offset)
	before := clone(all)
	logSum, want, wantSum := make([]float64, rows), make([]float32, len(y)), make([]float64, rows)
	SoftmaxRows(y, x, logSum, channels)
	for row := range rows {
		wantSum[row] = softmax(want[row*channels:][:channels], x[row*channels:][:channels])
	}
	close32(t, want, y, 4, "softmax of %d x %d", rows, channels)
	for i, s := range wantSum {
		if !(math.Abs(s-logSum[i]) <= 1e-8) && !(s != s && logSum[i] != logSum[i]) {
			t.Fatalf("the logarithm of %v is %g, expected %g", x[i*channels:][:channels], logSum[i], s)
		}
	}
	copy(all[33+offset:], before[33+offset:][:len(y)])
	alike(t, before, all, "guards of %d x %d", rows, channels)
}

func TestLabelGradientIsItsPlainTwin(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for channels := 1; channels <= 3*16+1; channels++ {
			for _, rows := range []int{1, 2, 7, 64} {
				labelCase(t, rand.New(rand.NewPCG(uint64(channels), uint64(rows))), rows, channels)
			}
		}
	})
}

func FuzzLabelGradient(f *testing.F) {
	f.Add(uint64(1), 7, 24)
	f.Fuzz(func(t *testing.T, seed uint64, rows, channels int) {
		labelCase(t, rand.New(rand.NewPCG(seed, 0)), 1+int(uint(rows)%50), 1+int(uint(channels)%50))
	})
}

func labelCase(t *testing.T, r *rand.Rand, rows, channels int) {
	t.Helper()
	p, each := random(r, rows*channels), random(r, channels)
	common, labels := make([]float64, rows), make([]float32, rows)
	for j := range labels {
		common[j], labels[j] = r.Float64(), float32(r.IntN(channels))
		if channels > 1 && r.IntN(30) == 0 { // a single one has no others to tell it
			p[j*channels+r.IntN(channels)] = float32(math.NaN())
		}
	}
	offset, add := r.IntN(16), r.IntN(2) == 0
	all, gx := guarded(r, rows*channels, offset)
	for j := range gx {
		gx[j] = r.Float32()
	}
	want := clone(all)
	for j, y := range labels {
		row := want[33+offset+j*channels:][:channels]
		labelGradient(row, p[j*channels:][:channels], each, common[j], int(y), 0.7, add)
	}
	LabelGradient(gx, p, each, common, labels, 0.7, add)
	for j := range want {
		if want[j] == want[j] || all[j] == all[j] { // sums of up to 50 numbers of about 1
			require.InDelta(t, want[j], all[j], 1e-5, "%d x %d, %d", rows, channels, j)
		}
	}
}

func TestLabelGradientRefusesLabelsThatAreNoChannels(t *testing.T) {
	x := make([]float32, 3)
	for _, y := range []float32{-1, 3, float32(math.NaN())} {
		require.PanicsWithValue(t, fmt.Sprintf("kernel: label %g of 3 channels", y), func() { LabelGradient(x, x, x, make([]float64, 1), []float32{y}, 1, true) })
	}
	require.PanicsWithValue(t, "kernel: gradients by labels of slices of the wrong length", func() { LabelGradient(x, x, x[:2], nil, x[:1], 1, true) })
}

func TestSoftmaxRowsOfWrongLengthPanics(t *testing.T) {
	x := make([]float32, 6)
	for _, channels := range []int{0, 2} {
		require.PanicsWithValue(t, "kernel: softmax of slices of the wrong length", func() { SoftmaxRows(x, x, make([]float64, 2), channels) })
	}
}

func BenchmarkSoftmaxRows(b *testing.B) {
	for _, channels := range []int{4, 24} {
		b.Run(fmt.Sprintf("c=%d", channels), func(b *testing.B) {
			x := random(rand.New(rand.NewPCG(1, 2)), 1024*channels)
			y, logSum := make([]float32, len(x)), make([]float64, 1024)
			for b.Loop() {
				SoftmaxRows(y, x, logSum, channels)
			}
			b.ReportMetric(8*float64(len(x))*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GB/s")
		})
	}
}
