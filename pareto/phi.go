package pareto

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/floats/scalar"
)

// Phi is the factor by which feature maps shrink: one number, or one for each
// level or each axis. In text it is 0.22 or 0.2/0.3/0.5, in JSON a number or
// an array of numbers.
type Phi []float64

// ParsePhi reads what String writes. Each factor must be positive and finite.
func ParsePhi(text string) (Phi, error) {
	var phi Phi
	for part := range strings.SplitSeq(text, "/") {
		x, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return nil, fmt.Errorf("phi: %q is neither a number such as 0.22 nor several such as 0.2/0.3", text)
		}
		phi = append(phi, x)
	}
	if err := phi.validate(); err != nil {
		return nil, err
	}
	return phi, nil
}

// String writes each factor with as many digits as it has.
func (phi Phi) String() string {
	parts := make([]string, len(phi))
	for i, x := range phi {
		parts[i] = number(x)
	}
	return strings.Join(parts, "/")
}

// MarshalJSON writes one factor as a number, several as an array.
func (phi Phi) MarshalJSON() ([]byte, error) {
	if len(phi) == 1 {
		return json.Marshal(phi[0])
	}
	return json.Marshal([]float64(phi))
}

// UnmarshalJSON reads a number or an array of numbers.
func (phi *Phi) UnmarshalJSON(b []byte) error {
	var one float64
	if err := json.Unmarshal(b, &one); err == nil && string(b) != "null" {
		*phi = Phi{one}
		return nil
	}
	var several []float64
	if err := json.Unmarshal(b, &several); err != nil {
		return fmt.Errorf("phi: %.40q is neither a number nor an array of numbers", b)
	}
	*phi = several
	return nil
}

func (phi Phi) validate() error {
	if len(phi) == 0 {
		return fmt.Errorf("phi: there is none")
	}
	for _, x := range phi {
		if !(x > 0) || math.IsInf(x, 0) {
			return fmt.Errorf("phi: %v is not a positive number", x)
		}
	}
	return nil
}

// Grid returns n single factors evenly spaced from lo to hi, both included;
// one factor is lo. Those between are rounded to four decimals, so that they
// can be typed as they are printed. It panics with a [*UseError] unless
// 0 < lo <= hi < infinity and n >= 1.
func Grid(lo, hi float64, n int) []Phi {
	if !(lo > 0 && lo <= hi) || math.IsInf(hi, 0) || n < 1 {
		misuse("grid", "%d factors from %v to %v", n, lo, hi)
	}
	phis := make([]Phi, n)
	for i := range phis {
		x := lo + (hi-lo)*float64(i)/float64(max(n-1, 1))
		phis[i] = Phi{min(max(scalar.Round(x, 4), lo), hi)}
	}
	phis[n-1][0] = hi
	phis[0][0] = lo
	return phis
}

// Equal tells whether both have the same factors in the same order.
func (phi Phi) Equal(other Phi) bool { return slices.Equal(phi, other) }

// number is the shortest text that reads back as x.
func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
