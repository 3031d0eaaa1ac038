package nn

import "github.com/sshn-go/sshn/autograd"

// Dropout sets elements of x to zero with probability rate and scales the rest
// by 1/(1-rate), in a training pass; else, or with rate 0, it is the identity.
// The mask comes from the pass's random source; it panics with a
// [*autograd.UseError] if there is none.
func Dropout(p *Pass, x autograd.Value, rate float64) autograd.Value {
	if !p.Train || rate == 0 {
		return x
	}
	if p.Rand == nil {
		panic(&autograd.UseError{Op: "dropout", Shape: x.Shape(), Problem: "the training pass has no Rand"})
	}
	return autograd.Dropout(x, rate, p.Rand.Uint64())
}
