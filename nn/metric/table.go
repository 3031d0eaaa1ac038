package metric

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Table holds the Dice of several subjects.
type Table struct {
	Subjects []string
	Dice     [][]float64 // by subject and class, as Overlap.Dice gives it
}

// Add adds a subject.
func (t *Table) Add(subject string, o *Overlap) {
	t.Subjects = append(t.Subjects, subject)
	t.Dice = append(t.Dice, o.Dice())
}

// Mean returns the mean and deviation over subjects of their mean Dice. Its N
// is how many subjects count.
func (t *Table) Mean() Summary {
	var means []float64
	for _, d := range t.Dice {
		means = append(means, Summarise(d).Mean)
	}
	return Summarise(means)
}

// Structure returns the mean and deviation over subjects of one class's Dice.
func (t *Table) Structure(class int) Summary {
	var x []float64
	for _, d := range t.Dice {
		x = append(x, d[class])
	}
	return Summarise(x)
}

// Text returns the table for people: a line for each structure, under its name
// (that of class 0 first, which is not printed) or else its number, with mean,
// deviation and the number of subjects that count; then the mean of all.
func (t *Table) Text(names []string) string {
	classes := 0
	if len(t.Dice) > 0 {
		classes = len(t.Dice[0])
	}
	label := func(class int) string {
		if class < len(names) {
			return names[class]
		}
		return strconv.Itoa(class)
	}
	width := len("structure")
	for c := 1; c < classes; c++ {
		width = max(width, utf8.RuneCountInString(label(c)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s %7s %6s %9s\n", width, "structure", "Dice", "SD", "subjects")
	line := func(name string, s Summary) {
		fmt.Fprintf(&b, "%-*s %7s %6s %9d\n", width, name, decimals(s.Mean), decimals(s.SD), s.N)
	}
	for c := 1; c < classes; c++ {
		line(label(c), t.Structure(c))
	}
	line("mean", t.Mean())
	return b.String()
}

// decimals prints a Dice; a dash stands for none.
func decimals(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}
