package optim

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// An Optimiser changes parameters by their gradient. It serves one vector of
// parameters, whose length it was made for, and one goroutine.
type Optimiser interface {
	// Step changes x in place by its gradient, with the given step size, in one
	// pass over memory. It panics with a [*tensor.ShapeError] if x or its
	// gradient has another length than the optimiser was made for.
	Step(x []float32, g autograd.Gradient, rate float64)

	// State returns what a checkpoint must hold, sharing the optimiser's memory:
	// a later step changes it.
	State() []State

	// Restore takes over a copy of such a state, in any order; the steps that
	// follow have the same bits as if there had been no stop. It returns an error
	// that names the first entry that does not fit, and then has changed nothing.
	Restore([]State) error
}

// A State is a named part of an optimiser's state.
type State struct {
	Name   string
	Tensor tensor.Tensor
}

func vector(name string, x []float32) State { return State{name, tensor.From(x, len(x))} }

// restore copies what from holds into to, entry by entry, if all of it fits.
func restore(kind string, to, from []State) error {
	given := make(map[string]tensor.Tensor, len(from))
	for _, s := range from {
		given[s.Name] = s.Tensor
	}
	if len(given) != len(from) {
		return fmt.Errorf("restore %s: an entry of the state stands there twice", kind)
	}
	for _, s := range to {
		t, ok := given[s.Name]
		if !ok {
			return fmt.Errorf("restore %s: %q is missing in the state", kind, s.Name)
		}
		if want := s.Tensor.Shape; t.Shape != want || len(t.Data) != want.Len() {
			return fmt.Errorf("restore %s: %q: expected %v, found %v with %d elements", kind, s.Name, want, t.Shape, len(t.Data))
		}
	}
	for _, s := range from {
		if !named(to, s.Name) {
			return fmt.Errorf("restore %s: %q is unknown", kind, s.Name)
		}
	}
	for _, s := range to {
		copy(s.Tensor.Data, given[s.Name].Data)
	}
	return nil
}

func named(state []State, name string) bool {
	for _, s := range state {
		if s.Name == name {
			return true
		}
	}
	return false
}

func checkLengths(kind string, n int, x []float32, g autograd.Gradient) {
	if len(x) != n || g.Len() != n {
		panic(&tensor.ShapeError{Op: kind, Shapes: []tensor.Shape{tensor.NewShape(len(x)), tensor.NewShape(g.Len())},
			Problem: fmt.Sprintf("the optimiser is for %d parameters and their gradient", n)})
	}
}

// sound tells whether x is a number from 0 on.
func sound(x float64) bool { return x >= 0 && !math.IsInf(x, 1) }

func orDefault(x, otherwise float64) float64 {
	if x == 0 {
		return otherwise
	}
	return x
}
