package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/cpu"
)

// Weights are quarters and contents small integers, so that every order of
// summation gives the same bits.

func TestGroupsOfRowsAreTheirPlainTwin(t *testing.T) {
	sizes := []int{1, 2, 3, 7, 37, 91}
	onEveryLevel(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(13, 14))
		for _, in := range sizes {
			for _, out := range sizes {
				for c := 1; c <= mostTurned+1; c++ {
					some := func() int { return sizes[r.IntN(len(sizes))] }
					turnedCase(t, r, c, [3]int{1 + r.IntN(3), in, some()}, [3]int{1 + r.IntN(3), out, some()})
					turnedCase(t, r, c, [3]int{1, some(), in}, [3]int{1, some(), out})
					turnedCase(t, r, c, [3]int{1, 1, in}, [3]int{1, 1, out})
				}
			}
		}
		turnedCase(t, r, 1, [3]int{2, 37, 3000}, [3]int{3, 41, 2500})
	})
}

func turnedCase(t *testing.T, r *rand.Rand, c int, in, out [3]int) {
	t.Helper()
	a := &Resampling{N: 1 + r.IntN(3), C: c}
	for i := range a.Axes {
		switch r.IntN(3) {
		case 0:
			a.Axes[i] = someTaps(r, in[i], out[i], 4)
		case 1:
			a.Axes[i] = NewTaps(in[i], out[i], func(o int) (int, []float64) { return o * in[i] / out[i], []float64{0.25, 0.75} })
		default:
			a.Axes[i] = NewTaps(out[i], in[i], func(o int) (int, []float64) { return o * out[i] / in[i], []float64{0.5, 0.5} }).Transpose()
		}
	}
	_, x := guarded(r, a.N*volume(in)*c, r.IntN(17))
	for _, add := range []bool{false, true} {
		offset := r.IntN(17)
		all, y := guarded(r, a.N*volume(out)*c, offset)
		want := clone(all)
		a.Apply(y, x, add)
		now := fast
		fast = kernelsOf(cpu.Plain)
		a.Apply(want[33+offset:][:len(y)], x, add)
		fast = now
		alike(t, want, all, "%d maps of %d channels from %v to %v, add %t", a.N, c, in, out, add)
	}
}

func TestSpansTakeTheScratchThatIsTold(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		g := rand.New(rand.NewPCG(15, 16))
		check := func(a *Resampling) {
			f := a.folded()
			if !f.blends() {
				return
			}
			most, o := 0, f.order(true)
			for p := range o.pieces {
				s := f.newSpan(true, o.group)
				s.choose(o.part(p))
				most = max(most, len(s.work))
				s.free()
			}
			require.Equal(t, most, a.Scratch())
		}
		eachResampling(g, func(_ string, a *Resampling) { check(a) })
		// What is told is also used, to next to the end.
		half := func(n int) *Taps {
			return NewTaps(2*n, n, func(o int) (int, []float64) { return 2 * o, []float64{0.5, 0.5} })
		}
		a := &Resampling{1, 2, [3]*Taps{half(3), half(48), half(40)}}
		o := a.order(true)
		if o.group > 1 {
			x, y := a.random(g)
			s := a.newSpan(true, o.group)
			s.choose(o.part(0))
			require.Positive(t, a.planeRows(o.group))
			copy(s.work, nans(len(s.work)))
			s.turned(y, x, 0, 1, 0, o.group, over)
			used := len(s.work)
			for used > 0 && s.work[used-1] != s.work[used-1] {
				used--
			}
			require.Greater(t, used, len(s.work)*98/100)
			s.free()
		}
		check(&Resampling{1, 2, [3]*Taps{someTaps(g, 9, 7, 3), someTaps(g, 37, 30, 3), someTaps(g, 3000, 2500, 3)}})
	})
}
