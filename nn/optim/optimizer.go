package optim

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
)

// An Optimizer changes parameters by their gradient. It serves one vector of
// parameters, whose length it was made for.
type Optimizer interface {
	// Step changes x in place, in one pass over memory. It panics if x or its
	// gradient has another length than the optimiser was made for.
	Step(x, gradient []float32, rate float64)

	// State returns what a checkpoint must hold, sharing the optimiser's memory.
	State() []State

	// Restore takes over a copy of such a state. It returns an error that names
	// the first entry that does not fit, and then has changed nothing.
	Restore([]State) error
}

// A State is a named part of an optimiser's state.
type State struct {
	Name   string
	Tensor tensor.Tensor
}

// A Group is a stretch of the parameters that learns at its own rate.
type Group struct {
	Lo, Hi int     // elements [Lo, Hi)
	Rate   float64 // what the step size is multiplied by
}

// Groups returns a group for each parameter of a layout to which rate assigns a
// multiplier other than 1.
func Groups(layout *nn.Layout, rate func(nn.Param) float64) []Group {
	var groups []Group
	for p := range layout.Params() {
		if r := rate(p); r != 1 {
			groups = append(groups, Group{p.Offset, p.Offset + p.Shape.Len(), r})
		}
	}
	return groups
}

// stretches cuts [0, n) at the groups' ends and calls f for each piece with its
// multiplier, 1 outside of all groups.
func stretches(n int, groups []Group, f func(lo, hi int, rate float64)) {
	at := 0
	for _, g := range groups {
		if at < g.Lo {
			f(at, g.Lo, 1)
		}
		f(g.Lo, g.Hi, g.Rate)
		at = g.Hi
	}
	if at < n {
		f(at, n, 1)
	}
}

func checkGroups(n int, groups []Group) {
	at := 0
	for _, g := range groups {
		if g.Lo < at || g.Hi < g.Lo || g.Hi > n || !(g.Rate >= 0) {
			panic(fmt.Errorf("optim: group [%d, %d) of rate %v after %d, of %d parameters; groups ascend and do not overlap", g.Lo, g.Hi, g.Rate, at, n))
		}
		at = g.Hi
	}
}

func checkLengths(n int, x, gradient []float32) {
	if len(x) != n || len(gradient) != n {
		panic(fmt.Errorf("optim: a step on %d parameters with a gradient of %d; the optimiser is for %d", len(x), len(gradient), n))
	}
}

// restore copies what from holds into to, entry by entry, if all of it fits.
func restore(to, from []State) error {
	if len(to) != len(from) {
		return fmt.Errorf("optimiser: %d entries of state, it has %d", len(from), len(to))
	}
	for i, s := range from {
		if s.Name != to[i].Name || s.Tensor.Shape != to[i].Tensor.Shape {
			return fmt.Errorf("optimiser: state %s %v, it has %s %v", s.Name, s.Tensor.Shape, to[i].Name, to[i].Tensor.Shape)
		}
	}
	for i, s := range from {
		copy(to[i].Tensor.Data, s.Tensor.Data)
	}
	return nil
}

func vector(name string, x []float32) State { return State{name, tensor.From(x, len(x))} }

// AdamConfig holds the attributes of Adam. Its zero value is the usual.
type AdamConfig struct {
	Beta1, Beta2 float64 // decay of the moments; 0 is 0.9 and 0.999
	Epsilon      float64 // 0 is 1e-8
	Decay        float64 // weight decay: added to the gradient, or with Decoupled taken from the parameter
	Decoupled    bool    // AdamW
	Largest      bool    // AMSGrad: divide by the largest second moment so far
	Groups       []Group // ascending
}

// Adam adapts the step size of each element to its gradient's moments.
// Source: Kingma and Ba, ICLR 2015; AdamW: Loshchilov and Hutter, ICLR 2019;
// AMSGrad: Reddi, Kale and Kumar, ICLR 2018.
type Adam struct {
	cfg           AdamConfig
	m, v, largest []float32
	steps         []float32 // one element: how many; exact up to 2^24
}

// NewAdam returns an optimiser of n parameters. It panics if the groups
// overlap, descend or lie outside.
func NewAdam(n int, cfg AdamConfig) *Adam {
	checkGroups(n, cfg.Groups)
	cfg.Beta1, cfg.Beta2 = orDefault(cfg.Beta1, 0.9), orDefault(cfg.Beta2, 0.999)
	cfg.Epsilon = orDefault(cfg.Epsilon, 1e-8)
	a := &Adam{cfg: cfg, m: make([]float32, n), v: make([]float32, n), steps: make([]float32, 1)}
	if cfg.Largest {
		a.largest = make([]float32, n)
	}
	return a
}

// Step implements [Optimizer].
func (a *Adam) Step(x, gradient []float32, rate float64) {
	checkLengths(len(a.m), x, gradient)
	a.steps[0]++
	t := float64(a.steps[0])
	c := a.cfg
	stretches(len(x), c.Groups, func(lo, hi int, multiplier float64) {
		rate := rate * multiplier
		k := kernel.Adam{
			Rise1:      float32(1 - c.Beta1),
			Rise2:      float32(1 - c.Beta2),
			Rate:       float32(rate / (1 - math.Pow(c.Beta1, t))),
			Correction: float32(1 / math.Sqrt(1-math.Pow(c.Beta2, t))),
			Epsilon:    float32(c.Epsilon),
		}
		if c.Decoupled {
			k.Shrink = float32(rate * c.Decay)
		} else {
			k.Decay = float32(c.Decay)
		}
		var largest []float32
		if a.largest != nil {
			largest = a.largest[lo:hi]
		}
		k.Step(x[lo:hi], gradient[lo:hi], a.m[lo:hi], a.v[lo:hi], largest)
	})
}

// State implements [Optimizer].
func (a *Adam) State() []State {
	s := []State{vector("steps", a.steps), vector("m", a.m), vector("v", a.v)}
	if a.largest != nil {
		s = append(s, vector("largest", a.largest))
	}
	return s
}

// Restore implements [Optimizer].
func (a *Adam) Restore(from []State) error { return restore(a.State(), from) }

func orDefault(x, otherwise float64) float64 {
	if x == 0 {
		return otherwise
	}
	return x
}
