package pareto

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// columns are the names of a point's fields, and their order, in both formats.
// Only the last may be absent from a file.
var columns = []string{"phi", "dice", "dice_sd", "macs", "peak_bytes", "median_s", "p95_s", "label"}

var required = columns[:len(columns)-1]

// WriteCSV writes a line of column names, with their units, and a line for each
// point; [ReadCSV] gives the same points back, digit for digit. A point that
// [Point.Validate] refuses is an error.
func WriteCSV(w io.Writer, points []Point) error {
	c := csv.NewWriter(w)
	c.Write(columns) // the writer keeps its first error for Flush
	for i, p := range points {
		if err := p.Validate(); err != nil {
			return fmt.Errorf("write csv: point %d: %w", i+1, err)
		}
		c.Write([]string{
			p.Phi.String(), number(p.Dice), number(p.DiceSD), strconv.FormatInt(p.MACs, 10),
			strconv.FormatInt(p.Bytes, 10), number(p.Median), number(p.P95), p.Label,
		})
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

// ReadCSV reads points written by [WriteCSV]. The columns may come in any order
// and among others, which it passes over; only label may be absent. An error
// names the line and the column, what was found and what was expected.
func ReadCSV(r io.Reader) ([]Point, error) {
	c := csv.NewReader(unmarked(r))
	c.ReuseRecord = true
	header, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("read csv: column names: %w", err)
	}
	at := map[string]int{}
	for i, name := range header {
		if _, twice := at[name]; twice && slices.Contains(columns, name) {
			return nil, fmt.Errorf("read csv: two columns %q", name)
		}
		at[name] = i
	}
	for _, name := range required {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("read csv: no column %q among %.200q", name, header)
		}
	}
	var points []Point
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return points, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read csv: %w", err)
		}
		p, err := parseRecord(record, at)
		if err != nil {
			line, _ := c.FieldPos(0)
			return nil, fmt.Errorf("read csv: line %d: %w", line, err)
		}
		points = append(points, p)
	}
}

func parseRecord(record []string, at map[string]int) (p Point, err error) {
	if p.Phi, err = ParsePhi(record[at["phi"]]); err != nil {
		return p, err
	}
	real := func(name string) (x float64) {
		if err == nil {
			if x, err = strconv.ParseFloat(record[at[name]], 64); err != nil {
				err = fmt.Errorf("%s: %.40q is not a number", name, record[at[name]])
			}
		}
		return x
	}
	whole := func(name string) (n int64) {
		if err == nil {
			if n, err = strconv.ParseInt(record[at[name]], 10, 64); err != nil {
				err = fmt.Errorf("%s: %.40q is not a whole number", name, record[at[name]])
			}
		}
		return n
	}
	p.Dice, p.DiceSD = real("dice"), real("dice_sd")
	p.MACs, p.Bytes = whole("macs"), whole("peak_bytes")
	p.Median, p.P95 = real("median_s"), real("p95_s")
	if err != nil {
		return p, err
	}
	if i, ok := at["label"]; ok {
		p.Label = record[i]
	}
	return p, p.Validate()
}

// WriteJSON writes the points as an indented array of objects, whose names are
// those of the columns of [WriteCSV]. A point that [Point.Validate] refuses is
// an error.
func WriteJSON(w io.Writer, points []Point) error {
	for i, p := range points {
		if err := p.Validate(); err != nil {
			return fmt.Errorf("write json: point %d: %w", i+1, err)
		}
	}
	if points == nil {
		points = []Point{} // [] and not null
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(points); err != nil {
		return fmt.Errorf("write json: %w", err)
	}
	return nil
}

// ReadJSON reads points written by [WriteJSON]. Objects may have other names
// too, which it passes over; only label may be absent. An error says which
// point is wrong, counted from 1, and why.
func ReadJSON(r io.Reader) ([]Point, error) {
	b, err := io.ReadAll(unmarked(r))
	if err != nil {
		return nil, fmt.Errorf("read json: %w", err)
	}
	var objects []json.RawMessage
	if err := json.Unmarshal(b, &objects); err != nil {
		return nil, fmt.Errorf("read json: an array of points was expected: %w", err)
	}
	points := make([]Point, len(objects))
	for i, object := range objects {
		if points[i], err = parseObject(object); err != nil {
			return nil, fmt.Errorf("read json: point %d: %w", i+1, err)
		}
	}
	return points, nil
}

// unmarked returns r without the byte order mark that spreadsheets begin with.
func unmarked(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if mark, _ := b.Peek(3); string(mark) == "\ufeff" {
		b.Discard(3)
	}
	return b
}

func parseObject(b []byte) (p Point, err error) {
	var names map[string]json.RawMessage
	if err := json.Unmarshal(b, &names); err != nil {
		return p, err
	}
	// An absent number would read as zero, which has a meaning.
	for _, name := range required {
		if v, ok := names[name]; !ok || string(v) == "null" {
			return p, fmt.Errorf("there is no %q", name)
		}
	}
	if err := json.Unmarshal(b, &p); err != nil {
		return p, err
	}
	return p, p.Validate()
}
