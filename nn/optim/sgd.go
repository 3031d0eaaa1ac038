package optim

import "github.com/sshn-go/sshn/internal/parallel"

// SGDConfig holds the attributes of SGD.
type SGDConfig struct {
	Momentum  float64 // 0: none
	Dampening float64 // the share of the gradient that momentum leaves out
	Nesterov  bool    // look ahead along the momentum
	Decay     float64 // weight decay, added to the gradient
	Groups    []Group // ascending
}

// SGD is gradient descent with momentum in the form that deep learning uses:
// the velocity sums gradients, and the step size multiplies it.
// Source: Sutskever et al., ICML 2013.
type SGD struct {
	cfg      SGDConfig
	n        int
	velocity []float32
	begun    []float32 // one element: 1 after the first step, in which the velocity is the gradient
}

// NewSGD returns an optimiser of n parameters. It panics if the groups overlap,
// descend or lie outside.
func NewSGD(n int, cfg SGDConfig) *SGD {
	checkGroups(n, cfg.Groups)
	s := &SGD{cfg: cfg, n: n, begun: make([]float32, 1)}
	if cfg.Momentum != 0 {
		s.velocity = make([]float32, n)
	}
	return s
}

// sgdGrain is what a chunk takes: three streams of 64 KB.
const sgdGrain = 1 << 14

// Step implements [Optimizer].
func (s *SGD) Step(x, gradient []float32, rate float64) {
	checkLengths(s.n, x, gradient)
	take := float32(1 - s.cfg.Dampening)
	if s.begun[0] == 0 {
		take = 1
	}
	s.begun[0] = 1
	momentum, decay := float32(s.cfg.Momentum), float32(s.cfg.Decay)
	stretches(len(x), s.cfg.Groups, func(first, end int, multiplier float64) {
		rate := float32(rate * multiplier)
		parallel.For(end-first, sgdGrain, func(lo, hi int) {
			for i := first + lo; i < first+hi; i++ {
				g := gradient[i] + decay*x[i]
				if s.velocity != nil {
					v := momentum*s.velocity[i] + take*g
					s.velocity[i] = v
					if s.cfg.Nesterov {
						g += momentum * v
					} else {
						g = v
					}
				}
				x[i] -= rate * g
			}
		})
	})
}

// State implements [Optimizer].
func (s *SGD) State() []State {
	state := []State{vector("begun", s.begun)}
	if s.velocity != nil {
		state = append(state, vector("velocity", s.velocity))
	}
	return state
}

// Restore implements [Optimizer].
func (s *SGD) Restore(from []State) error { return restore(s.State(), from) }
