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

// A UseError tells of an argument, other than shapes, that the caller could have
// known to be wrong. It is what packages without a UseError of their own panic
// with.
type UseError struct {
	Problem string // what is wrong, with the package and the numbers
}

// Error implements error.
func (e *UseError) Error() string { return e.Problem }
