package kernel

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// A planes is a set of transformed planes of one block of work, each
// [points][tiles][channels].
type planes struct {
	data                   []float32
	channels, point, plane int // of a tile, rounded up to vectors; elements of a point and of a plane
}

func newPlanes(w *winograd, n, tiles, channels int) planes {
	p := planesOf(w, tiles, channels)
	p.data = parallel.Scratch(n * p.plane)
	return p
}

// planesOf is planes without their data.
func planesOf(w *winograd, tiles, channels int) planes {
	p := planes{channels: roundUp(channels, w.lanes)}
	p.point = oddLines(tiles * p.channels)
	p.plane = w.points() * p.point
	return p
}

// wideRows is how many blocks make a row long enough for its middle to be read
// where it lies: only blocks at the edges have to be copied for their padding.
const wideRows = 16

// transform transforms the blocks of a plane that in reads, side by side.
func (p *winogradPass) transform(s *sandwich, f func(*sandwich), in []gather, to []float32, v *planes, half []float32, w work, plane int) {
	*s = sandwich{
		half:  unsafe.Pointer(&half[0]),
		toRow: (p.m + 2) * v.point * elem, toColumn: v.point * elem, toStep: v.channels * elem,
	}
	across := w.right - w.left
	for i := range in {
		g, first := &in[i], to
		part, _ := g.alone()
		p.eachRun(w, plane, func(image, d, row, rows, tile int) {
			to := first[tile*v.channels:]
			if part == nil || across < wideRows {
				p.transformBlocks(s, f, g, to, v.channels, image, d, row, rows, w.left, across)
				return
			}
			for i := range rows {
				to := to[i*across*v.channels:]
				p.transformBlocks(s, f, g, to, v.channels, image, d, row+i, 1, w.left, 1)
				p.transformBlocks(s, f, g, to[v.channels:], v.channels, image, d, row+i, 1, w.left+1, across-2)
				p.transformBlocks(s, f, g, to[(across-1)*v.channels:], v.channels, image, d, row+i, 1, w.right-1, 1)
			}
		})
		to = to[g.k:]
	}
}

// transformBlocks transforms some rows of blocks, from left on, to places side by side.
func (p *winogradPass) transformBlocks(s *sandwich, f func(*sandwich), in *gather, to []float32, channels, image, d, row, rows, left, across int) {
	x := in.view(image, [3]int{d, row * p.m, left * p.m}, [3]int{1, rows * p.m, across * p.m})
	defer release(x.copied)
	s.fromRow, s.fromColumn, s.fromStep = x.row*elem, x.pixel*elem, p.m*x.pixel*elem
	for i := range rows {
		for j := 0; j < in.k; j += p.lanes {
			s.channels(min(p.lanes, in.k-j))
			for at := 0; at < across; at += halfBlocks {
				s.count = min(halfBlocks, across-at)
				s.from = unsafe.Pointer(&x.data[i*p.m*x.row+at*p.m*x.pixel+j])
				s.to = unsafe.Pointer(&to[(i*across+at)*channels+j])
				f(s)
			}
		}
	}
}

// transformOutput transforms the sums of a plane and writes the outputs.
func (p *winogradPass) transformOutput(s *sandwich, m *planes, half []float32, w work, plane int) {
	*s = sandwich{
		half:    unsafe.Pointer(&half[0]),
		fromRow: (p.m + 2) * m.point * elem, fromColumn: m.point * elem, fromStep: m.channels * elem,
		slope: p.g.slope,
	}
	p.eachRun(w, plane, func(image, d, row, rows, tile int) {
		for i := range rows {
			s.rows = min(p.m, p.n[1]-(row+i)*p.m)
			y := p.g.output(image, d, (row+i)*p.m, w.left*p.m)
			from := m.data[(tile+i*(w.right-w.left))*m.channels:]
			for j := range p.g.panels {
				panel := &p.g.panels[j]
				p.writeOutput(s, panel, m.channels, from, panel.y[y*panel.yc+panel.y0:], w)
				from = from[panel.width:]
			}
		}
	})
}

// writeOutput writes a row of blocks to a panel's tensor.
func (p *winogradPass) writeOutput(s *sandwich, panel *panel, channels int, from, y []float32, w work) {
	flags := 0
	if panel.add {
		flags = tileAdd
	}
	if s.slope != 1 {
		flags |= tileLeaky
	}
	s.toRow, s.toColumn, s.toStep = p.g.axes[2].out*panel.yc*elem, panel.yc*elem, p.m*panel.yc*elem
	across := w.right - w.left
	whole := min(across, p.n[2]/p.m-w.left)
	for j := 0; j < panel.n; j += p.lanes {
		s.channels(min(p.lanes, panel.n-j))
		s.bias = unsafe.Pointer(&zeros)
		if panel.bias != nil {
			s.bias = unsafe.Pointer(&panel.bias[j])
		}
		if whole > 0 {
			s.count, s.columns, s.flags = whole, p.m, flags
			s.from, s.to = unsafe.Pointer(&from[j]), unsafe.Pointer(&y[j])
			p.output(s)
		}
		if whole < across {
			s.count, s.columns, s.flags = 1, p.n[2]%p.m, flags|tilePartial
			s.from, s.to = unsafe.Pointer(&from[whole*channels+j]), unsafe.Pointer(&y[whole*p.m*panel.yc+j])
			p.output(s)
		}
	}
}
