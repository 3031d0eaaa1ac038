package kernel

import "github.com/sshn-go/sshn/internal/parallel"

// plainWork is the least number of multiply-adds in a chunk of the plain loops.
const plainWork = 1 << 17

// forwardPlain gathers: each output pixel is its bias and a combination of rows
// of w, by the pixels of x below the kernel.
func forwardPlain[T float](c *Conv, y, x, w, b []T) {
	rows := c.N * c.Out[0] * c.Out[1]
	parallel.For(rows, grain(rows, c.MACs(), plainWork), func(lo, hi int) {
		for row := lo; row < hi; row++ {
			out := y[row*c.Out[2]*c.Cout:][:c.Out[2]*c.Cout]
			if b == nil {
				clear(out)
			}
			for at := 0; b != nil && at < len(out); at += c.Cout {
				copy(out[at:], b)
			}
			forwardRow(c, out, x, w, row)
		}
	})
}

func forwardRow[T float](c *Conv, y, x, w []T, row int) {
	cin, cout := c.Cin/c.Groups, c.Cout/c.Groups
	n, od, oh := row/(c.Out[0]*c.Out[1]), row/c.Out[1]%c.Out[0], row%c.Out[1]
	d0, d1 := c.taps(0, od)
	h0, h1 := c.taps(1, oh)
	for kd := d0; kd < d1; kd++ {
		for kh := h0; kh < h1; kh++ {
			xrow := x[((n*c.In[0]+c.in(0, od, kd))*c.In[1]+c.in(1, oh, kh))*c.In[2]*c.Cin:]
			wrow := w[(kd*c.Kernel[1]+kh)*c.Kernel[2]*cin*c.Cout:]
			for ow := range c.Out[2] {
				w0, w1 := c.taps(2, ow)
				for kw := w0; kw < w1; kw++ {
					px := xrow[c.in(2, ow, kw)*c.Cin:]
					tap := wrow[kw*cin*c.Cout:]
					for g := range c.Groups {
						combine(y[ow*c.Cout+g*cout:][:cout], tap[g*cout:], c.Cout, px[g*cin:], 1, cin)
					}
				}
			}
		}
	}
}

// inputGradPlain gathers too: an input pixel sums over the outputs that read it.
func inputGradPlain[T float](c *Conv, gx, gy, w []T) {
	rows := c.N * c.In[0] * c.In[1]
	parallel.For(rows, grain(rows, c.MACs(), plainWork), func(lo, hi int) {
		for row := lo; row < hi; row++ {
			inputGradRow(c, gx[row*c.In[2]*c.Cin:][:c.In[2]*c.Cin], gy, w, row)
		}
	})
}

func inputGradRow[T float](c *Conv, gx, gy, w []T, row int) {
	cin, cout := c.Cin/c.Groups, c.Cout/c.Groups
	n, id, ih := row/(c.In[0]*c.In[1]), row/c.In[1]%c.In[0], row%c.In[1]
	for kd := range c.Kernel[0] {
		od, ok := c.reader(0, id, kd)
		if !ok {
			continue
		}
		for kh := range c.Kernel[1] {
			oh, ok := c.reader(1, ih, kh)
			if !ok {
				continue
			}
			grow := gy[((n*c.Out[0]+od)*c.Out[1]+oh)*c.Out[2]*c.Cout:]
			for kw := range c.Kernel[2] {
				tap := w[((kd*c.Kernel[1]+kh)*c.Kernel[2]+kw)*cin*c.Cout:]
				lo, hi := c.outputs(2, kw)
				for ow := lo; ow < hi; ow++ {
					px := gx[c.in(2, ow, kw)*c.Cin:][:c.Cin]
					for g := range c.Groups {
						gpx := grow[ow*c.Cout+g*cout:][:cout]
						for i := range cin {
							px[g*cin+i] += dotPlain(gpx, tap[i*c.Cout+g*cout:][:cout])
						}
					}
				}
			}
		}
	}
}

// reader returns the output that reads the input i by tap t along an axis.
func (c *Conv) reader(axis, i, t int) (o int, ok bool) {
	at := i + c.Pad[axis] - t*c.Dilation[axis]
	o = at / c.Stride[axis]
	return o, at >= 0 && at%c.Stride[axis] == 0 && o < c.Out[axis]
}

// plainChunks returns how many rows of the output are summed up together, and how
// many sums that makes.
func (c *Conv) plainChunks() (each, chunks int) {
	const most, memory = 16, 4 << 20 // chunks, and floats for their sums
	rows := c.N * c.Out[0] * c.Out[1]
	chunks = max(1, min(most, rows/8, memory/c.weights()))
	each = max(1, (rows+chunks-1)/chunks)
	return each, (rows + each - 1) / each
}

// weightGradPlain cuts the work by taps and, where w is small, by rows of the
// output, whose partial sums are added in order.
func weightGradPlain[T float](c *Conv, gw, x, gy []T) {
	rows := c.N * c.Out[0] * c.Out[1]
	each, chunks := c.plainChunks()
	taps := volume(c.Kernel)
	size := len(gw) / taps
	partial := scratch[T](chunks * len(gw))
	defer release(partial)
	clear(partial)
	parallel.For(chunks*taps, 1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			lo := i / taps * each
			weightGradTap(c, partial[i*size:][:size], x, gy, i%taps, lo, min(lo+each, rows))
		}
	})
	parallel.For(len(gw), 4096, func(lo, hi int) {
		for i := range chunks {
			addPlain(gw[lo:hi], partial[i*len(gw)+lo:])
		}
	})
}

// weightGradTap adds what one tap sees in the rows lo to hi of the output.
func weightGradTap[T float](c *Conv, gw, x, gy []T, tap, lo, hi int) {
	cin, cout := c.Cin/c.Groups, c.Cout/c.Groups
	kd, kh, kw := tap/(c.Kernel[1]*c.Kernel[2]), tap/c.Kernel[2]%c.Kernel[1], tap%c.Kernel[2]
	d0, d1 := c.outputs(0, kd)
	h0, h1 := c.outputs(1, kh)
	w0, w1 := c.outputs(2, kw)
	if w0 == w1 {
		return
	}
	for row := lo; row < hi; row++ {
		n, od, oh := row/(c.Out[0]*c.Out[1]), row/c.Out[1]%c.Out[0], row%c.Out[1]
		if od < d0 || od >= d1 || oh < h0 || oh >= h1 {
			continue
		}
		xs := x[(((n*c.In[0]+c.in(0, od, kd))*c.In[1]+c.in(1, oh, kh))*c.In[2]+c.in(2, w0, kw))*c.Cin:]
		gs := gy[(row*c.Out[2]+w0)*c.Cout:]
		for i := range c.Cin {
			g := i / cin
			combine(gw[i%cin*c.Cout+g*cout:][:cout], gs[g*cout:], c.Cout, xs[i:], c.Stride[2]*c.Cin, w1-w0)
		}
	}
}
