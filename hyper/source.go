package hyper

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
)

// A Source gives theta for a condition. It is immutable but for the values of
// its parameters, so many goroutines may use one, each with its own tape.
type Source interface {
	// Theta records theta [len] for a condition on t.
	Theta(t *autograd.Tape, condition []float64) autograd.Value

	// Params returns what an optimiser trains: theta itself, or omega.
	Params() *nn.Params
}

// Sharing is what a Source implements that gives theta for several conditions at
// less than as many times the work of one.
type Sharing interface {
	// Thetas records theta [len] for each condition. Losses may go Backward one
	// after another: see [autograd.Value.Hold].
	Thetas(t *autograd.Tape, conditions ...[]float64) []autograd.Value
}

// Thetas records theta for each condition, with as little work as s can. Of a
// [Sharing] source, as a [Net] is, they are held: each may have a loss and a
// Backward of its own, and a gradient by the source's parameters is read after the
// last. Of another source they are Theta of each condition.
func Thetas(s Source, t *autograd.Tape, conditions ...[]float64) []autograd.Value {
	if many, ok := s.(Sharing); ok {
		return many.Thetas(t, conditions...)
	}
	thetas := make([]autograd.Value, len(conditions))
	for i, c := range conditions {
		thetas[i] = s.Theta(t, c)
	}
	return thetas
}

// Shared is a theta that is the same for every condition: that of a Fixed, a
// Stochastic or a FiLM network.
type Shared struct{ theta *nn.Params }

// NewShared returns the source of theta, which it shares.
func NewShared(theta *nn.Params) *Shared { return &Shared{theta} }

// Theta implements [Source]; it ignores the condition.
func (s *Shared) Theta(t *autograd.Tape, _ []float64) autograd.Value { return s.theta.Leaf(t) }

// Params implements [Source].
func (s *Shared) Params() *nn.Params { return s.theta }

// Freeze returns theta at a condition, as new parameters of the network whose
// layout is given. The source is needed no longer. It panics if theta has another
// length than the layout.
func Freeze(s Source, layout *nn.Layout, condition []float64) *nn.Params {
	tape := autograd.NewTape()
	theta := &nn.Params{Layout: layout, Data: make([]float32, layout.Len())}
	tape.NoGrad(func() {
		from := s.Theta(tape, condition).Tensor().Data
		if len(from) != len(theta.Data) {
			panic(&tensor.UseError{Problem: fmt.Sprintf("hyper: freeze: %d parameters for a layout of %d", len(from), len(theta.Data))})
		}
		copy(theta.Data, from)
	})
	return theta
}
