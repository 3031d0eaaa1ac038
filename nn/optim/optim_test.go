package optim

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/golden"
	"github.com/sshn-go/sshn/tensor"
)

// trajectory takes the five steps of a case and compares each. The moments are
// float32 here and float64 there: a few roundings of 6e-8 a step, relative to
// parameters of about 1.
func trajectory(t *testing.T, c golden.Case, o Optimizer) {
	x := c.Input("p0").Data
	for step := 1; step <= 5; step++ {
		g := c.Input(fmt.Sprintf("g%d", step)).Data
		if c.Attrs.Bool("maximize") {
			for i := range g {
				g[i] = -g[i]
			}
		}
		o.Step(x, g, c.Attrs.Float("lr"))
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

func both(n int, groups []Group) map[string]func() Optimizer {
	return map[string]func() Optimizer{
		"Adam": func() Optimizer { return NewAdam(n, AdamConfig{Largest: true, Groups: groups}) },
		"SGD":  func() Optimizer { return NewSGD(n, SGDConfig{Momentum: 0.9, Nesterov: true, Groups: groups}) },
	}
}

func TestAGroupLearnsAtItsOwnRate(t *testing.T) {
	groups := []Group{{2, 4, 0.5}, {4, 5, 0}}
	for name, make := range both(6, groups) {
		x, g := []float32{1, 1, 1, 1, 1, 1}, []float32{1, 1, 1, 1, 1, 1}
		make().Step(x, g, 0.1)
		full := 1 - x[0]
		require.NotZero(t, full, name)
		for i, share := range []float32{1, 1, 0.5, 0.5, 0, 1} {
			require.InDelta(t, share*full, 1-x[i], 1e-7, name)
		}
	}
	require.PanicsWithError(t, "optim: group [1, 3) of rate 1 after 2, of 6 parameters; groups ascend and do not overlap",
		func() { NewAdam(6, AdamConfig{Groups: []Group{{0, 2, 1}, {1, 3, 1}}}) })
	require.PanicsWithError(t, "optim: a step on 6 parameters with a gradient of 5; the optimiser is for 6",
		func() { NewSGD(6, SGDConfig{}).Step(make([]float32, 6), make([]float32, 5), 1) })
}

func TestARestoredOptimiserGoesOnBitEqual(t *testing.T) {
	for name, make := range both(3, nil) {
		x, g := []float32{1, -2, 3}, []float32{0.1, 0.7, -0.3}
		a := make()
		a.Step(x, g, 0.1)
		var saved []State
		for _, s := range a.State() {
			saved = append(saved, State{s.Name, s.Tensor.Clone()})
		}
		y := append([]float32(nil), x...)
		b := make()
		require.NoError(t, b.Restore(saved))
		for range 3 {
			a.Step(x, g, 0.1)
			b.Step(y, g, 0.1)
		}
		require.Equal(t, x, y, name)
		saved[len(saved)-1].Tensor = tensor.New(4)
		require.ErrorContains(t, b.Restore(saved), "optimiser: state "+saved[len(saved)-1].Name+" [4], it has ", name)
		require.ErrorContains(t, b.Restore(nil), "optimiser: 0 entries of state")
	}
}

func TestClipBoundsTheNorm(t *testing.T) {
	g := []float32{3, 4}
	require.Equal(t, 5.0, Clip(g, 0))
	require.Equal(t, []float32{3, 4}, g)
	require.Equal(t, 5.0, Clip(g, 10))
	require.Equal(t, []float32{3, 4}, g)
	require.Equal(t, 5.0, Clip(g, 1))
	require.InDeltaSlice(t, []float32{0.6, 0.8}, g, 1e-7)
	require.True(t, math.IsNaN(Clip([]float32{1, float32(math.NaN())}, 1)))
	inf := []float32{1, float32(math.Inf(1))}
	require.True(t, math.IsInf(Clip(inf, 1), 1))
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
}

func BenchmarkAdam(b *testing.B) {
	const n = 10_700_000
	b.Run("10.7M", func(b *testing.B) {
		a := NewAdam(n, AdamConfig{})
		x, g := make([]float32, n), make([]float32, n)
		for i := range g {
			g[i] = float32(i%7) - 3
		}
		for b.Loop() {
			a.Step(x, g, 1e-3)
		}
		// Four streams are read, three written.
		b.ReportMetric(7*4*n*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
	})
}

func Example() {
	x := []float32{1}
	o := NewAdam(1, AdamConfig{})
	schedule := WarmUp(5, Cosine(0.1, 0.01, 100))
	for step := range 200 {
		gradient := []float32{2 * x[0]} // of x²
		Clip(gradient, 1)
		o.Step(x, gradient, schedule(step))
	}
	fmt.Println(math.Abs(float64(x[0])) < 0.01)
	// Output:
	// true
}
