package optim

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/tensor"
)

// SGDConfig holds the attributes of SGD.
type SGDConfig struct {
	Momentum  float64 // 0: none
	Dampening float64 // the share of the gradient that momentum leaves out
	Nesterov  bool    // look ahead along the momentum
	Decay     float64 // weight decay, added to the gradient
	Groups    []Group // ascending
}

// SGD is gradient descent with momentum in the form that deep learning uses:
// the velocity v sums gradients, and the step size multiplies it. With the
// gradient g, to which weight decay has added decay x,
//
//	v = momentum v + (1-dampening) g, in the first step v = g
//	x -= rate v, or with Nesterov rate (g + momentum v)
//
// Source: Sutskever et al., ICML 2013, section 2, as PyTorch has it.
type SGD struct {
	cfg      SGDConfig
	n        int
	groups   []Group // cover all
	velocity []float32
	begun    []float32 // one element: 1 after the first step
}

// NewSGD returns an optimiser of n parameters. It panics if the groups overlap,
// descend or lie outside, or if a number of cfg makes no sense, as Nesterov does
// not without momentum or with dampening.
func NewSGD(n int, cfg SGDConfig) *SGD {
	if !(cfg.Momentum >= 0 && cfg.Momentum < 1 && cfg.Dampening >= 0 && cfg.Dampening <= 1) || !sound(cfg.Decay) {
		panic(&tensor.UseError{Problem: fmt.Sprintf("optim: sgd: momentum %v, dampening %v, decay %v; the first two lie in 0 to 1, decay is 0 or positive",
			cfg.Momentum, cfg.Dampening, cfg.Decay)})
	}
	if cfg.Nesterov && (cfg.Momentum == 0 || cfg.Dampening != 0) {
		panic(&tensor.UseError{Problem: fmt.Sprintf("optim: sgd: Nesterov with momentum %v and dampening %v; it takes momentum and no dampening", cfg.Momentum, cfg.Dampening)})
	}
	s := &SGD{cfg: cfg, n: n, groups: cover("sgd", n, cfg.Groups), begun: make([]float32, 1)}
	if cfg.Momentum != 0 {
		s.velocity = make([]float32, n)
	}
	return s
}

// Step implements [Optimiser].
func (s *SGD) Step(x []float32, gradient autograd.Gradient, rate float64) {
	checkLengths("sgd", s.n, x, gradient)
	d := kernel.Descent{Keep: float32(s.cfg.Momentum), Take: float32(1 - s.cfg.Dampening), Ahead: 1}
	if s.begun[0] == 0 {
		d.Take = 1
	}
	s.begun[0] = 1
	if s.cfg.Nesterov {
		d.Ahead, d.Now = d.Keep, 1
	}
	for _, g := range s.groups {
		if g.Rate == 0 {
			continue
		}
		d.Step, d.Decay = float32(rate*g.Rate), float32(s.cfg.Decay*g.decay())
		each(gradient, g.Lo, g.Hi, func(lo, hi int, scale float32, gradient []float32) {
			var velocity []float32
			if s.velocity != nil {
				velocity = s.velocity[lo:hi]
			}
			d.Move(x[lo:hi], scale, gradient, velocity)
		})
	}
}

// State implements [Optimiser].
func (s *SGD) State() []State {
	state := []State{vector("begun", s.begun)}
	if s.velocity != nil {
		state = append(state, vector("velocity", s.velocity))
	}
	return state
}

// Restore implements [Optimiser].
func (s *SGD) Restore(from []State) error { return restore("sgd", s.State(), from) }
