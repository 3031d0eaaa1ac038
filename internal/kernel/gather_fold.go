package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// Rows of fewer pixels than this make tiles so low that their sums wait for each
// other.
const lowRows = 5

// folds tells whether the pixels that an output reads should be laid side by
// side first, so that a tile may hold outputs of many rows.
func (g *gather) folds() bool {
	dense := true
	for a := range g.axes {
		dense = dense && g.axes[a].every == 1 && g.axes[a].first == 0
	}
	low := lowRows
	if g.axes[0].n > 1 {
		low = 3 // a volume so small is mostly padding, which is laid but else skipped
	}
	return dense && g.axes[2].n < low && g.points() > g.axes[2].n
}

func (g *gather) points() int {
	return g.batch * g.axes[0].n * g.axes[1].n * g.axes[2].n
}

// runFolded computes y with all outputs in one row.
func (g *gather) runFolded() {
	outputs, depth := g.points(), g.k*g.tapCount()
	size := g.foldedSize()
	tasks := (outputs + size - 1) / size
	parts := g.panelParts(tasks)
	parallel.For(tasks*parts, 1, func(task, _ int) {
		r := newRunner()
		defer r.free()
		lo := task / parts * size
		g.foldedBlock(r, lo, min(lo+size, outputs), depth, g.panelsOf(task%parts, parts))
	})
}

// foldedSize is how many outputs a block has.
func (g *gather) foldedSize() int {
	return min(grain(g.points(), g.work(), blockWork), max(fast.rows[1], blockFloats/(g.k*g.tapCount())))
}

func (g *gather) foldedBlock(r *runner, lo, hi, depth int, panels []panel) {
	laid := parallel.Scratch((hi - lo) * depth)
	defer release(laid)
	for p := lo; p < hi; p++ {
		g.lay(laid[(p-lo)*depth:][:depth], p)
	}
	r.list = append(r.list[:0], segment{})
	r.k, r.am, r.ak = depth, depth*elem, elem
	const long = 1 << 12
	if depth > long { // in pieces, for a call must be short
		r.list = r.list[:0]
		r.k = g.k
		for i := 0; i < depth; i += g.k {
			r.list = append(r.list, segment{a: i * elem})
		}
	}
	for i := range panels {
		p := &panels[i]
		vectors := g.prepare(r, p, 1)
		for s := range r.list {
			r.list[s].b = s * r.k * r.bk
		}
		r.a, r.c = unsafe.Pointer(&laid[0]), unsafe.Pointer(&p.y[lo*p.yc+p.y0])
		r.rows(&fast.row[vectors-1], fast.rows[vectors-1], hi-lo)
	}
}

// lay copies what output p reads, tap by tap.
func (g *gather) lay(to []float32, p int) {
	ax := &g.axes
	w, h, d, image := p%ax[2].n, p/ax[2].n%ax[1].n, p/ax[2].n/ax[1].n%ax[0].n, p/ax[2].n/ax[1].n/ax[0].n
	across, together := ax[2].taps, g.k
	if ax[2].merged() {
		across, together = across[:1], g.k*len(across)
	}
	for _, td := range ax[0].taps {
		for _, th := range ax[1].taps {
			for _, tw := range across {
				g.copyRow(to[:together], image, d*ax[0].step+td.offset, h*ax[1].step+th.offset, w*ax[2].step+tw.offset)
				to = to[together:]
			}
		}
	}
}
