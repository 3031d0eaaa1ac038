package nn

import "github.com/sshn-go/sshn/autograd"

// Dropout sets elements of x to zero with probability rate and scales the rest
// by 1/(1-rate), in a training pass; else, or with rate 0, it is the identity.
// The mask comes from the pass's random source.
func Dropout(p *Pass, x autograd.Value, rate float64) autograd.Value {
	if !p.Train || rate == 0 {
		return x
	}
	return autograd.Dropout(x, rate, p.Rand.Uint64())
}
