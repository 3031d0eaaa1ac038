package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// A gather computes, for every point of a grid of outputs, a combination of the
// inputs around it. A forward pass is one; an input gradient is one for every
// combination of remainders by the strides.
type gather struct {
	batch  int
	axes   [3]axis
	in     []Input
	x0, k  int // the first channel that is read, and how many are
	n      int // channels of an output
	panels []panel
	slope  float32
}

// A panel is a run of output channels, at most two vectors of them: their
// weights, in the order in which tiles read them, and where they go.
type panel struct {
	w        []float32 // [taps][input channels][width]
	n, width int
	bias     []float32 // of n, or nil
	y        []float32
	yc, y0   int // y's channels, and the first of these
	channel  int // the first of these among all outputs, side by side
	add      bool
}

// An axis of a gather: output j reads the inputs j*step + offset of its taps.
type axis struct {
	in, step          int // inputs, and how many there are from one output to the next
	n                 int // outputs
	out, first, every int // output j is element first + j*every of out
	taps              []tap
}

// A tap is an element of the kernel along an axis. Those that never meet the
// input are left out; the others are in the order of their offsets.
type tap struct{ index, offset int }

// merged tells whether the taps are neighbours in the kernel and in the input.
func (a *axis) merged() bool {
	for i, t := range a.taps[1:] {
		if t.offset != a.taps[i].offset+1 {
			return false
		}
	}
	return true
}

// region returns the inputs that n outputs from lo on read: the first, which
// may lie outside, and how many.
func (a *axis) region(lo, n int) (from, count int) {
	first, last := a.taps[0].offset, a.taps[len(a.taps)-1].offset
	return lo*a.step + first, (n-1)*a.step + last - first + 1
}

const (
	blockFloats = 1 << 16 // of a block's input: with the weights, it stays in the second cache
	blockWork   = 1 << 20 // multiply-adds of a block, if the problem has enough of them
	tasksWanted = 16
)

// run computes y.
func (g *gather) run() {
	if len(g.panels) == 0 {
		return
	}
	if g.folds() {
		g.runFolded()
		return
	}
	size := g.blockSize()
	var blocks [3]int
	for a := range blocks {
		blocks[a] = (g.axes[a].n + size[a] - 1) / size[a]
	}
	tasks := g.batch * volume(blocks)
	parts := g.panelParts(tasks)
	parallel.For(tasks*parts, 1, func(task, _ int) {
		r := newRunner()
		defer r.free()
		b := task / parts % volume(blocks)
		at := [3]int{b / (blocks[1] * blocks[2]), b / blocks[2] % blocks[1], b % blocks[2]}
		var lo, n [3]int
		for a := range 3 {
			lo[a] = at[a] * size[a]
			n[a] = min(size[a], g.axes[a].n-lo[a])
		}
		g.block(r, task/parts/volume(blocks), lo, n, g.panelsOf(task%parts, parts))
	})
}

// blockSize cuts the grid of outputs so that a block's input fits a cache and
// there are some blocks to share among workers.
func (g *gather) blockSize() [3]int {
	outputs, work := int64(g.points()), max(g.work(), 1)
	most := min(outputs/tasksWanted, outputs*blockWork*4/work)
	return blockSize(&g.axes, g.k, blockFloats, int(max(1, most, outputs*blockWork/work)))
}

// blockSize returns blocks of at most so many outputs that read at most so many
// floats.
func blockSize(axes *[3]axis, channels, floats, most int) (size [3]int) {
	size = [3]int{1, 1, axes[2].n}
	input := func() int {
		n := channels
		for a := range axes {
			_, count := axes[a].region(0, size[a])
			n *= count
		}
		return n
	}
	fits := func() bool { return input() <= floats && volume(size) <= most }
	for size[2] > 64 && !fits() {
		size[2] = (size[2] + 1) / 2
	}
	for _, a := range []int{1, 0, 1} {
		limit := axes[a].n
		if a == 1 && axes[0].n > 1 && size[0] == 1 {
			limit = min(limit, 16) // in depth, planes share what they read
		}
		for size[a] < limit {
			size[a]++
			if !fits() {
				size[a]--
				break
			}
		}
	}
	for a := range size { // the last block about as large as the others
		blocks := (axes[a].n + size[a] - 1) / size[a]
		size[a] = (axes[a].n + blocks - 1) / blocks
	}
	return size
}

// work is the number of multiply-adds.
func (g *gather) work() int64 {
	w := int64(g.batch) * int64(g.k) * int64(g.n)
	for a := range g.axes {
		w *= int64(g.axes[a].n * len(g.axes[a].taps))
	}
	return w
}

// panelParts returns into how many parts the output channels are cut as well,
// where there are few tasks but enough work.
func (g *gather) panelParts(tasks int) int {
	if tasks >= tasksWanted/2 {
		return 1
	}
	return int(max(1, min(int64(len(g.panels)), g.work()/int64(tasks)/blockWork)))
}

// panelsOf returns the panels of part i.
func (g *gather) panelsOf(i, parts int) []panel {
	n := len(g.panels)
	return g.panels[i*n/parts : (i+1)*n/parts]
}

// block computes n outputs from lo on along each axis.
func (g *gather) block(r *runner, image int, lo, n [3]int, panels []panel) {
	v := g.view(image, lo, n)
	defer release(v.copied)
	ax := &g.axes
	r.k = g.k
	width := ax[2].taps
	if ax[2].merged() {
		r.k *= len(width)
		width = width[:1]
	}
	r.list = r.list[:0]
	for _, d := range ax[0].taps {
		for _, h := range ax[1].taps {
			for _, w := range width {
				r.list = append(r.list, segment{a: v.offset(ax, d, h, w) * elem})
			}
		}
	}
	r.am, r.ak = ax[2].step*v.pixel*elem, elem
	blocks, rows, larger := split(n[2], fast.rows)
	g.eachPanel(r, panels, ax[2].every, func(p *panel, kernels *[15]func(*tile)) {
		for i, w := 0, 0; i < blocks; i++ {
			m := rows
			if i < larger {
				m++
			}
			for d := range n[0] {
				for h := range n[1] {
					r.a = unsafe.Pointer(&v.data[((d*ax[0].step*v.rows+h*ax[1].step)*v.row + w*ax[2].step*v.pixel)])
					r.c = unsafe.Pointer(&p.y[g.output(image, lo[0]+d, lo[1]+h, lo[2]+w)*p.yc+p.y0])
					r.call(kernels[m])
				}
			}
			w += m
		}
	})
}

// eachPanel prepares r for each panel in turn, whose outputs lie so many pixels
// apart.
func (g *gather) eachPanel(r *runner, panels []panel, every int, f func(p *panel, kernels *[15]func(*tile))) {
	r.slope = g.slope
	for i := range panels {
		p := &panels[i]
		r.flags = 0
		if p.add {
			r.flags = tileAdd
		}
		if g.slope != 1 {
			r.flags |= tileLeaky
		}
		vectors := r.columns(p.n, fast.lanes)
		r.bias = unsafe.Pointer(&zeros)
		if p.bias != nil {
			r.bias = unsafe.Pointer(&p.bias[0])
		}
		r.b, r.bk, r.cm = unsafe.Pointer(&p.w[0]), p.width*elem, every*p.yc*elem
		for s := range r.list {
			r.list[s].b = s * r.k * r.bk
		}
		f(p, &fast.row[vectors-1])
	}
}

// output is the place of an output among y's pixels.
func (g *gather) output(image, d, h, w int) int {
	at := image
	for a, j := range [3]int{d, h, w} {
		at = at*g.axes[a].out + g.axes[a].first + j*g.axes[a].every
	}
	return at
}

// tapCount is the number of taps that meet the input.
func (g *gather) tapCount() int {
	return len(g.axes[0].taps) * len(g.axes[1].taps) * len(g.axes[2].taps)
}

// A view is what a block reads: a part of x where that can be, or else a copy
// with the padding.
type view struct {
	data             []float32
	pixel, row, rows int       // elements of a pixel and of a row, rows of a plane
	copied           []float32 // to be released
}

// offset is where the taps read for the first output of the block.
func (v *view) offset(ax *[3]axis, d, h, w tap) int {
	return ((d.offset-ax[0].taps[0].offset)*v.rows+h.offset-ax[1].taps[0].offset)*v.row +
		(w.offset-ax[2].taps[0].offset)*v.pixel
}

func (g *gather) view(image int, lo, n [3]int) view {
	var from, count [3]int
	part, first := g.alone()
	inside := part != nil
	for a := range from {
		from[a], count[a] = g.axes[a].region(lo[a], n[a])
		inside = inside && from[a] >= 0 && from[a]+count[a] <= g.axes[a].in
	}
	if inside {
		at := ((image*g.axes[0].in+from[0])*g.axes[1].in+from[1])*g.axes[2].in + from[2]
		return view{data: part.X[at*part.C+first:], pixel: part.C, row: g.axes[2].in * part.C, rows: g.axes[1].in}
	}
	v := view{pixel: g.k, row: count[2] * g.k, rows: count[1]}
	v.copied = parallel.Scratch(count[0] * count[1] * v.row)
	v.data = v.copied
	for i := range count[0] * count[1] {
		g.copyRow(v.data[i*v.row:][:v.row], image, from[0]+i/count[1], from[1]+i%count[1], from[2])
	}
	return v
}

// alone returns the input that holds all channels that are read, if there is one
// and it is there to be read, and the first of them in it.
func (g *gather) alone() (*Input, int) {
	first := g.x0
	for i := range g.in {
		p := &g.in[i]
		if first < p.C {
			if first+g.k <= p.C && p.From == nil {
				return p, first
			}
			return nil, 0
		}
		first -= p.C
	}
	return nil, 0
}

// copyRow copies the inputs of row (d, h) from w on, zeros where there are none.
func (g *gather) copyRow(to []float32, image, d, h, w int) {
	in := g.axes[2].in
	count := len(to) / g.k
	lo, hi := min(max(0, -w), count), max(0, min(count, in-w))
	if d < 0 || d >= g.axes[0].in || h < 0 || h >= g.axes[1].in || lo >= hi {
		clear(to)
		return
	}
	clear(to[:lo*g.k])
	clear(to[hi*g.k:])
	to = to[lo*g.k : hi*g.k]
	at := ((image*g.axes[0].in+d)*g.axes[1].in+h)*in + w + lo
	first := -g.x0 // of the part, among the channels that are read
	for i := range g.in {
		p := &g.in[i]
		if a, b := max(0, first), min(g.k, first+p.C); a < b {
			if p.From != nil {
				p.From.Region(to[a:], g.k, p.X, image, [3]int{d, h, w + lo}, [3]int{1, 1, hi - lo})
			} else {
				copyChannels(to[a:], g.k, p.X[at*p.C+a-first:], p.C, b-a, hi-lo)
			}
		}
		first += p.C
	}
}

// copyChannels copies so many channels of so many pixels that lie as many
// elements apart.
func copyChannels(to []float32, toStride int, from []float32, fromStride, channels, pixels int) {
	if channels == toStride && channels == fromStride {
		copy(to[:pixels*channels], from)
		return
	}
	for i := range pixels {
		copy(to[i*toStride:][:channels], from[i*fromStride:])
	}
}
