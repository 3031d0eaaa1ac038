package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Attrs are the attributes of a case. A getter returns the zero value where
// the attribute was absent in PyTorch (null in the file), and panics if the
// operation has no attribute of that name or if it is of another type.
type Attrs struct{ values map[string]any }

// Has tells whether the attribute was given.
func (a Attrs) Has(name string) bool { return a.values[name] != nil }

// Bool returns a boolean.
func (a Attrs) Bool(name string) bool { return get[bool](a, name) }

// Text returns a string.
func (a Attrs) Text(name string) string { return get[string](a, name) }

// Int returns an integer.
func (a Attrs) Int(name string) int { return integer(a, name, get[json.Number](a, name)) }

// Float returns a number.
func (a Attrs) Float(name string) float64 { return float(a, name, get[json.Number](a, name)) }

// Ints returns a list of integers; a single one is a list of one.
func (a Attrs) Ints(name string) []int { return list(a, name, integer) }

// Floats returns a list of numbers; a single one is a list of one.
func (a Attrs) Floats(name string) []float64 { return list(a, name, float) }

// String prints the attributes as JSON, for the names of subtests.
func (a Attrs) String() string {
	text, _ := json.Marshal(a.values)
	return string(text)
}

func parseAttrs(text []byte) (a Attrs, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return a, d.Decode(&a.values)
}

func get[T any](a Attrs, name string) (zero T) {
	v, ok := a.values[name]
	if ok && v == nil {
		return zero
	}
	x, ok := v.(T)
	if !ok {
		a.fail(name, fmt.Sprintf("%T", zero))
	}
	return x
}

func list[T any](a Attrs, name string, f func(Attrs, string, json.Number) T) []T {
	v, ok := a.values[name]
	if ok && v == nil {
		return nil
	}
	if n, ok := v.(json.Number); ok {
		v = []any{n}
	}
	elements, ok := v.([]any)
	if !ok {
		a.fail(name, "a list")
	}
	all := make([]T, len(elements))
	for i, e := range elements {
		n, ok := e.(json.Number)
		if !ok {
			a.fail(name, "a list of numbers")
		}
		all[i] = f(a, name, n)
	}
	return all
}

func integer(a Attrs, name string, n json.Number) int {
	if n == "" {
		return 0
	}
	i, err := n.Int64()
	if err != nil {
		a.fail(name, "an integer")
	}
	return int(i)
}

func float(a Attrs, name string, n json.Number) float64 {
	if n == "" {
		return 0
	}
	x, err := n.Float64()
	if err != nil {
		a.fail(name, "a number")
	}
	return x
}

func (a Attrs) fail(name, want string) {
	panic(fmt.Sprintf("golden: expected %s as %q in %v", want, name, a))
}
