package autograd

import (
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// A channelwise is a sum or a product of a whole operand, some images of pixels of
// channels, with a number for each channel: of all images, or of each its own.
// These are usual (a bias, a gain, FiLM), so the kernels have loops for them, which
// keep to vectors where a [grid] takes a pixel at a time.
type channelwise struct {
	product                  bool
	whole                    int // which operand
	images, pixels, channels int
}

// channelwise tells whether o is one worth it, of operands that broadcast to full:
// few channels, for each worker takes some rows of them, and no tiny images.
func (o binary) channelwise(full tensor.Shape, in []tensor.Tensor) (c channelwise, ok bool) {
	for whole := range 2 {
		if o != add && o != mul {
			break
		}
		g := newGrid(full, in[whole].Shape, in[1-whole].Shape)
		x, v, image := &g.step[0], &g.step[1], g.n[0]*g.n[1]
		one := g.n[0] <= tile && x[0] == 1 && v[0] == 1 && x[1] == g.n[0] && v[1] == 0
		switch {
		case one && g.rank == 2:
			return channelwise{o == mul, whole, 1, g.n[1], g.n[0]}, true
		case one && g.rank == 3 && x[2] == image && v[2] == g.n[0] && image >= 2*tile:
			return channelwise{o == mul, whole, g.n[2], g.n[1], g.n[0]}, true
		}
	}
	return c, false
}

// each calls f for all images, with where their elements and their channels begin.
func (c *channelwise) each(f func(at, channel int)) {
	size := c.pixels * c.channels
	parallel.For(c.images, max(1, chunk/max(size, 1)), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(i*size, i*c.channels)
		}
	})
}

func (c *channelwise) forward(y []float32, in []tensor.Tensor) {
	x, v := in[c.whole].Data, in[1-c.whole].Data
	size := c.pixels * c.channels
	c.each(func(at, channel int) {
		y, x, v := y[at:][:size], x[at:][:size], v[channel:][:c.channels]
		if c.product {
			kernel.ScaleShift(y, x, v, nil)
		} else {
			kernel.ScaleShift(y, x, nil, v)
		}
	})
}

// backward adds the gradients by the operands, one after the other, for they may
// overlap; either may be nil.
func (c *channelwise) backward(gin []tensor.Tensor, gy []float32, in []tensor.Tensor) {
	gx, gv := gin[c.whole].Data, gin[1-c.whole].Data
	size := c.pixels * c.channels
	switch {
	case gx == nil:
	case c.product:
		c.each(func(at, channel int) {
			kernel.AddScaled(gx[at:][:size], gy[at:][:size], in[1-c.whole].Data[channel:][:c.channels])
		})
	default:
		parallel.For(len(gx), chunk, func(lo, hi int) { kernel.Add(gx[lo:hi], gy[lo:hi]) })
	}
	if gv == nil {
		return
	}
	c.each(func(at, channel int) {
		gy, gv := gy[at:][:size], gv[channel:][:c.channels]
		if c.product {
			kernel.AddProducts(gv, gy, in[c.whole].Data[at:][:size])
		} else {
			kernel.Rectify(gy, nil, 1, gv)
		}
	})
}
