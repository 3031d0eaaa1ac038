package autograd

import (
	"math"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// A MaxPoolConfig says how the window of a max pooling moves. The zero value
// tiles the map.
type MaxPoolConfig struct {
	Stride   Axes // 0 stands for the window's extent
	Pad      Axes // before and after each axis, by what never is the greatest
	Dilation Axes // distance of neighbouring elements; 0 stands for 1
	Ceil     bool // a last window that is partly outside counts
}

// MaxPool takes the greatest element of each window, channel by channel, over
// one, two or three spatial axes:
//
//	x [N, spatial..., C] -> y [N, out..., C]
//
// Of equal elements the first wins, and the gradient goes to it alone; NaN is
// greater than all. Along an axis of extent n,
//
//	out = floor((n + 2 Pad - Dilation (window-1) - 1) / Stride) + 1
//
// or, with Ceil, the same rounded up, without windows that begin behind the map.
//
// It panics with a [*tensor.ShapeError] if the window is larger than the padded
// map, or if a window would lie in padding alone. It costs no MACs.
func MaxPool(x Value, window Axes, c MaxPoolConfig) Value { return Apply(maxPool{window, c}, x) }

type maxPool struct {
	window Axes
	MaxPoolConfig
}

func (o maxPool) Shape(in []tensor.Shape) tensor.Shape {
	p := o.geometry(in)
	return mapShape(p.n, p.out, in[0].Rank()-2, p.channels)
}

func (maxPool) Cost([]tensor.Shape) Cost      { return Cost{} }
func (maxPool) Needs(int) bool                { return false }
func (maxPool) NeedsOutput() bool             { return false }
func (o maxPool) State(in []tensor.Shape) int { return o.Shape(in).Len() }
func (o maxPool) geometry(in []tensor.Shape) pooling {
	return newPooling("maxpool", in, o.window, o.Stride, o.Pad, o.Dilation, o.Ceil)
}

// Forward and Backward without a state are never called: the tape calls those
// with.
func (maxPool) Forward(tensor.Tensor, []tensor.Tensor) { panic("maxpool: Forward without state") }
func (maxPool) Backward([]tensor.Tensor, tensor.Tensor, tensor.Tensor, []tensor.Tensor) {
	panic("maxpool: Backward without state")
}

// ForwardState leaves in the state the number of the winning element in its
// window, as bits.
func (o maxPool) ForwardState(out tensor.Tensor, in []tensor.Tensor, state []float32) {
	p := o.geometry(shapes(in))
	line := p.out[2] * p.channels
	p.lines(p.out, func(i, n, o0, o1 int) {
		p.greatest(out.Data[i*line:][:line], state[i*line:][:line], in[0].Data, n, o0, o1)
	})
}

// BackwardState gathers: each element of x looks which windows it won.
func (o maxPool) BackwardState(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor, state []float32) {
	if gin[0].Data == nil {
		return
	}
	p := o.geometry(shapes(in))
	line := p.in[2] * p.channels
	p.lines(p.in, func(i, n, i0, i1 int) {
		p.won(gin[0].Data[i*line:][:line], gout.Data, state, n, i0, i1)
	})
}

// A pooling is the geometry of windows that move over a map.
type pooling struct {
	n, channels                           int
	in, out, window, stride, pad, distant [3]int
}

func newPooling(op string, in []tensor.Shape, window, stride, pad, dilation Axes, ceil bool) pooling {
	x := in[0]
	axes := x.Rank() - 2
	if axes < 1 {
		refuse(op, in, "x takes 1 to 3 spatial axes: [N, spatial..., C]")
	}
	p := pooling{n: x.Dim(0), channels: x.Channels(), in: extents(x, 1, axes),
		window: window.trailing(axes, 1), pad: pad.trailing(axes, 0), distant: dilation.trailing(axes, 1)}
	for a := range axes {
		if window[a] < 1 || min(stride[a], pad[a], dilation[a]) < 0 || max(window[a], stride[a], pad[a], dilation[a]) > mostStep {
			refuse(op, in, "window %d, stride %d, padding %d, dilation %d: the window is positive, the others not negative, and none over %d", window, stride, pad, dilation, mostStep)
		}
	}
	for a := range axes {
		if stride[a] == 0 {
			stride[a] = window[a]
		}
	}
	p.stride = stride.trailing(axes, 1)
	for a := range 3 {
		p.out[a] = p.size(a, ceil)
		if p.in[a] < 1 || p.out[a] < 1 {
			refuse(op, in, "a window of %d elements %d apart does not fit an extent of %d padded by %d", p.window[a], p.distant[a], p.in[a], p.pad[a])
		}
		for o := range p.out[a] {
			if lo, hi := p.inside(a, o); lo == hi {
				refuse(op, in, "window %d along an extent of %d lies in padding of %d alone", o, p.in[a], p.pad[a])
			}
		}
	}
	return p
}

// size returns the number of windows along an axis, 0 if none fits.
func (p *pooling) size(axis int, ceil bool) int {
	s := p.stride[axis]
	span := p.in[axis] + 2*p.pad[axis] - p.distant[axis]*(p.window[axis]-1) - 1
	if span < 0 {
		return 0
	}
	if !ceil {
		return span/s + 1
	}
	out := (span+s-1)/s + 1
	if (out-1)*s >= p.in[axis]+p.pad[axis] {
		out--
	}
	return out
}

// inside returns the range [lo, hi) of the elements of window o that lie in the
// map along an axis.
func (p *pooling) inside(axis, o int) (lo, hi int) {
	at, d := o*p.stride[axis]-p.pad[axis], p.distant[axis]
	if at < 0 {
		lo = (d - 1 - at) / d
	}
	if last := p.in[axis] - 1 - at; last >= 0 {
		hi = min(p.window[axis], last/d+1)
	}
	return min(lo, hi), hi
}

// at returns where element t of window o lies along an axis.
func (p *pooling) at(axis, o, t int) int {
	return o*p.stride[axis] - p.pad[axis] + t*p.distant[axis]
}

// owner returns the window of which i is element t along an axis.
func (p *pooling) owner(axis, i, t int) (o int, ok bool) {
	at := i + p.pad[axis] - t*p.distant[axis]
	o = at / p.stride[axis]
	return o, at >= 0 && at%p.stride[axis] == 0 && o < p.out[axis]
}

// lines calls f for each line along the last spatial axis of a map of the given
// extents: its number, and its place.
func (p *pooling) lines(extents [3]int, f func(i, n, i0, i1 int)) {
	work := extents[2] * p.channels * p.window[0] * p.window[1] * p.window[2]
	eachLine(p.n, extents, work, f)
}

// eachLine calls f for the lines of n maps, so many of them to a chunk that
// their work is worth it.
func eachLine(n int, extents [3]int, work int, f func(i, n, i0, i1 int)) {
	const least = 1 << 14
	d0, d1 := extents[0], extents[1]
	parallel.For(n*d0*d1, max(1, least/max(work, 1)), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(i, i/(d0*d1), i/d1%d0, i%d1)
		}
	})
}

// greatest computes a line of the output and of the state.
func (p *pooling) greatest(y, which, x []float32, n, o0, o1 int) {
	a0, b0 := p.inside(0, o0)
	a1, b1 := p.inside(1, o1)
	for o2 := range p.out[2] {
		a2, b2 := p.inside(2, o2)
		y, which := y[o2*p.channels:][:p.channels], which[o2*p.channels:][:p.channels]
		first := true
		for t0 := a0; t0 < b0; t0++ {
			for t1 := a1; t1 < b1; t1++ {
				line := ((n*p.in[0]+p.at(0, o0, t0))*p.in[1] + p.at(1, o1, t1)) * p.in[2]
				for t2 := a2; t2 < b2; t2++ {
					px := x[(line+p.at(2, o2, t2))*p.channels:][:p.channels]
					number := p.number(t0, t1, t2)
					for c, v := range px {
						if first || v > y[c] || v != v {
							y[c], which[c] = v, number
						}
					}
					first = false
				}
			}
		}
	}
}

// won adds to a line of gx the gradients of the windows that it won.
func (p *pooling) won(gx, gy, which []float32, n, i0, i1 int) {
	for t0 := range p.window[0] {
		o0, ok0 := p.owner(0, i0, t0)
		for t1 := range p.window[1] {
			o1, ok1 := p.owner(1, i1, t1)
			if !ok0 || !ok1 {
				continue
			}
			line := ((n*p.out[0]+o0)*p.out[1] + o1) * p.out[2]
			for t2 := range p.window[2] {
				number := math.Float32bits(p.number(t0, t1, t2))
				for o2 := range p.out[2] {
					i2 := p.at(2, o2, t2)
					if i2 < 0 || i2 >= p.in[2] {
						continue
					}
					px, at := gx[i2*p.channels:][:p.channels], (line+o2)*p.channels
					g, w := gy[at:][:p.channels], which[at:][:p.channels]
					for c := range px {
						if math.Float32bits(w[c]) == number {
							px[c] += g[c]
						}
					}
				}
			}
		}
	}
}

// number numbers the elements of a window.
func (p *pooling) number(t0, t1, t2 int) float32 {
	return math.Float32frombits(uint32((t0*p.window[1]+t1)*p.window[2] + t2))
}
