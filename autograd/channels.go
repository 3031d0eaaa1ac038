package autograd

import (
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// A channelwise is an addition, a subtraction or a product of a whole operand, some
// images of pixels of channels, with a number for each channel: of all images, or
// of each its own. These are usual (a bias, a gain, FiLM), so the kernels have
// loops for them, which keep to vectors where [grid] takes a pixel at a time.
type channelwise struct {
	binary
	whole                    int // which operand
	images, pixels, channels int
}

// channelwise tells whether o is one, of operands that broadcast to full.
func (o binary) channelwise(full tensor.Shape, in []tensor.Tensor) (c channelwise, ok bool) {
	for whole := range 2 {
		if o == div || o == sub && whole == 1 {
			break
		}
		g := newGrid(full, in[whole].Shape, in[1-whole].Shape)
		x, v := &g.step[0], &g.step[1]
		one := x[0] == 1 && v[0] == 1 && x[1] == g.n[0] && v[1] == 0
		switch {
		case one && g.rank == 2:
			return channelwise{o, whole, 1, g.n[1], g.n[0]}, true
		case one && g.rank == 3 && x[2] == g.n[0]*g.n[1] && v[2] == g.n[0]:
			return channelwise{o, whole, g.n[2], g.n[1], g.n[0]}, true
		}
	}
	return c, false
}

// each calls f for all images, with where their elements and their channels begin.
// Kernels work on large images with all workers.
func (c *channelwise) each(f func(at, channel int)) {
	size := c.pixels * c.channels
	each := max(1, chunk/max(size, 1))
	images := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(i*size, i*c.channels)
		}
	}
	if each == 1 {
		images(0, c.images)
		return
	}
	parallel.For(c.images, each, images)
}

func (c *channelwise) forward(y []float32, in []tensor.Tensor) {
	x, v := in[c.whole].Data, in[1-c.whole].Data
	size := c.pixels * c.channels
	if c.binary == sub {
		v = negative(v)
		defer parallel.Release(v)
	}
	c.each(func(at, channel int) {
		y, x, v := y[at:][:size], x[at:][:size], v[channel:][:c.channels]
		if c.binary == mul {
			kernel.Channels(y, x, v, nil)
		} else {
			kernel.Channels(y, x, nil, v)
		}
	})
}

// negative returns scratch with -v.
func negative(v []float32) []float32 {
	n := parallel.Scratch(len(v))
	for i, x := range v {
		n[i] = -x
	}
	return n
}

// backward adds the gradients by the operands; either may be nil.
func (c *channelwise) backward(gin []tensor.Tensor, gy []float32, in []tensor.Tensor) {
	gx, gv := gin[c.whole].Data, gin[1-c.whole].Data
	size := c.pixels * c.channels
	if gx != nil && c.binary != mul {
		parallel.For(len(gx), chunk, func(lo, hi int) { kernel.Add(gx[lo:hi], gy[lo:hi]) })
		gx = nil
	}
	if c.binary == sub && gv != nil {
		sums := parallel.Scratch(len(gv))
		defer parallel.Release(sums)
		clear(sums)
		defer func(gv []float32) { kernel.Axpy(gv, sums, -1) }(gv)
		gv = sums
	}
	c.each(func(at, channel int) {
		gy := gy[at:][:size]
		if gx != nil {
			kernel.AddChannels(gx[at:][:size], gy, in[1-c.whole].Data[channel:][:c.channels])
		}
		switch {
		case gv == nil:
		case c.binary == mul:
			kernel.CorrelateChannels(gv[channel:][:c.channels], gy, in[c.whole].Data[at:][:size])
		default:
			kernel.Rectify(gy, nil, 1, gv[channel:][:c.channels])
		}
	})
}
