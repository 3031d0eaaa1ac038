package data

import (
	"fmt"
	"strconv"
	"strings"
)

// Divide draws the split that a text asks for: counts of subjects to train on,
// to choose by and to report on, as in 28/6/6, or shares, as in 0.7/0.15/0.15.
// Each part gets a subject at least. Shares of 1 in all leave no subject out;
// whom others leave out is drawn too. The error says what is wrong with the
// text, or that there are too few subjects.
func Divide(subjects []string, text string, seed uint64) (Split, error) {
	if n := len(subjects); n < 3 {
		return Split{}, fmt.Errorf("%d subjects: to train on, to choose by and to report on, 3 are needed", n)
	}
	parts, err := parse(text)
	if err != nil {
		return Split{}, err
	}
	counts, err := parts.counts(len(subjects))
	if err != nil {
		return Split{}, err
	}
	s, err := NewSplit(subjects, counts[1], counts[2], seed)
	if err != nil {
		return Split{}, err
	}
	kept, err := NewSplit(s.Train, len(s.Train)-counts[0], 0, seed)
	s.Train = kept.Train
	return s, err
}

// parts are counts or shares, to train on, to choose by and to report on.
type parts [3]float64

func parse(text string) (p parts, err error) {
	fields := strings.Split(text, "/")
	if len(fields) != len(p) {
		return p, fmt.Errorf("three numbers are needed, of subjects to train on, to choose by and to report on")
	}
	for i, field := range fields {
		p[i], err = strconv.ParseFloat(field, 64)
		switch {
		case err == nil && p[i] == 0:
			return p, fmt.Errorf("each part needs a subject at least: those to train on, to choose the weights by, and to report on")
		case err != nil || !(p[i] > 0) || p[i] > 1e6:
			return p, fmt.Errorf("counts such as 28/6/6 or shares such as 0.7/0.15/0.15 are possible")
		}
	}
	return p, nil
}

// counts returns how many of the subjects each part has.
func (p parts) counts(subjects int) (counts [3]int, err error) {
	sum := p[0] + p[1] + p[2]
	shares := sum <= 1+1e-9
	for i, x := range p {
		counts[i] = int(x)
		if !shares && x != float64(counts[i]) {
			return counts, fmt.Errorf("shares add up to 1 at most, counts are whole")
		}
		if shares {
			counts[i] = max(1, int(x*float64(subjects)+.5))
		}
	}
	// Rounding is not to take a subject twice, nor, if all are asked for, to
	// leave one out, nor to leave none to train on.
	for shares && counts[1]+counts[2] >= subjects {
		if counts[1] > counts[2] {
			counts[1]--
		} else {
			counts[2]--
		}
	}
	if rest := subjects - counts[1] - counts[2]; shares && (counts[0] > rest || sum >= 1-1e-9) {
		counts[0] = rest
	}
	if all := counts[0] + counts[1] + counts[2]; all > subjects {
		return counts, fmt.Errorf("these are %d subjects, and there are %d", all, subjects)
	}
	return counts, nil
}
