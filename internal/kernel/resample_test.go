package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// someTaps is a table of windows of up to most weights anywhere, some of them
// empty, some past the ends.
func someTaps(r *rand.Rand, in, out, most int) *Taps {
	return NewTaps(in, out, func(int) (int, []float64) {
		w := make([]float64, r.IntN(most+1))
		for k := range w {
			w[k] = float64(r.IntN(9)-4) / 4
		}
		return r.IntN(in+2) - 1, w
	})
}

// dense is the matrix of t, [Out][In].
func dense(t *Taps) [][]float64 {
	m := make([][]float64, t.Out())
	for o := range m {
		m[o] = make([]float64, t.In)
		for i := range m[o] {
			m[o][i] = t.weight(o, i)
		}
	}
	return m
}

// byDefinition returns A x and, for the tolerance, |A| |x|.
func byDefinition(r *Resampling, x []float32) (y, size []float64) {
	in, out := r.sizes()
	d, h, w := dense(r.Axes[0]), dense(r.Axes[1]), dense(r.Axes[2])
	for n := range r.N {
		for od := range out[0] {
			for oh := range out[1] {
				for ow := range out[2] {
					for c := range r.C {
						sum, abs := 0.0, 0.0
						for id := range in[0] {
							for ih := range in[1] {
								for iw := range in[2] {
									v := d[od][id] * h[oh][ih] * w[ow][iw] * float64(x[(((n*in[0]+id)*in[1]+ih)*in[2]+iw)*r.C+c])
									sum, abs = sum+v, abs+math.Abs(v)
								}
							}
						}
						y, size = append(y, sum), append(size, abs)
					}
				}
			}
		}
	}
	return y, size
}

var resampleSizes = [][2][3]int{ // in, out
	{{1, 1, 1}, {1, 1, 1}},
	{{1, 1, 7}, {1, 1, 3}},
	{{1, 1, 3}, {1, 1, 7}},
	{{1, 5, 7}, {1, 7, 5}},
	{{1, 2, 9}, {1, 5, 2}},
	{{3, 2, 5}, {5, 3, 7}},
	{{5, 7, 3}, {2, 3, 1}},
	{{1, 1, 1}, {2, 3, 5}},
}

func eachResampling(r *rand.Rand, f func(name string, a *Resampling)) {
	for _, s := range resampleSizes {
		for most := 1; most < 6; most++ {
			a := &Resampling{N: 2, C: 1 + r.IntN(5)}
			for i := range 3 {
				a.Axes[i] = someTaps(r, s[0][i], s[1][i], most)
				if s[0][i] == s[1][i] && r.IntN(2) == 0 {
					a.Axes[i] = Identity(s[0][i])
				}
			}
			f(fmt.Sprint(s, " windows of ", most), a)
		}
	}
}

func (r *Resampling) random(g *rand.Rand) (x, y []float32) {
	in, out := r.sizes()
	return random(g, r.N*volume(in)*r.C), random(g, r.N*volume(out)*r.C)
}

func TestResamplingIsTheProductOfItsAxes(t *testing.T) {
	g := rand.New(rand.NewPCG(1, 2))
	eachResampling(g, func(name string, a *Resampling) {
		x, y := a.random(g)
		want, size := byDefinition(a, x)
		before := clone(y)
		sum, sizes := make([]float64, len(y)), make([]float64, len(y))
		for i := range y {
			sum[i], sizes[i] = want[i]+float64(y[i]), size[i]+math.Abs(float64(y[i]))
		}
		// Both ways must serve whatever the count of work would choose.
		for _, way := range []func(y, x []float32, add bool){a.Apply, a.blend, a.gather} {
			y := clone(before)
			way(y, x, true)
			near(t, name+" added", sum, sizes, y)
			for i := range y {
				y[i] = float32(math.NaN())
			}
			way(y, x, false)
			near(t, name, want, size, y)
		}
	})
}

func TestTransposedTapsAreTheAdjoint(t *testing.T) {
	g := rand.New(rand.NewPCG(3, 4))
	eachResampling(g, func(name string, a *Resampling) {
		adjoint := &Resampling{N: a.N, C: a.C}
		for i, taps := range a.Axes {
			adjoint.Axes[i] = taps.Transpose()
			m, tr := dense(taps), dense(adjoint.Axes[i])
			for o := range m {
				for k := range m[o] {
					require.Equal(t, m[o][k], tr[k][o], name)
				}
			}
		}
	})
}

func TestResamplingHasTheSameBitsOnAnyNumberOfProcessors(t *testing.T) {
	g := rand.New(rand.NewPCG(5, 6))
	for _, a := range []*Resampling{
		{2, 16, [3]*Taps{someTaps(g, 5, 9, 3), someTaps(g, 37, 50, 3), someTaps(g, 30, 61, 3)}},
		{2, 16, [3]*Taps{Identity(1), someTaps(g, 91, 40, 2), someTaps(g, 91, 40, 2)}},
		{1, 3, [3]*Taps{Identity(1), Identity(1), someTaps(g, 50000, 60001, 3)}},
		{2, 1, [3]*Taps{someTaps(g, 19, 23, 3), someTaps(g, 437, 350, 3), someTaps(g, 430, 361, 3)}},
		{3, 3, [3]*Taps{Identity(1), someTaps(g, 91, 240, 2), someTaps(g, 91, 840, 2)}},
		{5000, 1, [3]*Taps{Identity(1), Identity(1), someTaps(g, 37, 91, 2)}},
	} {
		x, y := a.random(g)
		one, many := clone(y), clone(y)
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		a.Apply(one, x, true)
		runtime.GOMAXPROCS(4)
		a.Apply(many, x, true)
		require.Equal(t, one, many)
	}
}

func TestReachIsWhatTheWindowsCover(t *testing.T) {
	g := rand.New(rand.NewPCG(7, 8))
	tables := []*Taps{Identity(5), someTaps(g, 9, 7, 3), someTaps(g, 5, 9, 1)}
	for _, in := range []int{5, 9} {
		tables = append(tables, NewTaps(in, 7, func(o int) (int, []float64) { return (2*o+1)*in/14 - 1, []float64{.5, .5} }))
	}
	for _, table := range tables {
		for from := range table.Out() {
			for to := from; to <= table.Out(); to++ {
				covered := map[int]bool{}
				for o := from; o < to; o++ {
					at, w := table.at(o)
					for k := range w {
						covered[at+k] = true
					}
				}
				lo, hi := table.reach(from, to)
				if len(covered) == 0 {
					require.Equal(t, lo, hi)
					continue
				}
				require.True(t, covered[lo] && covered[hi-1])
				for i := range covered {
					require.True(t, lo <= i && i < hi)
				}
			}
		}
	}
}

func TestWhatIsNotReadDoesNotMatter(t *testing.T) {
	every := NewTaps(5, 3, func(o int) (int, []float64) { return 2*o - 1, []float64{0, 1, 0} })
	a := &Resampling{1, 1, [3]*Taps{Identity(1), Identity(1), every}}
	nan := float32(math.NaN())
	y := make([]float32, 3)
	a.Apply(y, []float32{1, nan, 2, nan, 3}, false)
	require.Equal(t, []float32{1, 2, 3}, y)
	require.Zero(t, a.MACs())
}

func TestResamplingRefusesSlicesOfTheWrongLength(t *testing.T) {
	a := &Resampling{2, 3, [3]*Taps{Identity(1), Identity(4), Identity(5)}}
	require.PanicsWithValue(t, "kernel: x of 7 and y of 120 elements for 2 maps of 3 channels resampled from [1 4 5] to [1 4 5]",
		func() { a.Apply(make([]float32, 120), make([]float32, 7), false) })
}
