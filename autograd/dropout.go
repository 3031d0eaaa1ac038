package autograd

import (
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// Dropout zeroes each element with probability p and multiplies the others by
// 1/(1-p), which keeps the mean. Which ones depends on seed and the element's
// place alone: the mask is made again in the backward, not stored, and is the
// same on any number of workers. With p = 0 it returns x. It panics with a
// [*UseError] unless 0 <= p < 1. It costs one MAC an element.
//
// Source: Srivastava et al., Dropout, JMLR 2014, section 4, scaled in training.
func Dropout(x Value, p float64, seed uint64) Value {
	if !(p >= 0 && p < 1) {
		panic(&UseError{Op: "dropout", Shape: x.Shape(), Problem: "the probability must be at least 0 and below 1"})
	}
	if p == 0 {
		return x
	}
	return Apply(dropout{p, seed}, x)
}

type dropout struct {
	p    float64
	seed uint64
}

func (dropout) Shape(in []tensor.Shape) tensor.Shape { return in[0] }
func (dropout) Cost(in []tensor.Shape) Cost          { return Cost{MACs: int64(in[0].Len())} }
func (dropout) Needs(int) bool                       { return false }
func (dropout) NeedsOutput() bool                    { return false }

func (o dropout) Forward(out tensor.Tensor, in []tensor.Tensor) {
	clear(out.Data)
	o.addKept(out.Data, in[0].Data)
}

func (o dropout) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, _ []tensor.Tensor) {
	o.addKept(gin[0].Data, gout.Data)
}

// addKept adds to y the scaled elements of x that are kept.
func (o dropout) addKept(y, x []float32) {
	scale := float32(1 / (1 - o.p))
	dropped := uint64(o.p * (1 << 53))
	seed := mix(o.seed)
	parallel.For(len(y), chunk, func(lo, hi int) {
		x, y := x[lo:hi], y[lo:hi]
		for i, v := range x {
			if mix(seed+uint64(lo+i)*golden)>>11 >= dropped {
				y[i] += scale * v
			}
		}
	})
}

// golden is 2^64 over the golden ratio, odd: its multiples are spread evenly.
const golden = 0x9e3779b97f4a7c15

// mix is the output function of SplitMix64: neighbouring numbers become
// unrelated ones.
//
// Source: Steele, Lea and Flood, Fast splittable pseudorandom number
// generators, OOPSLA 2014, figure 16.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
