package golden

import (
	"math"
	"testing"
)

// Close fails the test unless |got - want| <= atol + rtol*|want| for every
// element. It reports the worst element, by how much it misses, and how many
// others do. Equal infinities agree, and so do two NaN.
func Close[T float32 | float64](t testing.TB, name string, got []T, want []float64, atol, rtol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d elements, expected %d", name, len(got), len(want))
		return
	}
	worst, at, bad := 1.0, -1, 0
	for i, w := range want {
		if r := excess(float64(got[i]), w, atol, rtol); !(r <= 1) {
			bad++
			if at < 0 || !(r <= worst) {
				worst, at = r, i
			}
		}
	}
	if bad > 0 {
		t.Errorf("%s: %d of %d elements differ; the worst, %d, is %.9g, expected %.9g: off by %.3g, allowed %.3g",
			name, bad, len(want), at, got[at], want[at], math.Abs(float64(got[at])-want[at]), atol+rtol*math.Abs(want[at]))
	}
}

// excess returns the error in units of what is allowed.
func excess(got, want, atol, rtol float64) float64 {
	if got == want || math.IsNaN(got) && math.IsNaN(want) {
		return 0
	}
	if math.IsInf(want, 0) || math.IsNaN(got) {
		return math.Inf(1)
	}
	return math.Abs(got-want) / (atol + rtol*math.Abs(want))
}
