package autograd

import "github.com/sshn-go/sshn/tensor"

// An AvgPoolConfig says how the window of an average pooling moves and what it
// divides by. The zero value tiles the map.
type AvgPoolConfig struct {
	Stride     Axes // 0 stands for the window's extent
	Pad        Axes // zeros before and after each axis
	Ceil       bool // a last window that is partly outside counts
	ExcludePad bool // the mean is over the elements of x, not over padding too
	Divisor    int  // divides the sum in place of the number of elements; 0 stands for that
}

// AvgPool takes the mean of each window, channel by channel, over one, two or
// three spatial axes:
//
//	x [N, spatial..., C] -> y [N, out..., C]
//
// The rule for out is that of [MaxPool] without dilation. What a window has
// behind the padding, as the last one may with Ceil, never counts.
//
// It panics with a [*tensor.ShapeError] if the window is larger than the padded
// map, if a window would lie in padding alone, or if Divisor is negative. The
// cost is the number of elements in all windows, in MACs.
func AvgPool(x Value, window Axes, c AvgPoolConfig) Value { return Apply(avgPool{window, c, false}, x) }

// AdaptiveAvgPool cuts each spatial axis into as many bins as size says and
// takes the mean of each:
//
//	x [N, spatial..., C] -> y [N, size..., C]
//
// Bin i of n over an extent s covers [floor(i s/n), ceil((i+1) s/n)): bins may
// overlap, and be more than elements. Each(1) is the global average.
//
// It panics with a [*tensor.ShapeError] if the map is empty or a size is not
// positive. The cost is the number of elements in all bins, in MACs.
func AdaptiveAvgPool(x Value, size Axes) Value {
	return Apply(avgPool{size, AvgPoolConfig{}, true}, x)
}

type avgPool struct {
	window Axes // or, with adaptive, the number of bins
	AvgPoolConfig
	adaptive bool
}

func (o avgPool) String() string {
	if o.adaptive {
		return "adaptiveavgpool"
	}
	return "avgpool"
}

func (o avgPool) Shape(in []tensor.Shape) tensor.Shape {
	s := o.spans(in)
	return mapShape(in[0].Dim(0), [3]int{len(s[0].lo), len(s[1].lo), len(s[2].lo)}, in[0].Rank()-2, in[0].Channels())
}

func (o avgPool) Cost(in []tensor.Shape) Cost {
	macs := int64(in[0].Dim(0)) * int64(in[0].Channels())
	for _, s := range o.spans(in) {
		macs *= int64(s.elements())
	}
	return Cost{MACs: macs}
}

func (avgPool) Needs(int) bool    { return false }
func (avgPool) NeedsOutput() bool { return false }

func (o avgPool) Forward(out tensor.Tensor, in []tensor.Tensor) {
	clear(out.Data)
	addMeans(out, in[0], o.spans(shapes(in)))
}

func (o avgPool) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	if gin[0].Data == nil {
		return
	}
	s := o.spans(shapes(in))
	for a := range s {
		s[a] = s[a].transpose()
	}
	addMeans(gin[0], gout, s)
}

// spans checks the shape of x and returns what each output reads, by axis.
func (o avgPool) spans(in []tensor.Shape) [3]spans {
	if o.adaptive {
		return o.bins(in)
	}
	p := newPooling("avgpool", in, o.window, o.Stride, o.Pad, Axes{}, o.Ceil)
	if o.Divisor < 0 {
		refuse("avgpool", in, "a divisor of %d", o.Divisor)
	}
	var all [3]spans
	for a := range all {
		all[a] = newSpans(p.in[a], p.out[a], func(i int) (lo, hi, count int) {
			begin := p.at(a, i, 0)
			end := begin + p.window[a]
			lo, hi = max(begin, 0), min(end, p.in[a])
			switch {
			case o.Divisor > 0 && a == 0:
				count = o.Divisor
			case o.Divisor > 0:
				count = 1
			case o.ExcludePad:
				count = hi - lo
			default:
				count = min(end, p.in[a]+p.pad[a]) - begin
			}
			return lo, hi, count
		})
	}
	return all
}

func (o avgPool) bins(in []tensor.Shape) [3]spans {
	x := in[0]
	axes := x.Rank() - 2
	if axes < 1 {
		refuse(o.String(), in, "x takes 1 to 3 spatial axes: [N, spatial..., C]")
	}
	from, to := extents(x, 1, axes), o.window.trailing(axes, 1)
	var all [3]spans
	for a := range all {
		s, n := from[a], to[a]
		if i := a - (3 - axes); s < 1 || n < 1 || i >= 0 && o.window[i] < 1 {
			refuse(o.String(), in, "takes a map that is not empty and bins, not %d of them", o.window[:axes])
		}
		all[a] = newSpans(s, n, func(i int) (lo, hi, count int) {
			lo, hi = i*s/n, ((i+1)*s+n-1)/n
			return lo, hi, hi - lo
		})
	}
	return all
}

// spans is a linear map along one axis from n elements whose matrix is, in each
// row, constant but for a weight by row and by column on a stretch, and zero
// elsewhere:
//
//	y[i] = row[i] * sum over j in [lo[i], hi[i]) of column[j] x[j]
//
// Weights that are nil are 1. lo and hi never fall with i, so the transpose is
// of the same kind.
type spans struct {
	n           int
	lo, hi      []int32
	row, column []float64
}

// newSpans returns the means over stretches of an axis of extent n, divided by
// count.
func newSpans(n, outputs int, f func(i int) (lo, hi, count int)) spans {
	s := spans{n: n, lo: make([]int32, outputs), hi: make([]int32, outputs), row: make([]float64, outputs)}
	for i := range outputs {
		lo, hi, count := f(i)
		s.lo[i], s.hi[i], s.row[i] = int32(lo), int32(hi), 1/float64(count)
	}
	return s
}

func (s spans) transpose() spans {
	t := spans{len(s.lo), make([]int32, s.n), make([]int32, s.n), s.column, s.row}
	for i := range s.lo {
		for j := s.lo[i]; j < s.hi[i]; j++ {
			if t.hi[j] == 0 {
				t.lo[j] = int32(i)
			}
			t.hi[j] = int32(i + 1)
		}
	}
	return t
}

// elements returns the number of elements in all stretches.
func (s spans) elements() int {
	n := 0
	for i := range s.lo {
		n += int(s.hi[i] - s.lo[i])
	}
	return n
}

// addMeans adds to y what s makes of x along its three axes.
func addMeans(y, x tensor.Tensor, s [3]spans) {
	channels := x.Shape.Channels()
	rows := [3]int{len(s[0].lo), len(s[1].lo), len(s[2].lo)}
	work := x.Shape.Len() / max(1, x.Shape.Dim(0)*rows[0]*rows[1])
	line := rows[2] * channels
	eachLine(x.Shape.Dim(0), rows, work, func(i, n, i0, i1 int) {
		for i2 := range rows[2] {
			addMean(y.Data[i*line+i2*channels:][:channels], x.Data, &s, n, [3]int{i0, i1, i2})
		}
	})
}

// addMean adds one pixel of the output, in float64, some channels at a time.
func addMean(y, x []float32, s *[3]spans, n int, at [3]int) {
	const block = 32
	channels := len(y)
	row := weight(s[0].row, at[0]) * weight(s[1].row, at[1]) * weight(s[2].row, at[2])
	for c := 0; c < channels; c += block {
		y := y[c:min(c+block, channels)]
		var sum [block]float64
		for j0 := int(s[0].lo[at[0]]); j0 < int(s[0].hi[at[0]]); j0++ {
			for j1 := int(s[1].lo[at[1]]); j1 < int(s[1].hi[at[1]]); j1++ {
				k := weight(s[0].column, j0) * weight(s[1].column, j1)
				line := ((n*s[0].n+j0)*s[1].n + j1) * s[2].n
				for j2 := int(s[2].lo[at[2]]); j2 < int(s[2].hi[at[2]]); j2++ {
					k := k * weight(s[2].column, j2)
					for i, v := range x[(line+j2)*channels+c:][:len(y)] {
						sum[i&(block-1)] += k * float64(v)
					}
				}
			}
		}
		for i := range y {
			y[i] += float32(row * sum[i])
		}
	}
}

func weight(w []float64, i int) float64 {
	if w == nil {
		return 1
	}
	return w[i]
}
