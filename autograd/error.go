package autograd

import (
	"runtime"

	"github.com/sshn-go/sshn/tensor"
)

// A UseError tells that a value was used as it may not be: after its tape was
// reset, on another tape, after its buffer was released, or for a gradient
// that it does not have. It is what such misuse panics with.
type UseError struct {
	Op      string       // what was being done, as in "add"
	Shape   tensor.Shape // of the value
	Problem string
}

// Error implements error.
func (e *UseError) Error() string {
	return e.Op + " of " + e.Shape.String() + ": " + e.Problem
}

// Try calls f and returns the error that it panicked with: a
// [*tensor.ShapeError], a [*tensor.UseError], a [*UseError], or the error value that
// another package or an operation of the caller's own panics with. It is for
// servers, which must survive what a client asks for. Other panics, those of the Go
// runtime among them, pass.
func Try(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(error)
			if _, bug := r.(runtime.Error); bug || !ok {
				panic(r)
			}
			err = e
		}
	}()
	f()
	return nil
}
