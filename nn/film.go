package nn

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// FiLM is feature-wise linear modulation: a perceptron of the condition whose
// output h each [Modulate] turns into a gain and an offset per channel. The
// layers that it modulates share it. Source: Perez et al., AAAI 2018.
type FiLM struct {
	inputs   int
	encoding Encoding
	trunk    *MLP
}

// NewFiLM asks b for the perceptron of conditions of the given length (0 is 1).
// Without hidden widths they are 16, 64, 128.
func NewFiLM(b Builder, condition int, encoding Encoding, hidden ...int) *FiLM {
	if len(hidden) == 0 {
		hidden = []int{16, 64, 128}
	}
	condition = max(condition, 1)
	return &FiLM{condition, encoding, NewMLP(b, encoding.Len(condition), 0.01, hidden...)}
}

// Forward returns h [1 H] at the condition of the pass. It panics if that has
// another length than f was built for.
func (f *FiLM) Forward(p *Pass) autograd.Value {
	if len(p.Condition) != f.inputs {
		panic(&tensor.UseError{Problem: fmt.Sprintf("nn: FiLM: a condition of %d numbers, where it takes %d", len(p.Condition), f.inputs)})
	}
	return f.trunk.Forward(p, p.Tape().Const(f.encoding.Encode(p.Condition)))
}

// Modulate asks b for what one layer of the given channels takes. It starts as
// the identity.
func (f *FiLM) Modulate(b Builder, channels int) *Modulate {
	h := f.trunk.Out()
	return &Modulate{
		&Linear{b.Param("gain.weight", Zeros, h, channels), b.Param("gain.bias", Ones, channels)},
		&Linear{b.Param("offset.weight", Zeros, h, channels), b.Param("offset.bias", Zeros, channels)},
	}
}

// Modulate scales and shifts each channel by functions of h.
type Modulate struct{ gain, offset *Linear }

// Forward maps x [N, spatial..., C] and h [1 H] to gain(h) x + offset(h).
func (m *Modulate) Forward(p *Pass, x, h autograd.Value) autograd.Value {
	c := x.Shape().Channels()
	gain := autograd.Reshape(m.gain.Forward(p, h), c)
	offset := autograd.Reshape(m.offset.Forward(p, h), c)
	return autograd.Add(autograd.Mul(x, gain), offset)
}
