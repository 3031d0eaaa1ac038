package tensor

import "strings"

// A ShapeError tells that shapes do not fit an operation or each other. It is
// what misuse panics with, for the caller could have known.
type ShapeError struct {
	Op      string  // the operation, as in "conv"
	Shapes  []Shape // what it was given
	Problem string  // the rule that they break, with the numbers
}

// Error implements error.
func (e *ShapeError) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	for i, s := range e.Shapes {
		if i == 0 {
			b.WriteString(" of ")
		} else {
			b.WriteString(" and ")
		}
		b.WriteString(s.String())
	}
	b.WriteString(": ")
	b.WriteString(e.Problem)
	return b.String()
}
