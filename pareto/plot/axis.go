package plot

import (
	"math"
	"strconv"

	gonum "gonum.org/v1/plot"
)

// ticks places marks at round numbers: 1, 2 or 5 times a power of ten.
type ticks struct {
	log   bool
	most  int // labelled marks, at most
	label func(x, step float64) string
}

// Ticks makes ticks a gonum.Ticker.
func (t ticks) Ticks(lo, hi float64) []gonum.Tick {
	if t.log {
		if marks, labelled := t.decades(lo, hi); labelled >= 2 {
			return marks
		}
		t.most = max(t.most/2, 2) // linear steps crowd at the upper end
	}
	marks := t.linear(lo, hi)
	for len(marks) < 2 && t.most < 9 { // one number is no scale
		t.most++
		marks = t.linear(lo, hi)
	}
	return marks
}

func (t ticks) linear(lo, hi float64) (marks []gonum.Tick) {
	step := t.step(lo, hi)
	for i := int(math.Ceil(lo/step - 1e-9)); float64(i)*step <= hi+1e-9*step; i++ {
		x := float64(i) * step
		marks = append(marks, gonum.Tick{Value: x, Label: t.label(x, step)})
	}
	return marks
}

// step is the least round number that gives no more than most marks.
func (t ticks) step(lo, hi float64) float64 {
	rough := (hi - lo) / float64(t.most)
	step := math.Pow10(int(math.Floor(math.Log10(rough))))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*step >= rough*(1-1e-9) {
			return m * step
		}
	}
	return 10 * step
}

// decades marks 1 to 9 times each power of ten and labels 1, 2 and 5, or only
// 1 where those would be too many.
func (t ticks) decades(lo, hi float64) (marks []gonum.Tick, labelled int) {
	for _, sparse := range []bool{false, true} {
		marks, labelled = nil, 0
		for e := math.Floor(math.Log10(lo)); e <= math.Log10(hi); e++ {
			for m := 1.; m < 10; m++ {
				x := m * math.Pow10(int(e))
				if x < lo*(1-1e-9) || x > hi*(1+1e-9) {
					continue
				}
				mark := gonum.Tick{Value: x}
				if m == 1 || !sparse && (m == 2 || m == 5) {
					mark.Label = t.label(x, x)
					labelled++
				}
				marks = append(marks, mark)
			}
		}
		if labelled <= t.most {
			break
		}
	}
	return marks, labelled
}

// decimals writes x with as many decimals as step has.
func decimals(x, step float64) string {
	return strconv.FormatFloat(x, 'f', max(0, int(math.Ceil(-math.Log10(step)-1e-9))), 64)
}

// span is the range of an axis.
type span struct{ lo, hi float64 }

func (s *span) hold(x float64) { s.lo, s.hi = min(s.lo, x), max(s.hi, x) }

// open widens a span so that no mark sits on the frame.
func (s span) open(log bool) span {
	switch {
	case log && s.lo == s.hi:
		return span{s.lo / 2, s.hi * 2}
	case log:
		by := math.Pow(s.hi/s.lo, 0.04)
		return span{s.lo / by, s.hi * by}
	}
	by := 0.06 * (s.hi - s.lo)
	return span{s.lo - by, s.hi + by}
}

// ratio is open for phi and Dice, without a magnifying glass for differences
// that do not matter.
func (s span) ratio() span {
	if s.hi-s.lo < 0.01 {
		middle := (s.lo + s.hi) / 2
		return span{max(middle-0.05, 0), middle + 0.05}
	}
	return s.open(false)
}
