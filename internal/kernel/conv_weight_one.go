package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// Of one input channel, as of images, a row of taps is too low for a tile. There
// m runs over the taps of height and width: each input row is copied once for
// every tap of width, shifted by that, so that
//
//	[rows][taps of width][pixels]
//
// has the taps of an output at one distance from each other.

// single tells whether that can be done.
func (s *weightGrad) single() bool {
	h, w := &s.axes[1], &s.axes[2]
	return s.gather.k == 1 && w.step == 1 && len(w.taps) > 1 && len(w.taps) == s.Kernel[2] && h.merged() && w.merged()
}

// blockOfOne is block for one input channel.
func (s *weightGrad) blockOfOne(r *runner, g *gather, image, i, part int, lo, n [3]int, gw []float32) {
	ax := &g.axes
	across, m := len(ax[2].taps), len(ax[1].taps)*len(ax[2].taps)
	v := view{row: across * n[2]}
	var planes int
	v.from[0], planes = ax[0].region(lo[0], n[0])
	v.from[1], v.rows = ax[1].region(lo[1], n[1])
	v.data = parallel.Scratch(planes * v.rows * v.row)
	defer parallel.Release(v.data)
	for j := range planes * v.rows * across {
		row := j / across
		g.copyRow(v.data[j*n[2]:][:n[2]], image, v.from[0]+row/v.rows, v.from[1]+row%v.rows, lo[2]+ax[2].taps[j%across].offset)
	}
	r.k, r.am, r.ak = n[2], n[2]*elem, elem
	r.bk, r.cm = s.Cout*elem, s.Cout*elem
	r.bias = unsafe.Pointer(&zeros)
	for t, td := range ax[0].taps {
		if s.parts > 1 && part != t*m {
			continue
		}
		d0, d1 := ax[0].within(td)
		d0, d1 = max(d0, lo[0]), min(d1, lo[0]+n[0])
		r.list = r.list[:0]
		for d := d0; d < d1; d++ {
			for h := range n[1] {
				r.list = append(r.list, segment{
					((d-d0)*ax[0].step*v.rows + h*ax[1].step) * v.row * elem,
					((d-d0)*ax[1].n + h) * ax[2].n * s.Cout * elem,
				})
			}
		}
		first := (td.index*s.Kernel[1]+ax[1].taps[0].index)*s.Kernel[2] + ax[2].taps[0].index
		c := gw[first*s.Cout+i*g.n:]
		if len(r.list) > 0 {
			x := v.data[v.at(d0*ax[0].step+td.offset, v.from[1], v.from[2]):]
			gy := s.gy[(((image*ax[0].n+d0)*ax[1].n+lo[1])*ax[2].n+lo[2])*s.Cout+i*g.n:]
			s.tiles(r, kernelTable{fast.row, fast.rows}, x, gy, c, m, g.n)
		} else if r.flags&tileAdd == 0 {
			for row := range m {
				clear(c[row*s.Cout:][:g.n])
			}
		}
	}
}
