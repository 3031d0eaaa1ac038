package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// forwardFast is a gather for each group.
func (c *Conv) forwardFast(y []float32, x []Input, w, b []float32, slope float32) {
	var held [3][8]tap
	g := c.forwardGather(x, &held)
	if g.tapCount() == 0 { // every output sees padding alone
		fill(y, b, c.Cout)
		activate(y, slope)
		return
	}
	g.slope = slope
	out := []Grad{{X: y, C: c.Cout}}
	for i := range c.Groups {
		g.x0 = i * g.k
		copied := c.pack(&g, w, b, i, false, out)
		g.run()
		release(copied)
	}
}

func (c *Conv) forwardGather(x []Input, held *[3][8]tap) gather {
	g := gather{batch: c.N, in: x, k: c.Cin / c.Groups, n: c.Cout / c.Groups, slope: 1}
	for a := range g.axes {
		g.axes[a] = c.forwardAxis(a, held[a][:0])
	}
	g.choose(c)
	return g
}

// choose sets how g is computed.
func (g *gather) choose(c *Conv) {
	if g.tapCount() > 0 && g.points() > 0 {
		g.flatten()
		g.winograd = c.winograd(g, false)
	}
}

// inputGradFast is, for each group, a gather over gy for each combination of
// remainders of the input's place by the strides.
func (c *Conv) inputGradFast(gx []Grad, gy, w []float32) {
	var held [3][8]tap
	var remainders [3][8]int
	read, skips := c.phases(&remainders)
	if skips {
		for _, p := range gx {
			if !p.Add {
				clear(p.X)
			}
		}
	}
	in := []Input{{X: gy, C: c.Cout}}
	var panels []panel
	for phase := range phaseCount(read) {
		g := c.inputGradGather(in, read, phase, &held)
		for i := range c.Groups {
			g.x0, g.panels = i*g.k, panels
			copied := c.pack(&g, w, nil, i, true, gx)
			panels = g.panels
			g.run()
			release(copied)
		}
	}
}

// phaseCount is the number of combinations of remainders, inputGradGather the
// gather for one of them.
func phaseCount(read [3][]int) int { return len(read[0]) * len(read[1]) * len(read[2]) }

func (c *Conv) inputGradGather(gy []Input, read [3][]int, phase int, held *[3][8]tap) gather {
	g := gather{batch: c.N, in: gy, k: c.Cout / c.Groups, n: c.Cin / c.Groups, slope: 1}
	for a, r := range unravel(phase, [3]int{len(read[0]), len(read[1]), len(read[2])}) {
		g.axes[a] = c.inputGradAxis(a, read[a][r], held[a][:0])
	}
	g.choose(c)
	return g
}

// phases returns, along each axis, the remainders of the inputs' places by the
// stride at which outputs read inputs, and whether there are others.
func (c *Conv) phases(held *[3][8]int) (read [3][]int, skips bool) {
	for a := range read {
		read[a] = held[a][:0]
		for r := range min(c.Stride[a], c.In[a]) {
			var held [8]tap
			if len(c.inputGradAxis(a, r, held[:0]).taps) == 0 {
				skips = true
				continue
			}
			read[a] = append(read[a], r)
		}
	}
	return read, skips
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
// one by one and all of these are there to be read.
func (g *gather) flatten() {
	for i := range g.in {
		if g.in[i].From != nil {
			return
		}
	}
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

// pack lays out the weights of group i for g, for the gradient transposed, in
// panels that go to what out wants. What it returns is to be released after.
func (c *Conv) pack(g *gather, w, b []float32, i int, transposed bool, out []Grad) (copied []float32) {
	size := c.listPanels(g, b, i, out)
	if len(g.panels) == 0 {
		return nil
	}
	if !transposed && c.readsInPlace(g, aligned(w)) {
		for j := range g.panels {
			p := &g.panels[j]
			p.w, p.width = w[c.tapAt(g, 0)*c.Cin*c.Cout+p.channel:], c.Cout
		}
		return nil
	}
	copied = parallel.Scratch(size)
	at := 0
	for j := range g.panels {
		p := &g.panels[j]
		p.w = copied[at:][:g.tapCount()*g.k*p.width]
		at += len(p.w)
	}
	pieces := len(g.panels) * g.tapCount()
	parallel.For(pieces, grain(pieces, int64(size), 1<<14), func(lo, hi int) {
		for t := lo; t < hi; t++ {
			p := &g.panels[t/g.tapCount()]
			from, to := w[c.tapAt(g, t%g.tapCount())*c.Cin/c.Groups*c.Cout:], p.w[t%g.tapCount()*g.k*p.width:][:g.k*p.width]
			if transposed {
				packTransposed(to, from[(p.channel-i*g.n)*c.Cout+i*g.k:], c.Cout, p.n, p.width)
			} else {
				packRows(to, from[p.channel:], c.Cout, p.n, p.width)
			}
		}
	})
	return copied
}

// listPanels sets the panels of group i but for their weights, and returns how
// many floats these take.
func (c *Conv) listPanels(g *gather, b []float32, i int, out []Grad) (size int) {
	g.panels = g.panels[:0]
	depth, first := g.tapCount()*g.k, 0
	for _, o := range out {
		n := 0
		for j := max(first, i*g.n); o.X != nil && j < min(first+o.C, (i+1)*g.n); j += n {
			n = fast.cut(min(first+o.C, (i+1)*g.n)-j, depth)
			p := panel{n: n, width: (n + fast.lanes - 1) / fast.lanes * fast.lanes, y: o.X, yc: o.C, y0: j - first, channel: j, add: o.Add}
			if b != nil {
				p.bias = b[j : j+n]
			}
			g.panels = append(g.panels, p)
			size += depth * p.width
		}
		first += o.C
	}
	return size
}

// readsInPlace tells whether g may and should read the weights as they lie: for
// few outputs the copy would take longer than it saves.
func (c *Conv) readsInPlace(g *gather, aligned bool) bool {
	const few = 512
	aligned = aligned && c.Cout == g.panels[0].width
	return c.Groups == 1 && (aligned || g.winograd == nil && g.points() < few) && (g.tapCount() == volume(c.Kernel) || g.tapCount() == 1)
}

func aligned(w []float32) bool { return uintptr(unsafe.Pointer(&w[0]))%64 == 0 }

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
		transposeEight(&to[j], &from[j*stride], width*elem, stride*elem, 8*width*elem, 8*elem, whole/8, 0)
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
