package report

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPairsAgreeWithSciPyAndR(t *testing.T) {
	for name, c := range map[string]struct {
		d    []float64
		want paired
	}{
		// Darwin's maize: the example of scipy.stats.wilcoxon; the t test by SciPy 1.10.1.
		"maize": {
			[]float64{6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75},
			paired{15, 20.933333333333334, 0.031193318401520287, 41.83547334826515, 0.049702944021800956, 0.041259765625},
		},
		// The depression scale of Hollander and Wolfe: the example of R's
		// wilcox.test, V = 40, whose one-sided p there is half of this one. Both by
		// SciPy 1.10.1.
		"depression": {
			[]float64{1.83 - 0.878, 0.50 - 0.647, 1.62 - 0.598, 2.48 - 2.05, 1.68 - 1.06, 1.88 - 1.29, 1.55 - 1.06, 3.06 - 3.14, 1.30 - 1.29},
			paired{9, 0.4318888888888889, 0.10377871229647023, 0.7599990654813076, 0.016176627434908095, 0.0390625},
		},
		// Student's sleep data, the example of R's t.test: t = 4.0621, df = 9, the
		// rest by SciPy 1.10.1. It has a 0 and two equal differences: nine are
		// left, all positive, so the exact p of their ranks is 2 / 2^9.
		"sleep": {
			[]float64{1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4},
			paired{10, 1.58, 0.7001142367452712, 2.459885763254729, 0.00283289019738427, 0.00390625},
		},
	} {
		got := testPairs(c.d)
		require.Equal(t, c.want.n, got.n)
		for _, x := range [][2]float64{
			{c.want.mean, got.mean}, {c.want.low, got.low}, {c.want.high, got.high},
			{c.want.t, got.t}, {c.want.wilcoxon, got.wilcoxon},
		} {
			// Both take t from an incomplete beta function that is right to 1e-12
			// or so; the quantile is its inverse.
			require.InDelta(t, x[0], x[1], 1e-9*math.Abs(x[0]), name)
		}
	}
}

func TestManyPairsAreTestedByTheNormalDistribution(t *testing.T) {
	var d []float64
	for i := 1; i < 240; i++ {
		d = append(d, float64(i*37%101-45)/1000)
	}
	p := testPairs(d)
	require.InDelta(t, 0.007341039905836382, p.t, 1e-12)       // SciPy 1.10.1, ttest_1samp
	require.InDelta(t, 0.01010854227014285, p.wilcoxon, 1e-12) // SciPy 1.10.1, wilcoxon(mode="approx"): zeros and ties
	d = d[:exactUpTo]
	exact := signedRank(d)
	// At the bound, the two differ by the continuity that the normal lacks: less
	// than the probability of a rank sum, about 1/sqrt(2 pi n^3/12).
	near := signedRank(append(d, d[0]))
	require.InDelta(t, exact, near, 0.01)
}

func TestPairsThatDoNotDifferAreNotToldApart(t *testing.T) {
	p := testPairs([]float64{0, 0, 0})
	require.Equal(t, paired{n: 3, t: 1, wilcoxon: 1}, p)
	p = testPairs([]float64{0.5, 0.5, 0.5, 0.5})
	require.Equal(t, paired{n: 4, mean: 0.5, low: 0.5, high: 0.5, t: 0, wilcoxon: 0.125}, p)
	require.Equal(t, 1., testPairs([]float64{-1, 1}).wilcoxon)
}

func TestSignedRankCountsAllSigns(t *testing.T) {
	d := []float64{1, -2, 2, 4, 5, -5, 5, 9, 0} // with ties and a zero
	p := signedRank(d)
	ranks := []float64{1, 2.5, 2.5, 4, 6, 6, 6, 8}
	positive := 1 + 2.5 + 4 + 6 + 6 + 8.
	extreme := 0
	for signs := range 1 << len(ranks) {
		sum := 0.
		for i, r := range ranks {
			if signs>>i&1 == 1 {
				sum += r
			}
		}
		if math.Abs(sum-18) >= positive-18 {
			extreme++
		}
	}
	require.Equal(t, float64(extreme)/256, p) // powers of two are exact
}

func TestHolmAgreesWithR(t *testing.T) {
	// p.adjust(c(0.03, 0.01, 0.05, 0.02, 0.04), "holm"), R's documented order of p.
	got := holm([]float64{0.03, 0.01, 0.05, 0.02, 0.04})
	require.InDeltaSlice(t, []float64{0.09, 0.05, 0.09, 0.08, 0.09}, got, 1e-15)
	require.Equal(t, []float64{1, 1}, holm([]float64{0.6, 0.9}))
	require.Empty(t, holm(nil))
}
