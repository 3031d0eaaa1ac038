package kernel

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// What is foreseen of a pass is all of the input but the rows above those that the
// first blocks of a plane share with nobody, all of the output, and each but once.
func TestBlocksForeseeWhatTheNextOnesTake(t *testing.T) {
	if !fast.available() {
		t.Skip("without assembly nothing is prefetched")
	}
	for _, depth := range []int{1, 3} {
		const rows, columns, channels, batch = 37, 40, 16, 2
		c := Conv{
			N: batch, In: [3]int{depth * 2, rows, columns}, Out: [3]int{depth * 2, rows, columns}, Kernel: [3]int{depth, 3, 3},
			Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1}, Pad: [3]int{depth / 2, 1, 1}, Cin: channels, Cout: channels, Groups: 1,
		}
		x, y, w := make([]float32, c.N*volume(c.In)*channels), make([]float32, c.N*volume(c.Out)*channels), make([]float32, c.weights())
		var held [3][8]tap
		g := c.forwardGather(c.One(x), &held)
		c.listPanels(&g, nil, 0, []Grad{{X: y, C: channels}})
		for i := range g.panels {
			g.panels[i].w = w
		}
		p := g.winogradPass(winogradOf(4))
		require.Equal(t, depth > 1, p.deep)
		seen := map[*float32]int{}
		blocks := p.blocks()
		require.Greater(t, blocks, 2)
		for i := range blocks {
			w := p.work(i)
			for d := w.top; d < w.bottom; d++ {
				var in, out foreseen
				if next, plane, ok := p.after(i, d, blocks); ok {
					p.foreseeInputs(&in, next, plane)
				} else {
					require.Equal(t, []int{blocks - 1, w.bottom - 1}, []int{i, d}, "only the last plane has none after it")
				}
				p.foreseeOutputs(&out, w, d)
				in.tally(seen, x)
				out.tally(seen, y)
			}
		}
		for i := range y {
			require.Equal(t, 1, seen[&y[i]], "output %d", i)
		}
		first := p.work(0)
		for i := range x {
			pixel := i / channels
			row, plane := pixel/columns%rows, pixel/columns/rows
			want := 1
			switch {
			case row == 0: // is read with row 1
				want = 0
			case depth == 1 && plane == 0 && row <= first.hi*p.m, depth > 1 && plane%(2*depth) <= depth/2:
				continue // read before any products, in depth by each stack
			}
			require.Equal(t, want, seen[&x[i]], "row %d of plane %d", row, plane)
		}
	}
}

func TestBlocksOfWeightGradientsForeseeTheNext(t *testing.T) {
	if !fast.available() {
		t.Skip("without assembly nothing is prefetched")
	}
	for _, kernel := range []int{1, 3} {
		const depth, rows, columns, in, out = 3, 64, 48, 32, 24
		c := Conv{
			N: 2, In: [3]int{depth, rows, columns}, Out: [3]int{depth, rows, columns}, Kernel: [3]int{1, kernel, kernel},
			Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1}, Pad: [3]int{0, kernel / 2, kernel / 2}, Cin: in, Cout: out, Groups: 1, Exact: true,
		}
		x, gy := make([]float32, c.N*volume(c.In)*in), make([]float32, c.N*volume(c.Out)*out)
		var held [3][8]tap
		s := weightGrad{Conv: &c, gy: gy}
		s.read(c.One(x), &held)
		blocks := s.cut()
		require.Greater(t, blocks, 4)
		seen := map[*float32]int{}
		var r runner
		for b := range blocks {
			r.foreseen = foreseen{}
			s.foresee(&r, b)
			r.foreseen.tally(seen, x, gy)
			require.Positive(t, r.pace)
		}
		for i := range gy {
			require.Equal(t, 1, seen[&gy[i]], "kernel %d, gradient %d", kernel, i)
		}
		for i := range x {
			require.Positive(t, seen[&x[i]], "kernel %d, input %d", kernel, i)
		}
	}
}

// tally counts how often elements of xs are foreseen.
func (f *foreseen) tally(seen map[*float32]int, xs ...[]float32) {
	for _, s := range f.stretches[:f.count] {
		for _, x := range xs {
			first := uintptr(unsafe.Pointer(&x[0]))
			if s.from < first || s.from >= first+uintptr(len(x)*elem) {
				continue
			}
			at := int(s.from-first) / elem
			for i := range s.bytes / elem {
				seen[&x[at+i]]++
			}
		}
	}
}

func TestCallsAskForWhatIsForeseen(t *testing.T) {
	x := make([]float32, 1000)
	var r runner
	r.list, r.k = make([]segment, 2), 5
	r.foreseen.add(x[:0])
	r.foreseen.add(x[:300])
	r.foreseen.add(x[500:])
	require.Equal(t, 800*elem, r.foreseen.bytes())
	const calls = 20
	r.prefetchIn(calls*len(r.list)*r.k, r.foreseen.bytes())
	asked := map[int]bool{}
	for range calls + 2 {
		r.prefetchMore()
		for step := range len(r.list) * r.k {
			if r.pace > 0 {
				asked[(int(r.next-uintptr(unsafe.Pointer(&x[0])))+step*r.pace)/elem] = true
			}
		}
	}
	require.Zero(t, r.pace, "in the end there is nothing left")
	for _, at := range []int{0, 296, 504, 992} {
		require.True(t, asked[at], "float %d", at)
	}
	require.False(t, asked[400])
	r.prefetchIn(1, 1<<20)
	require.Equal(t, 64, r.pace, "no line is left out")
}
