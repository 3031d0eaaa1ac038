package optim

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
)

// product returns the gradient of 5 elements, of a matrix of 3 x 20,000 and of 7
// more, as two outer products, and the same element by element.
func product() (autograd.Gradient, []float32) {
	rng := rand.New(rand.NewPCG(1, 2))
	fill := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = rng.Float32() - 0.5
		}
		return x
	}
	o := &autograd.Outer{Offset: 5, Rows: 3, Columns: 20_000,
		Left: [][]float32{fill(3), fill(3)}, Right: [][]float32{fill(20_000), fill(20_000)}}
	g := autograd.Gradient{Dense: fill(12), Outer: o}
	all := append([]float32(nil), g.Dense[:5]...)
	for i := range 3 {
		for j := range 20_000 {
			all = append(all, float32(math.FMA(float64(o.Left[1][i]), float64(o.Right[1][j]), float64(o.Left[0][i]*o.Right[0][j]))))
		}
	}
	return g, append(all, g.Dense[5:]...)
}

func TestOuterProductsStepAsTheirMatrixDoes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	g, all := product()
	n := len(all)
	require.Equal(t, n, g.Len())
	// Groups that end inside the matrix, in the middle of rows.
	groups := []Group{{Lo: 2, Hi: 9, Rate: 2}, {Lo: 15_000, Hi: 43_210, Rate: 0.5, NoDecay: true}, {Lo: n - 3, Hi: n, Rate: 0}}
	for name, o := range map[string]func() Optimiser{
		"adam":    func() Optimiser { return NewAdam(n, AdamConfig{Decay: 0.1, Groups: groups}) },
		"amsgrad": func() Optimiser { return NewAdam(n, AdamConfig{Largest: true, Groups: groups}) },
		"sgd":     func() Optimiser { return NewSGD(n, SGDConfig{Decay: 0.1, Groups: groups}) },
		"nesterov": func() Optimiser {
			return NewSGD(n, SGDConfig{Momentum: 0.9, Nesterov: true, Groups: groups})
		},
	} {
		x, y := make([]float32, n), make([]float32, n)
		a, b := o(), o()
		for range 3 {
			a.Step(x, g, 0.1)
			b.Step(y, of(all), 0.1)
		}
		// Adam divides a gradient by its own size, so an ulp of a small one counts.
		require.InDeltaSlice(t, y, x, 1e-4, name)
		require.NotEqual(t, make([]float32, 4), x[n-7:n-3], name)
		require.Equal(t, make([]float32, 3), x[n-3:], name)
	}
}

func TestASingleOuterProductStepsAsItsMatrixDoes(t *testing.T) {
	g, all := product()
	o := g.Outer
	o.Left, o.Right = o.Left[:1], o.Right[:1]
	o.Left[0][1] = 0 // a row without a gradient
	for i := range 3 {
		for j := range 20_000 {
			all[5+i*20_000+j] = o.Left[0][i] * o.Right[0][j]
		}
	}
	n := len(all)
	for _, make32 := range []func() Optimiser{
		func() Optimiser { return NewAdam(n, AdamConfig{Decay: 0.1}) },
		func() Optimiser { return NewSGD(n, SGDConfig{Momentum: 0.9}) },
	} {
		x, y := make([]float32, n), make([]float32, n)
		a, b := make32(), make32()
		for range 3 {
			a.Step(x, g, 0.1)
			b.Step(y, of(all), 0.1)
		}
		require.Equal(t, y, x)
	}
}

func TestOuterProductsAreClippedAsTheirMatrixIs(t *testing.T) {
	g, all := product()
	norm := Norm(of(all))
	require.InEpsilon(t, norm, Norm(g), 1e-6, "float32 products against float64 sums of products")
	require.InEpsilon(t, norm, Clip(g, 1), 1e-6)
	require.InEpsilon(t, 1, Norm(g), 1e-6)
	g.Outer.Right[1][3] = float32(math.NaN())
	require.True(t, math.IsNaN(Clip(g, 1)))
	g.Outer.Right[1][3] = float32(math.Inf(1))
	norm = Norm(g)
	require.True(t, math.IsNaN(norm) || math.IsInf(norm, 1))
	g, _ = product()
	g.Outer.Left[1][2], g.Outer.Right[1][3] = 1e25, 1e25
	require.True(t, math.IsInf(Norm(g), 1), "both are finite, their product is not")
}
