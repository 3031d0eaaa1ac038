package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// forwardFast is a gather for each group.
func (c *Conv) forwardFast(y, x, w, b []float32) {
	k, n := c.Cin/c.Groups, c.Cout/c.Groups
	var held [3][8]tap
	g := gather{batch: c.N, x: x, xc: c.Cin, k: k, y: y, yc: c.Cout, n: n}
	for a := range g.axes {
		g.axes[a] = c.forwardAxis(a, held[a][:0])
		if len(g.axes[a].taps) == 0 {
			fill(y, b, c.Cout) // every output sees padding alone
			return
		}
	}
	g.flatten()
	for i := range c.Groups {
		g.x0, g.y0 = i*k, i*n
		if b != nil {
			g.bias = b[i*n : (i+1)*n]
		}
		g.w = c.pack(&g, w, i, false)
		g.run()
		release(g.w.copied)
	}
}

// inputGradFast is, for each group, a gather over gy for each combination of
// remainders of the input's place by the strides.
func (c *Conv) inputGradFast(gx, gy, w []float32) {
	k, n := c.Cout/c.Groups, c.Cin/c.Groups
	var held [3][8]tap
	g := gather{batch: c.N, x: gy, xc: c.Cout, k: k, y: gx, yc: c.Cin, n: n, add: true}
	for phase := range volume(c.Stride) {
		g.axes = [3]axis{}
		some := true
		for a, remainder := range unravel(phase, c.Stride) {
			g.axes[a] = c.inputGradAxis(a, remainder, held[a][:0])
			some = some && g.axes[a].n > 0 && len(g.axes[a].taps) > 0
		}
		if !some { // nobody reads these inputs
			continue
		}
		g.flatten()
		for i := range c.Groups {
			g.x0, g.y0 = i*k, i*n
			g.w = c.pack(&g, w, i, true)
			g.run()
			release(g.w.copied)
		}
	}
}

func (c *Conv) forwardAxis(a int, taps []tap) axis {
	for t := range c.Kernel[a] {
		if lo, hi := c.outputs(a, t); lo < hi {
			taps = append(taps, tap{t, t*c.Dilation[a] - c.Pad[a]})
		}
	}
	return axis{in: c.In[a], step: c.Stride[a], n: c.Out[a], out: c.Out[a], every: 1, taps: taps}
}

// inputGradAxis is the axis for the inputs r, r + stride, and so on: input
// r + j*stride is read by output j + (r + pad - t*dilation)/stride with tap t.
func (c *Conv) inputGradAxis(a, r int, taps []tap) axis {
	s := c.Stride[a]
	n := (c.In[a] - r + s - 1) / s
	for t := c.Kernel[a] - 1; t >= 0; t-- {
		at := r + c.Pad[a] - t*c.Dilation[a]
		if offset := at / s; at%s == 0 && offset < c.Out[a] && n-1+offset >= 0 {
			taps = append(taps, tap{t, offset})
		}
	}
	return axis{in: c.Out[a], step: 1, n: n, out: c.In[a], first: r, every: s, taps: taps}
}

// flatten makes one long row of everything, where outputs are inputs' pixels
// one by one.
func (g *gather) flatten() {
	for _, a := range g.axes {
		if len(a.taps) != 1 || a.taps[0].offset != 0 || a.step != 1 || a.every != 1 || a.in != a.n || a.out != a.n {
			return
		}
	}
	n := g.points()
	index := [3]int{g.axes[0].taps[0].index, g.axes[1].taps[0].index, g.axes[2].taps[0].index}
	for a := range g.axes {
		g.axes[a] = axis{in: 1, step: 1, n: 1, out: 1, every: 1, taps: g.axes[a].taps}
		g.axes[a].taps[0].index = index[a]
	}
	g.axes[2].in, g.axes[2].n, g.axes[2].out = n, n, n
	g.batch = 1
}

// panels are weights in the order in which tiles read them:
// [panels of output channels][taps][input channels][width].
type panels struct {
	data         []float32
	width, panel int       // channels of a panel; elements of one
	copied       []float32 // to be released
}

// pack lays out the weights of group i for g, for the gradient transposed.
func (c *Conv) pack(g *gather, w []float32, i int, transposed bool) panels {
	taps := len(g.axes[0].taps) * len(g.axes[1].taps) * len(g.axes[2].taps)
	p := panels{width: 2 * fast.lanes}
	if g.n <= fast.lanes {
		p.width = fast.lanes
	}
	p.panel = taps * g.k * p.width
	if !transposed && c.Groups == 1 && g.n == p.width && taps == volume(c.Kernel) && uintptr(unsafe.Pointer(&w[0]))%64 == 0 {
		p.data = w
		return p
	}
	blocks := (g.n + p.width - 1) / p.width
	p.copied = parallel.Scratch(blocks * p.panel)
	p.data = p.copied
	each := g.k * p.width
	parallel.For(blocks*taps, grain(blocks*taps, int64(len(p.data)), 1<<14), func(lo, hi int) {
		for t := lo; t < hi; t++ {
			from := w[c.tapAt(g, t%taps)*c.Cin/c.Groups*c.Cout:]
			j := t / taps * p.width
			if transposed {
				packTransposed(p.data[t*each:][:each], from[j*c.Cout+i*g.k:], c.Cout, min(p.width, g.n-j), p.width)
			} else {
				packRows(p.data[t*each:][:each], from[i*g.n+j:], c.Cout, min(p.width, g.n-j), p.width)
			}
		}
	})
	return p
}

// tapAt is the place in the kernel of g's tap i.
func (c *Conv) tapAt(g *gather, i int) int {
	n1, n2 := len(g.axes[1].taps), len(g.axes[2].taps)
	d, h, w := g.axes[0].taps[i/(n1*n2)], g.axes[1].taps[i/n2%n1], g.axes[2].taps[i%n2]
	return (d.index*c.Kernel[1]+h.index)*c.Kernel[2] + w.index
}

// packRows copies rows of n elements that lie stride apart to rows of width.
func packRows(to, from []float32, stride, n, width int) {
	for i := range len(to) / width {
		row := to[i*width:][:width]
		copy(row, from[i*stride:][:n])
		clear(row[n:])
	}
}

// packTransposed copies n rows of len(to)/width elements to columns.
func packTransposed(to, from []float32, stride, n, width int) {
	k := len(to) / width
	if n < width {
		clear(to)
	}
	j := 0
	for whole := k &^ 7; whole > 0 && j+8 <= n; j += 8 {
		_, _ = from[(j+7)*stride+k-1], to[(k-1)*width+j+7] // the assembly does not check
		transposeEight(&to[j], &from[j*stride], width*elem, stride*elem, whole/8)
		for rest := j; rest < j+8; rest++ {
			for i := whole; i < k; i++ {
				to[i*width+rest] = from[rest*stride+i]
			}
		}
	}
	for ; j < n; j++ {
		for i, v := range from[j*stride:][:k] {
			to[i*width+j] = v
		}
	}
}

// fill sets each pixel of y to b.
func fill(y, b []float32, channels int) {
	if b == nil {
		clear(y)
		return
	}
	for at := 0; at < len(y); at += channels {
		copy(y[at:], b)
	}
}
