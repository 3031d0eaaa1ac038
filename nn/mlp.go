package nn

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
)

// Linear is y = x w + b, over the last axis: x [..., In] -> y [..., Out].
type Linear struct{ weight, bias Param }

// NewLinear asks b for a weight [in, out], which init fills, and a bias [out]
// of zeros.
func NewLinear(b Builder, in, out int, init Init) *Linear {
	return &Linear{b.Param("weight", init, in, out), b.Param("bias", Zeros, out)}
}

// Forward implements [Layer].
func (l *Linear) Forward(p *Pass, x autograd.Value) autograd.Value {
	return autograd.Linear(x, p.Param(l.weight), p.Param(l.bias))
}

// MLP is a chain of linear layers, a LeakyReLU after each, the last included:
// x [..., In] -> y [..., the last width].
type MLP struct {
	layers []*Linear
	slope  float64
	out    int
}

// NewMLP asks b for layers "0", "1" and so on of the given widths, initialised
// by Kaiming's normal distribution over the fan-out, which suits functions of few
// numbers, as of a condition; for many inputs take [Linear] layers with FanIn.
// Without widths it is the identity.
func NewMLP(b Builder, in int, slope float64, widths ...int) *MLP {
	m := &MLP{slope: slope, out: in}
	for i, width := range widths {
		m.layers = append(m.layers, NewLinear(b.In(fmt.Sprint(i)), m.out, width, KaimingNormal(slope, FanOut)))
		m.out = width
	}
	return m
}

// Out returns the extent of the last axis of the output.
func (m *MLP) Out() int { return m.out }

// Forward implements [Layer].
func (m *MLP) Forward(p *Pass, x autograd.Value) autograd.Value {
	for _, l := range m.layers {
		x = autograd.LeakyReLU(l.Forward(p, x), m.slope)
	}
	return x
}
