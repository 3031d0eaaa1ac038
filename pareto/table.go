package pareto

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// WriteTable prints the points, in the order given, for a terminal: phi, MACs,
// memory, median and 95th percentile of the latency, Dice with its deviation
// over subjects, and the label if any point has one. The last column marks
// points on the front of Dice against by, and the chosen one, which is equal to
// chosen (the zero Point marks none). What was not measured is a dash, and so is a
// deviation of 0, as of one subject.
func WriteTable(w io.Writer, points []Point, by Cost, chosen Point) error {
	rows := [][]string{{"phi", "MACs", "memory", "median", "p95", "Dice", "sd", "", ""}}
	front := Front(points, by)
	for _, p := range points {
		var marks []string
		if slices.ContainsFunc(front, p.Equal) {
			marks = append(marks, "front")
		}
		if p.Equal(chosen) {
			marks = append(marks, "chosen")
		}
		cell := func(by Cost, x float64) string {
			if x == 0 {
				return "-"
			}
			return by.Format(x)
		}
		sd := "-"
		if p.DiceSD > 0 {
			sd = fmt.Sprintf("%.3f", p.DiceSD)
		}
		rows = append(rows, []string{
			p.Phi.String(), cell(ByMACs, float64(p.MACs)), cell(ByBytes, float64(p.Bytes)),
			cell(BySeconds, p.Median), cell(BySeconds, p.P95),
			fmt.Sprintf("%.3f", p.Dice), sd, p.Label, strings.Join(marks, ", "),
		})
	}
	if _, err := io.WriteString(w, align(rows)); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// align pads the cells to columns: numbers to the right, the last two, which
// are words, to the left. A column without a cell takes no room.
func align(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if widths[i] == 0 {
				continue
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i >= len(row)-2 {
				line.WriteString(cell + pad + "  ")
			} else {
				line.WriteString(pad + cell + "  ")
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}
