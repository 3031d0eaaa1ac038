package optim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/golden"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
)

// trajectory takes the five steps of a case and compares each. The moments are
// float32 here and float64 there: a few roundings of 6e-8 a step, relative to
// parameters of about 1.
func trajectory(t *testing.T, c golden.Case, o Optimiser) {
	x := c.Input("p0").Data
	for step := 1; step <= 5; step++ {
		g := c.Input(fmt.Sprintf("g%d", step)).Data
		if c.Attrs.Bool("maximize") {
			for i := range g {
				g[i] = -g[i]
			}
		}
		o.Step(x, of(g), c.Attrs.Float("lr"))
		golden.Close(t, fmt.Sprintf("p%d", step), x, c.Output64(fmt.Sprintf("p%d", step)).Data, 1e-6, 1e-6)
	}
}

func TestTrajectoriesAgreeWithPyTorch(t *testing.T) {
	for _, name := range []string{"adam", "adamw"} {
		for _, c := range golden.Open(t, name) {
			t.Run(name+c.ID+c.Attrs.String(), func(t *testing.T) {
				betas := c.Attrs.Floats("betas")
				trajectory(t, c, NewAdam(len(c.Input("p0").Data), AdamConfig{
					Beta1: betas[0], Beta2: betas[1], Epsilon: c.Attrs.Float("eps"), Decay: c.Attrs.Float("weight_decay"),
					Decoupled: name == "adamw", Largest: c.Attrs.Bool("amsgrad"),
				}))
			})
		}
	}
	for _, c := range golden.Open(t, "sgd") {
		t.Run("sgd"+c.ID+c.Attrs.String(), func(t *testing.T) {
			trajectory(t, c, NewSGD(len(c.Input("p0").Data), SGDConfig{
				Momentum: c.Attrs.Float("momentum"), Dampening: c.Attrs.Float("dampening"),
				Nesterov: c.Attrs.Bool("nesterov"), Decay: c.Attrs.Float("weight_decay"),
			}))
		})
	}
}

func both(n int, groups []Group) map[string]func() Optimiser {
	return map[string]func() Optimiser{
		"Adam": func() Optimiser { return NewAdam(n, AdamConfig{Largest: true, Groups: groups}) },
		"SGD":  func() Optimiser { return NewSGD(n, SGDConfig{Momentum: 0.9, Nesterov: true, Groups: groups}) },
	}
}

func TestAdamCountsItsStepsBeyondFloat32(t *testing.T) {
	a := NewAdam(1, AdamConfig{})
	a.steps[0] = 1<<24 - 2
	for i := range 3 {
		require.Equal(t, float64(1<<24-1+i), a.count())
	}
	b := NewAdam(1, AdamConfig{})
	require.NoError(t, b.Restore(a.State()))
	require.Equal(t, float64(1<<24+2), b.count())
}

func TestAGroupLearnsAtItsOwnRate(t *testing.T) {
	groups := []Group{{Lo: 2, Hi: 4, Rate: 0.5}, {Lo: 4, Hi: 5}}
	for name, make := range both(6, groups) {
		x, g := []float32{1, 1, 1, 1, 1, 1}, []float32{1, 1, 1, 1, float32(math.NaN()), 1}
		make().Step(x, of(g), 0.1)
		full := 1 - x[0]
		require.NotZero(t, full, name)
		for i, share := range []float32{1, 1, 0.5, 0.5, 0, 1} {
			require.InDelta(t, share*full, 1-x[i], 1e-7, name)
		}
	}
}

func TestAGroupMayBeSparedTheDecay(t *testing.T) {
	groups := []Group{{Lo: 1, Hi: 2, Rate: 1, NoDecay: true}}
	for name, o := range map[string]Optimiser{
		"adam":  NewAdam(3, AdamConfig{Decay: 0.5, Groups: groups}),
		"adamw": NewAdam(3, AdamConfig{Decay: 0.5, Decoupled: true, Groups: groups}),
		"sgd":   NewSGD(3, SGDConfig{Decay: 0.5, Groups: groups}),
	} {
		x := []float32{1, 1, 1}
		o.Step(x, of(make([]float32, 3)), 0.1)
		require.Equal(t, float32(1), x[1], name)
		require.Equal(t, x[0], x[2], name)
		require.Less(t, x[0], float32(0.96), name)
	}
}

func TestGroupsAreChosenByName(t *testing.T) {
	l := nn.NewLayout()
	b := l.Builder(2)
	b.Param("a", nn.Zeros, 2, 3)
	b.In("last").Param("weight", nn.Zeros, 5)
	b.Param("c", nn.Zeros, 1)
	groups := Groups(l, func(p nn.Param) float64 {
		if p.Name == "last.weight" {
			return 0.1
		}
		return 1
	})
	require.Equal(t, []Group{{Lo: 6, Hi: 11, Rate: 0.1}}, groups)
}

func TestMisuseSaysWhatWasWrong(t *testing.T) {
	for text, f := range map[string]func(){
		"optim: adam: group [1, 3) of rate 1 after 2, of 6 parameters; groups ascend, do not overlap and have a rate of at least 0": func() {
			NewAdam(6, AdamConfig{Groups: []Group{{Lo: 0, Hi: 2, Rate: 1}, {Lo: 1, Hi: 3, Rate: 1}}})
		},
		"optim: sgd: group [1, 7) of rate 1 after 0, of 6 parameters; groups ascend, do not overlap and have a rate of at least 0": func() {
			NewSGD(6, SGDConfig{Groups: []Group{{Lo: 1, Hi: 7, Rate: 1}}})
		},
		"sgd of [6] and [5]: the optimiser is for 6 parameters and their gradient": func() {
			NewSGD(6, SGDConfig{}).Step(make([]float32, 6), of(make([]float32, 5)), 1)
		},
		"adam of [5] and [5]: the optimiser is for 6 parameters and their gradient": func() {
			NewAdam(6, AdamConfig{}).Step(make([]float32, 5), of(make([]float32, 5)), 1)
		},
		"optim: adam: betas 1 and 0.999, epsilon 1e-08, decay 0; betas lie between 0 and 1, the others are 0 or positive": func() {
			NewAdam(6, AdamConfig{Beta1: 1})
		},
		"optim: sgd: momentum -1, dampening 0, decay 0; the first two lie in 0 to 1, decay is 0 or positive": func() {
			NewSGD(6, SGDConfig{Momentum: -1})
		},
		"optim: sgd: Nesterov with momentum 0 and dampening 0; it takes momentum and no dampening": func() {
			NewSGD(6, SGDConfig{Nesterov: true})
		},
		"optim: a cosine schedule over 0 steps; 1 is the least":   func() { Cosine(1, 0, 0) },
		"optim: a step schedule over 0 steps; 1 is the least":     func() { Step(1, 0.5, 0) },
		"optim: a warm-up schedule over -1 steps; 1 is the least": func() { WarmUp(-1, Constant(1)) },
	} {
		require.PanicsWithError(t, text, f)
	}
}

func saved(o Optimiser) (state []State) {
	for _, s := range o.State() {
		state = append(state, State{s.Name, s.Tensor.Clone()})
	}
	return state
}

func TestARestoredOptimiserGoesOnBitEqual(t *testing.T) {
	for name, make := range both(3, nil) {
		x, g := []float32{1, -2, 3}, []float32{0.1, 0.7, -0.3}
		a, b := make(), make()
		a.Step(x, of(g), 0.1)
		y := append([]float32(nil), x...)
		state := saved(a)
		slices.Reverse(state)
		require.NoError(t, b.Restore(state))
		for range 3 {
			a.Step(x, of(g), 0.1)
			b.Step(y, of(g), 0.1)
		}
		require.Equal(t, x, y, name)
	}
}

func TestAStateThatDoesNotFitIsNamedAndChangesNothing(t *testing.T) {
	o := NewAdam(3, AdamConfig{})
	o.Step([]float32{1, 2, 3}, of([]float32{1, 2, 3}), 0.1)
	before, good := saved(o), saved(NewAdam(3, AdamConfig{}))
	for text, state := range map[string][]State{
		`restore adam: "steps" is missing in the state`:              nil,
		`restore adam: "v" is missing in the state`:                  good[:2],
		`restore adam: "v": expected [3], found [4] with 4 elements`: {good[0], good[1], {"v", tensor.New(4)}},
		`restore adam: "v": expected [3], found [3] with 0 elements`: {good[0], good[1], {"v", tensor.Tensor{Shape: tensor.NewShape(3)}}},
		`restore adam: "largest" is unknown`:                         append(saved(o), State{"largest", tensor.New(3)}),
		`restore adam: an entry of the state stands there twice`:     append(saved(o), good[2]),
	} {
		require.EqualError(t, o.Restore(state), text)
		require.Equal(t, before, saved(o))
	}
}

func TestStepsAndNormsHaveTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	const n = 5*grain + 3
	run := func() map[string][]float32 {
		all := map[string][]float32{}
		for name, o := range both(n, []Group{{Lo: 3, Hi: 2*grain + 1, Rate: 0.3}}) {
			rng := rand.New(rand.NewPCG(1, 2))
			x, g := make([]float32, n), make([]float32, n)
			for i := range x {
				x[i], g[i] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
			}
			require.InEpsilon(t, math.Sqrt(n), Clip(of(g), 1), 0.01)
			o().Step(x, of(g), 0.1)
			all[name] = x
		}
		return all
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	x := run()
	runtime.GOMAXPROCS(4)
	require.Equal(t, x, run())
}

func TestAStepAllocatesNothingOfItsLength(t *testing.T) {
	const n = 1 << 18
	x, g := make([]float32, n), make([]float32, n)
	for name, o := range both(n, nil) {
		o := o()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		o.Step(x, of(g), 0.1)
		Clip(of(g), 1)
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(n/4), name)
	}
}

func TestClipBoundsTheNorm(t *testing.T) {
	g := []float32{3, 4}
	require.Equal(t, 5.0, Clip(of(g), 0))
	require.Equal(t, []float32{3, 4}, g)
	require.Equal(t, 5.0, Clip(of(g), 10))
	require.Equal(t, []float32{3, 4}, g)
	require.Equal(t, 5.0, Clip(of(g), 1))
	require.InDeltaSlice(t, []float32{0.6, 0.8}, g, 1e-7)
	require.True(t, math.IsNaN(Clip(of([]float32{1, float32(math.NaN())}), 1)))
	inf := []float32{1, float32(math.Inf(1))}
	require.True(t, math.IsInf(Clip(of(inf), 1), 1))
	require.Equal(t, float32(1), inf[0], "no scale mends an infinite gradient")
}

func TestSchedules(t *testing.T) {
	cosine := Cosine(1, 0.1, 100)
	require.Equal(t, 1.0, cosine(0))
	require.InDelta(t, 0.55, cosine(50), 1e-12)
	require.InDelta(t, 0.1, cosine(100), 1e-12)
	require.InDelta(t, 0.1, cosine(1000), 1e-12)
	require.Equal(t, 0.25, Step(1, 0.5, 10)(29))
	warm := WarmUp(3, Constant(1))
	require.Equal(t, []float64{0.25, 0.5, 0.75, 1}, []float64{warm(0), warm(1), warm(2), warm(3)})
	warm = WarmUp(3, Step(1, 0.5, 10))
	require.Equal(t, []float64{1, 1, 0.5}, []float64{warm(3), warm(12), warm(13)}, "what it warms up for begins after it")
}

func BenchmarkAdam(b *testing.B) {
	const n = 10_700_000
	b.Run("10.7M", func(b *testing.B) {
		a := NewAdam(n, AdamConfig{})
		x, g := make([]float32, n), make([]float32, n)
		for i := range g {
			g[i] = float32(i%7) - 3
		}
		a.Step(x, of(g), 1e-3) // the first touches its memory
		for b.Loop() {
			a.Step(x, of(g), 1e-3)
		}
		// Four streams are read, three written.
		b.ReportMetric(7*4*n*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
	})
	for _, r := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("10.7M/outer=%d", r), func(b *testing.B) {
			const rows = 100
			a, x := NewAdam(n, AdamConfig{}), make([]float32, n)
			o := &autograd.Outer{Rows: rows, Columns: n / rows}
			for range r {
				left, right := make([]float32, rows), make([]float32, n/rows)
				for i := range right {
					right[i] = float32(i%7) - 3
					left[i%rows] = right[i]
				}
				o.Left, o.Right = append(o.Left, left), append(o.Right, right)
			}
			a.Step(x, autograd.Gradient{Outer: o}, 1e-3)
			for b.Loop() {
				a.Step(x, autograd.Gradient{Outer: o}, 1e-3)
			}
			// Three streams are read and written.
			b.ReportMetric(6*4*n*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
		})
	}
}

func Example() {
	x := []float32{1}
	o := NewAdam(1, AdamConfig{})
	schedule := WarmUp(5, Cosine(0.1, 0.01, 100))
	for step := range 200 {
		gradient := []float32{2 * x[0]} // of x²
		Clip(of(gradient), 1)
		o.Step(x, of(gradient), schedule(step))
	}
	fmt.Println(math.Abs(float64(x[0])) < 0.01)
	// Output:
	// true
}

func of(g []float32) autograd.Gradient { return autograd.Gradient{Dense: g} }
