package report

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A paired is what differences between pairs say of their mean and their middle.
type paired struct {
	n         int
	mean      float64
	low, high float64 // the 95 % confidence interval of the mean, of Student's t
	t         float64 // p of Student's t test, two-sided
	wilcoxon  float64 // p of Wilcoxon's signed-rank test, two-sided
}

// testPairs tests differences against 0. There must be two or more.
func testPairs(d []float64) paired {
	n := len(d)
	mean, sd := stat.MeanStdDev(d, nil)
	student := distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}
	se := sd / math.Sqrt(float64(n))
	half := student.Quantile(0.975) * se
	p := paired{n: n, mean: mean, low: mean - half, high: mean + half, t: 1, wilcoxon: signedRank(d)}
	switch {
	case se > 0:
		p.t = 2 * student.CDF(-math.Abs(mean)/se)
	case mean != 0:
		p.t = 0 // all differences are the same
	}
	return p
}

// exactUpTo is the number of differences for which every assignment of signs is
// counted; beyond it the normal distribution is as good.
const exactUpTo = 200

// signedRank returns the two-sided p of Wilcoxon's signed-rank test. Differences
// of 0 are left out and equal ones share the mean of their ranks; the
// distribution is that of all signs on the ranks at hand, so ties are exact too.
//
// Source: Wilcoxon, Individual comparisons by ranking methods (Biometrics
// Bulletin 1, 1945); Lehmann, Nonparametrics (1975), section 3.2 and appendix.
func signedRank(d []float64) float64 {
	d = slices.DeleteFunc(slices.Clone(d), func(x float64) bool { return x == 0 })
	if len(d) == 0 {
		return 1
	}
	twice := twiceRanks(d)
	positive, total, squares := 0, 0, 0.
	for i, r := range twice {
		total += r
		squares += float64(r) * float64(r)
		if d[i] > 0 {
			positive += r
		}
	}
	if len(d) > exactUpTo {
		z := (float64(positive) - float64(total)/2) / (math.Sqrt(squares) / 2)
		return 2 * distuv.UnitNormal.CDF(-math.Abs(z))
	}
	// at[s] is the probability that the positive ranks add up to s/2.
	at := make([]float64, total+1)
	at[0] = 1
	reached := 0
	for _, r := range twice {
		reached += r
		for s := reached; s >= 0; s-- {
			at[s] /= 2
			if s >= r {
				at[s] += at[s-r] / 2
			}
		}
	}
	tail := 0. // the distribution is symmetric
	for s := range min(positive, total-positive) + 1 {
		tail += at[s]
	}
	return min(1, 2*tail)
}

// twiceRanks returns the ranks of the magnitudes, doubled to be whole.
func twiceRanks(d []float64) []int {
	order := make([]int, len(d))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(math.Abs(d[i]), math.Abs(d[j])) })
	twice := make([]int, len(d))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && math.Abs(d[order[to]]) == math.Abs(d[order[from]]) {
			to++
		}
		for _, i := range order[from:to] {
			twice[i] = from + 1 + to // first plus last of ranks from+1 .. to
		}
		from = to
	}
	return twice
}

// holm corrects p values for their number, so that the chance of any false
// alarm among them stays below that of one.
//
// Source: Holm, A simple sequentially rejective multiple test procedure
// (Scandinavian Journal of Statistics 6, 1979).
func holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	corrected := make([]float64, len(p))
	least := 0.
	for rank, i := range order {
		least = max(least, min(1, p[i]*float64(len(p)-rank)))
		corrected[i] = least
	}
	return corrected
}
