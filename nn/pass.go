package nn

import (
	"math/rand/v2"

	"github.com/sshn-go/sshn/autograd"
)

// A Layer computes an output from an input, with the parameters of a pass.
// It is immutable.
type Layer interface {
	Forward(p *Pass, x autograd.Value) autograd.Value
}

// A Pass is what one forward pass is given beside its input. It serves one
// goroutine, as the tape that its theta is on does.
type Pass struct {
	Theta     autograd.Value // [Layout.Len()]: a leaf, a constant, or what a hypernetwork predicts
	Condition []float64      // what FiLM layers depend on, mostly phi; may be empty without such
	Factors   Factors        // phi: by how much the rescaling layers shrink
	Train     bool           // dropout is active
	Rand      *rand.Rand     // source of dropout; needed only with Train
}

// Param returns the values of a parameter: a view of Theta, so its gradient
// lands in Theta's.
func (p *Pass) Param(q Param) autograd.Value { return p.Theta.View(q.Offset, q.Shape) }

// Tape returns the tape that the pass is recorded on.
func (p *Pass) Tape() *autograd.Tape { return p.Theta.Tape() }
