package optim

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/tensor"
)

// AdamConfig holds the attributes of Adam. Its zero value is the usual.
type AdamConfig struct {
	Beta1, Beta2 float64 // decay of the moments; 0 is 0.9 and 0.999
	Epsilon      float64 // 0 is 1e-8
	Decay        float64 // weight decay: added to the gradient, or with Decoupled taken from the parameter
	Decoupled    bool    // AdamW
	Largest      bool    // AMSGrad: divide by the largest second moment so far
	Groups       []Group // ascending
}

// Adam adapts the step size of each element to its gradient's moments. With the
// gradient g at step t, from 1,
//
//	m = β1 m + (1-β1) g,  v = β2 v + (1-β2) g²
//	x -= rate m/(1-β1^t) / (√(v/(1-β2^t)) + ε)
//
// where weight decay adds decay x to g or, decoupled, takes rate decay x from x.
// Source: Kingma and Ba, ICLR 2015, algorithm 1; AdamW: Loshchilov and Hutter,
// ICLR 2019, algorithm 2; AMSGrad: Reddi, Kale and Kumar, ICLR 2018, algorithm
// 2, with the corrections kept, as PyTorch has it.
type Adam struct {
	cfg           AdamConfig
	groups        []Group // cover all
	m, v, largest []float32
	steps         []float32 // how many, modulo 2^24 and how often that: float32 counts no further
}

// NewAdam returns an optimiser of n parameters. It panics if the groups
// overlap, descend or lie outside, or a number of cfg makes no sense.
func NewAdam(n int, cfg AdamConfig) *Adam {
	cfg.Beta1, cfg.Beta2 = orDefault(cfg.Beta1, 0.9), orDefault(cfg.Beta2, 0.999)
	cfg.Epsilon = orDefault(cfg.Epsilon, 1e-8)
	if !(cfg.Beta1 > 0 && cfg.Beta1 < 1 && cfg.Beta2 > 0 && cfg.Beta2 < 1) || !sound(cfg.Epsilon) || !sound(cfg.Decay) {
		panic(&tensor.UseError{Problem: fmt.Sprintf("optim: adam: betas %v and %v, epsilon %v, decay %v; betas lie between 0 and 1, the others are 0 or positive",
			cfg.Beta1, cfg.Beta2, cfg.Epsilon, cfg.Decay)})
	}
	a := &Adam{cfg: cfg, groups: cover("adam", n, cfg.Groups), m: make([]float32, n), v: make([]float32, n), steps: make([]float32, 2)}
	if cfg.Largest {
		a.largest = make([]float32, n)
	}
	return a
}

// Step implements [Optimiser].
func (a *Adam) Step(x []float32, gradient autograd.Gradient, rate float64) {
	checkLengths("adam", len(a.m), x, gradient)
	t, c := a.count(), a.cfg
	for _, g := range a.groups {
		if g.Rate == 0 {
			continue
		}
		rate, decay := rate*g.Rate, c.Decay*g.decay()
		k := kernel.Adam{
			Rise1:      float32(1 - c.Beta1),
			Rise2:      float32(1 - c.Beta2),
			Rate:       float32(rate / (1 - math.Pow(c.Beta1, t))),
			Correction: float32(1 / math.Sqrt(1-math.Pow(c.Beta2, t))),
			Epsilon:    float32(c.Epsilon),
		}
		if c.Decoupled {
			k.Shrink = float32(rate * decay)
		} else {
			k.Decay = float32(decay)
		}
		each(gradient, g.Lo, g.Hi, func(lo, hi int, scale float32, d []float32) {
			var largest []float32
			if a.largest != nil {
				largest = a.largest[lo:hi]
			}
			k.StepScaled(x[lo:hi], scale, d, a.m[lo:hi], a.v[lo:hi], largest)
		})
	}
}

// count counts a step and returns how many there were.
func (a *Adam) count() float64 {
	const most = 1 << 24
	if a.steps[0]++; a.steps[0] == most {
		a.steps[0] = 0
		a.steps[1]++
	}
	return float64(a.steps[0]) + most*float64(a.steps[1])
}

// State implements [Optimiser].
func (a *Adam) State() []State {
	s := []State{vector("steps", a.steps), vector("m", a.m), vector("v", a.v)}
	if a.largest != nil {
		s = append(s, vector("largest", a.largest))
	}
	return s
}

// Restore implements [Optimiser].
func (a *Adam) Restore(from []State) error { return restore("adam", a.State(), from) }
