package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// A gather computes, for every point of a grid of outputs, a combination of the
// inputs around it. A forward pass is one; an input gradient is one for every
// combination of remainders by the strides.
type gather struct {
	batch     int
	axes      [3]axis
	x         []float32
	xc, x0, k int // x's channels; the first that is read, and how many are
	y         []float32
	yc, y0, n int
	w         panels
	bias      []float32 // of n, or nil
	add       bool
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
	parts := g.columnParts(tasks)
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
		from, to := g.columnsOf(task%parts, parts)
		g.block(r, task/parts/volume(blocks), lo, n, from, to)
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

// columnParts returns into how many parts the output channels are cut as well,
// where there are few tasks but enough work.
func (g *gather) columnParts(tasks int) int {
	blocks := (g.n + g.w.width - 1) / g.w.width
	if tasks >= tasksWanted/2 {
		return 1
	}
	return int(max(1, min(int64(blocks), g.work()/int64(tasks)/blockWork)))
}

// columnsOf returns the output channels of part i.
func (g *gather) columnsOf(i, parts int) (from, to int) {
	blocks := (g.n + g.w.width - 1) / g.w.width
	return i * blocks / parts * g.w.width, min(g.n, (i+1)*blocks/parts*g.w.width)
}

// block computes n outputs from lo on along each axis, channels from to to.
func (g *gather) block(r *runner, image int, lo, n [3]int, from, to int) {
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
	b := 0
	for _, d := range ax[0].taps {
		for _, h := range ax[1].taps {
			for _, w := range width {
				r.list = append(r.list, segment{v.offset(ax, d, h, w) * elem, b * elem})
				b += r.k * g.w.width
			}
		}
	}
	r.am, r.ak = ax[2].step*v.pixel*elem, elem
	r.cm = ax[2].every * g.yc * elem
	blocks, rows, larger := split(n[2], fast.rows)
	g.eachColumns(r, from, to, func(j int, kernels *[15]func(*tile)) {
		for i, w := 0, 0; i < blocks; i++ {
			m := rows
			if i < larger {
				m++
			}
			for d := range n[0] {
				for h := range n[1] {
					r.a = unsafe.Pointer(&v.data[((d*ax[0].step*v.rows+h*ax[1].step)*v.row + w*ax[2].step*v.pixel)])
					r.c = unsafe.Pointer(&g.y[g.output(image, lo[0]+d, lo[1]+h, lo[2]+w)+j])
					r.call(kernels[m])
				}
			}
			w += m
		}
	})
}

// eachColumns prepares r for each panel of output channels in turn.
func (g *gather) eachColumns(r *runner, from, to int, f func(j int, kernels *[15]func(*tile))) {
	r.flags = 0
	if g.add {
		r.flags = tileAdd
	}
	r.bk = g.w.width * elem
	for j := from; j < to; j += g.w.width {
		vectors := r.columns(min(g.w.width, to-j), fast.lanes)
		r.bias = unsafe.Pointer(&zeros)
		if g.bias != nil {
			r.bias = unsafe.Pointer(&g.bias[j])
		}
		r.b = unsafe.Pointer(&g.w.data[j/g.w.width*g.w.panel])
		f(j, &fast.row[vectors-1])
	}
}

// output is where the first channel of an output lies in y.
func (g *gather) output(image, d, h, w int) int {
	at := image
	for a, j := range [3]int{d, h, w} {
		at = at*g.axes[a].out + g.axes[a].first + j*g.axes[a].every
	}
	return at*g.yc + g.y0
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
	inside := g.k == g.xc
	for a := range from {
		from[a], count[a] = g.axes[a].region(lo[a], n[a])
		inside = inside && from[a] >= 0 && from[a]+count[a] <= g.axes[a].in
	}
	if inside {
		at := ((image*g.axes[0].in+from[0])*g.axes[1].in+from[1])*g.axes[2].in + from[2]
		return view{data: g.x[at*g.xc:], pixel: g.xc, row: g.axes[2].in * g.xc, rows: g.axes[1].in}
	}
	v := view{pixel: g.k, row: count[2] * g.k, rows: count[1]}
	v.copied = parallel.Scratch(count[0] * count[1] * v.row)
	v.data = v.copied
	for i := range count[0] * count[1] {
		g.copyRow(v.data[i*v.row:][:v.row], image, from[0]+i/count[1], from[1]+i%count[1], from[2])
	}
	return v
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
	from := g.x[((image*g.axes[0].in+d)*g.axes[1].in+h)*in*g.xc:][:in*g.xc]
	if g.k == g.xc {
		copy(to[lo*g.k:hi*g.k], from[(w+lo)*g.k:])
		return
	}
	for i := lo; i < hi; i++ {
		copy(to[i*g.k:(i+1)*g.k], from[(w+i)*g.xc+g.x0:])
	}
}
