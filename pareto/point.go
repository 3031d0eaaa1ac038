package pareto

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Point is one network on the plane of accuracy and cost.
type Point struct {
	Phi    Phi     `json:"phi"`        // the rescaling factor
	Dice   float64 `json:"dice"`       // mean over subjects, in [0, 1]
	DiceSD float64 `json:"dice_sd"`    // deviation over subjects
	MACs   int64   `json:"macs"`       // multiply-adds of one forward pass
	Bytes  int64   `json:"peak_bytes"` // greatest memory of one forward pass
	Latency
	Label string `json:"label,omitempty"` // free text on one line, such as the method
}

// String says what was measured of p in a line: phi 0.25: Dice 0.921, 351 M MACs,
// 5.4 MB, 3.3 ms.
func (p Point) String() string {
	text := fmt.Sprintf("Dice %.3f", p.Dice)
	if len(p.Phi) > 0 {
		text = fmt.Sprintf("phi %v: %s", p.Phi, text)
	}
	if p.Label != "" {
		text = p.Label + ", " + text
	}
	for by := range costs {
		if by := Cost(by); by.Of(p) != 0 {
			text += ", " + by.amount(by.Of(p))
		}
	}
	return text
}

// Equal tells whether p and q are the same in every field.
func (p Point) Equal(q Point) bool {
	return p.Phi.Equal(q.Phi) && p.Dice == q.Dice && p.DiceSD == q.DiceSD &&
		p.MACs == q.MACs && p.Bytes == q.Bytes && p.Latency == q.Latency && p.Label == q.Label
}

// Validate returns an error that names the first field out of its range: a phi
// that is absent or not a positive number, a Dice outside [0, 1], a negative
// deviation or cost, a NaN or an infinity, or a label of more than one line.
func (p Point) Validate() error {
	if err := p.Phi.validate(); err != nil {
		return err
	}
	if !(p.Dice >= 0 && p.Dice <= 1) {
		return fmt.Errorf("dice: %v is outside [0, 1]", p.Dice)
	}
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"dice_sd", p.DiceSD}, {"macs", float64(p.MACs)}, {"peak_bytes", float64(p.Bytes)},
		{"median_s", p.Median}, {"p95_s", p.P95},
	} {
		if !(f.value >= 0) || math.IsInf(f.value, 0) {
			return fmt.Errorf("%s: %v is negative or not finite", f.name, f.value)
		}
	}
	// What could drive a terminal, or would not survive a file, is no label.
	if !utf8.ValidString(p.Label) || strings.ContainsFunc(p.Label, unicode.IsControl) {
		return fmt.Errorf("label: %q is not one line of text", p.Label)
	}
	return nil
}

// ranked tells whether p has a place on the plane of Dice and cost.
func (p Point) ranked(by Cost) bool {
	cost := by.Of(p)
	return p.hasDice() && cost > 0 && !math.IsInf(cost, 0)
}

func (p Point) hasDice() bool { return !math.IsNaN(p.Dice) && !math.IsInf(p.Dice, 0) }

// rankedOf returns the points that have a place on the plane.
func rankedOf(points []Point, by Cost) []Point {
	var kept []Point
	for _, p := range points {
		if p.ranked(by) {
			kept = append(kept, p)
		}
	}
	return kept
}

// A UseError tells of an argument that the caller could have known to be
// wrong. It is what misuse panics with.
type UseError struct {
	Op      string // the function, as in "grid"
	Problem string // what is wrong, with the numbers
}

// Error implements error.
func (e *UseError) Error() string { return "pareto " + e.Op + ": " + e.Problem }

func misuse(op, format string, args ...any) {
	panic(&UseError{Op: op, Problem: fmt.Sprintf(format, args...)})
}
