package kernel

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/parallel"
)

// tally counts how often each element of x is foreseen.
func (f *foreseen) tally(seen []int, x []float32) {
	first := uintptr(unsafe.Pointer(&x[0]))
	for _, s := range f.stretches[:f.count] {
		if s.from < first || s.from >= first+uintptr(len(x)*elem) {
			continue
		}
		at := int(s.from-first) / elem
		for i := range s.bytes / elem {
			seen[at+i]++
		}
	}
}

// All blocks together foresee each output once and each input once, but for what
// is read before there are products.
func TestBlocksForeseeWhatTheNextOnesTake(t *testing.T) {
	if !fast.available() {
		t.Skip("without assembly nothing is prefetched")
	}
	for _, depth := range []int{1, 3} {
		const rows, columns, channels, batch = 37, 40, 64, 2
		c := Conv{
			N: batch, In: [3]int{depth * 2, rows, columns}, Out: [3]int{depth * 2, rows, columns}, Kernel: [3]int{depth, 3, 3},
			Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1}, Pad: [3]int{depth / 2, 1, 1}, Cin: channels, Cout: channels, Groups: 1,
		}
		x, y, w := make([]float32, c.N*volume(c.In)*channels), make([]float32, c.N*volume(c.Out)*channels), make([]float32, c.weights())
		var held [3][8]tap
		g := c.forwardGather(c.One(x), &held)
		c.listPanels(&g, nil, 0, []Grad{{X: y, C: channels}})
		for i, size := 0, volume(c.Kernel)*channels; i < len(g.panels); i++ {
			p := &g.panels[i]
			p.w, w = w[:size*p.width], w[size*p.width:]
		}
		p := g.winogradPass(winogradOf(4))
		require.Equal(t, depth > 1, p.deep)
		p.transformWeights()
		r := newRunner()
		half := make([]float32, p.halfFloats())
		v, m := newPlanes(p.winograd, depth, p.most(), channels), newPlanes(p.winograd, 1, p.most(), p.width)
		read, written := make([]int, len(x)), make([]int, len(y))
		blocks := p.blocks()
		require.Greater(t, blocks, 2)
		for i := range blocks {
			w := p.work(i)
			p.eachPlane(r, &v, half, w, func(d int, taps []int) {
				r.foreseen = foreseen{}
				p.foreseeOutputs(&r.foreseen, w, d)
				if next, plane, ok := p.after(i, d, blocks); ok {
					p.foreseeInputs(&r.foreseen, next, plane)
				} else {
					require.Equal(t, []int{blocks - 1, w.bottom - 1}, []int{i, d}, "only the last plane has none after it")
				}
				r.foreseen.tally(read, x)
				r.foreseen.tally(written, y)
				p.multiply(r, &v, &m, taps, w.tiles())
				require.Equal(t, r.foreseen.count, r.foreseen.first, "the products ask for all of it")
			})
		}
		for i := range y {
			require.Equal(t, 1, written[i], "output %d", i)
		}
		first := p.work(0)
		for i := range x {
			row, plane := i/channels/columns%rows, i/channels/columns/rows
			if depth == 1 && plane == 0 && row <= first.hi*p.m || depth > 1 && plane%(2*depth) <= depth/2 {
				continue // before any products, in depth of each stack
			}
			require.Equal(t, 1, read[i], "row %d of plane %d", row, plane)
		}
	}
}

func TestBlocksOfWeightGradientsForeseeTheNext(t *testing.T) {
	if !fast.available() {
		t.Skip("without assembly nothing is prefetched")
	}
	square := func(n, depth, size, kernel, cin, cout int) Conv {
		return Conv{
			N: n, In: [3]int{depth, size, size}, Out: [3]int{depth, size, size}, Kernel: [3]int{1, kernel, kernel},
			Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1}, Pad: [3]int{0, kernel / 2, kernel / 2}, Cin: cin, Cout: cout, Groups: 1, Exact: true,
		}
	}
	wide := square(1, 1, 40, 3, 128, 8) // whose blocks are parts of rows, some of padding alone
	wide.Pad[2], wide.Out[2] = 80, 198
	for _, c := range []Conv{square(2, 3, 48, 1, 32, 24), square(2, 3, 48, 3, 32, 24), square(200, 1, 6, 3, 64, 64), wide} {
		x, gy := make([]float32, c.N*volume(c.In)*c.Cin), make([]float32, c.N*volume(c.Out)*c.Cout)
		var held [3][8]tap
		s := weightGrad{Conv: &c, gy: gy}
		s.read(c.One(x), &held)
		blocks := s.cut()
		require.Greater(t, blocks, 4, "%v", &c)
		read, written := make([]int, len(x)), make([]int, len(gy))
		var r runner
		for b := range blocks {
			r.foreseen = foreseen{}
			s.foresee(&r, b)
			r.foreseen.tally(read, x)
			r.foreseen.tally(written, gy)
			require.Positive(t, r.foreseen.pace)
		}
		for i := range gy {
			require.Equal(t, 1, written[i], "%v, gradient %d", &c, i)
		}
		for i := range x {
			require.Positive(t, read[i], "%v, input %d", &c, i)
		}
	}
}

func TestCallsAskForWhatIsForeseen(t *testing.T) {
	x := parallel.Aligned(1000) // not on the stack, which may move
	var r runner
	r.list, r.k = make([]segment, 2), 5
	r.foreseen.add(x[:0])
	r.foreseen.add(x[:100])
	r.foreseen.add(x[100:300])
	r.foreseen.add(x[500:])
	require.Equal(t, 2, r.foreseen.count, "what goes on is one stretch")
	const calls = 20
	r.foreseen.spread(calls * len(r.list) * r.k)
	require.Equal(t, 800*elem/(calls*10), r.foreseen.pace)
	least, most := 1<<30, 0
	asked := 0
	for range calls + r.foreseen.count { // each stretch ends in a call of its own
		r.prefetchMore()
		if r.pace > 0 {
			at := int(r.next-uintptr(unsafe.Pointer(&x[0]))) / elem
			least, most = min(least, at), max(most, at+10*r.pace/elem)
			asked += 10 * r.pace / elem
			require.False(t, at >= 300 && at < 500, "what lies between is not asked for: %d", at)
		}
	}
	require.Zero(t, r.pace, "in the end there is nothing left")
	require.Equal(t, []int{0, 1000}, []int{least, most})
	require.InDelta(t, 800, asked, 20)
	require.Equal(t, 64, paceOf(1<<20, 1), "no line is left out")
}
