package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sshn-go/sshn/pareto"
)

const none = "–"

// dice writes a Dice, or a share, with three decimals.
func dice(x float64) string {
	if math.IsNaN(x) {
		return none
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}

// signed writes a difference of Dice. The minus is as wide as the plus.
func signed(x float64) string {
	if math.IsNaN(x) {
		return none
	}
	return strings.Replace(fmt.Sprintf("%+.4f", x), "-", "−", 1)
}

// String writes a mean with its deviation, where there are several seeds.
func (s spread) String() string {
	if math.IsNaN(s.sd) {
		return dice(s.mean)
	}
	return dice(s.mean) + " ± " + dice(s.sd)
}

// pValue writes a probability.
func pValue(p float64) string {
	switch {
	case math.IsNaN(p):
		return none
	case p < 0.0001:
		return "< 0.0001"
	case p < 0.001:
		return strconv.FormatFloat(p, 'f', 4, 64)
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

// duration writes seconds in the unit that suits them.
func duration(s float64) string {
	switch {
	case math.IsNaN(s) || s == 0:
		return none
	case s < 1:
		return pareto.BySeconds.Format(s)
	case s < 120:
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	case s < 7200:
		return strconv.FormatFloat(s/60, 'f', 1, 64) + " min"
	}
	return strconv.FormatFloat(s/3600, 'f', 1, 64) + " h"
}

func cost(by pareto.Cost, x float64) string {
	if x == 0 || math.IsInf(x, 0) {
		return none
	}
	return by.Format(x)
}

// count writes a number with a thin space between thousands.
func count(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "\u202f" + text[i:]
	}
	return text
}

// plural writes a number with its noun.
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return count(n) + " " + noun
}

// list joins words as a sentence does.
func list(words []string) string {
	switch n := len(words); n {
	case 0:
		return none
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

func texts[T any](x []T) []string {
	words := make([]string, len(x))
	for i := range x {
		words[i] = fmt.Sprint(x[i])
	}
	return words
}
