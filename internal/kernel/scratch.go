package kernel

import "github.com/sshn-go/sshn/internal/parallel"

// scratch returns n elements of any value; float32, which is what steady work
// is done in, without allocating.
func scratch[T float](n int) []T {
	if f, ok := any(parallel.Scratch).(func(int) []T); ok {
		return f(n)
	}
	return make([]T, n)
}

func release[T float](s []T) {
	if f, ok := any(parallel.Release).(func([]T)); ok {
		f(s)
	}
}
