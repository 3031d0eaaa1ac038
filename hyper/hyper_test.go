package hyper

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
)

// primary is the layout of a small network: a weight, a bias and a gain.
func primary() *nn.Layout {
	l := nn.NewLayout()
	b := l.Builder(2)
	b.Param("encoder.weight", nn.KaimingNormal(0, nn.FanIn), 3, 3, 4, 8)
	b.Param("encoder.bias", nn.Zeros, 8)
	b.Param("decoder.weight", nn.XavierNormal, 8, 2)
	return l
}

func TestTheThetaOfANetStartsAroundThatOfTheNetwork(t *testing.T) {
	layout := primary()
	net := NewNet(layout, 1, Config{Encoding: nn.Encoding{Max: 0.5}}, 3)
	start := layout.Init(3)
	for _, phi := range []float64{0.05, 0.5} {
		theta := Freeze(net, layout, []float64{phi})
		for p := range layout.Params() {
			var apart, size float64
			for i, x := range theta.Tensor(p).Data {
				d := float64(x - start.Tensor(p).Data[i])
				apart, size = apart+d*d, size+float64(x)*float64(x)
			}
			if p.Name == "encoder.bias" {
				require.Zero(t, apart, "a bias starts at zero at every phi")
				continue
			}
			require.NotZero(t, apart, p.Name)
			require.Less(t, math.Sqrt(apart/size), 0.5, p.Name)
		}
	}
	require.NotEqual(t, Freeze(net, layout, []float64{0.1}).Data, Freeze(net, layout, []float64{0.4}).Data)
}

func TestOmegaOfThePaperHas10_7MillionParameters(t *testing.T) {
	l := nn.NewLayout()
	l.Builder(2).Param("all", nn.Zeros, 109_400)
	// 2 -> 16 -> 64 -> 96 -> 109,400, each with a bias.
	require.Equal(t, 3*16+17*64+65*96+97*109_400, Size(l, 1, Config{}))
	require.InEpsilon(t, 10.7e6, float64(Size(l, 1, Config{})), 0.01)
}

func TestOnlyWhatVariesHasColumns(t *testing.T) {
	layout := primary()
	cfg := Config{Hidden: []int{4}, Varies: []string{"decoder.*"}}
	net := NewNet(layout, 2, cfg, 1)
	a := Freeze(net, layout, []float64{0.1, 0.9})
	b := Freeze(net, layout, []float64{0.7, 0.2})
	for p := range layout.Params() {
		if p.Name == "decoder.weight" {
			require.NotEqual(t, a.Tensor(p).Data, b.Tensor(p).Data)
		} else {
			require.Equal(t, layout.Init(1).Tensor(p).Data, a.Tensor(p).Data)
			require.Equal(t, a.Tensor(p).Data, b.Tensor(p).Data)
		}
	}
	head, _ := net.Params().Layout.Lookup("head")
	require.Equal(t, 16, head.Shape.Dim(1))
	require.PanicsWithError(t, "hyper: a net for conditions of -1 numbers", func() { NewNet(layout, -1, Config{}, 1) })
	require.PanicsWithError(t, "hyper: a condition of 1 numbers, where the net takes 2", func() { Freeze(net, layout, []float64{1}) })
}

// The derivative of r · theta along a random direction of omega, by the tape
// and by central differences: the error must shrink fourfold as the step
// halves, for it is of second order, until rounding.
func TestGradientsReachOmegaThroughTheta(t *testing.T) {
	for name, cfg := range map[string]Config{
		"all vary":  {Hidden: []int{5, 7}, Slope: 1}, // slope 1: no kinks
		"some vary": {Hidden: []int{5, 7}, Slope: 1, Varies: []string{"encoder.*"}},
	} {
		layout := primary()
		net := NewNet(layout, 1, cfg, 2)
		omega := net.Params().Data
		rng := nn.Stream(5, name)
		r, direction := make([]float32, layout.Len()), make([]float64, len(omega))
		for i := range r {
			r[i] = float32(rng.NormFloat64())
		}
		for i := range direction {
			direction[i] = rng.NormFloat64()
		}
		start := append([]float32(nil), omega...)
		value := func(step float64) float64 {
			for i := range omega {
				omega[i] = start[i] + float32(step*direction[i])
			}
			var sum float64
			for i, x := range Freeze(net, layout, []float64{0.3}).Data {
				sum += float64(x) * float64(r[i])
			}
			copy(omega, start)
			return sum
		}
		tape := autograd.NewTape()
		theta := net.Theta(tape, []float64{0.3})
		weights := nn.Params{Layout: layout, Data: r}
		loss := autograd.Sum(autograd.Mul(theta, weights.Const(tape)))
		tape.Backward(loss)
		var want float64
		for i, g := range net.Params().Leaf(tape).Grad().Data {
			want += float64(g) * direction[i]
		}
		var errors []float64
		for _, h := range []float64{0.4, 0.2, 0.1} {
			errors = append(errors, math.Abs((value(h)-value(-h))/(2*h)-want)/math.Abs(want))
		}
		require.Less(t, errors[1], errors[0]/3, name)
		require.Less(t, errors[2], errors[1]/3, name)
	}
}

func TestWarmStartIsTheTrainedNetworkAtEveryPhi(t *testing.T) {
	layout := primary()
	trained := layout.Init(9)
	net := NewNet(layout, 1, Config{Spread: 1e-9}, 1)
	require.NoError(t, net.WarmStart(trained))
	for i, x := range Freeze(net, layout, []float64{0.4}).Data {
		require.InDelta(t, trained.Data[i], x, 1e-7) // Spread lets it vary by 1e-9 of its size
	}
	other := nn.NewLayout()
	other.Builder(2).Param("encoder.weight", nn.Zeros, 3, 3, 4, 9)
	require.EqualError(t, net.WarmStart(other.Init(1)),
		"hyper: warm start: parameter encoder.weight [3 3 4 9] is not of the network that the hypernetwork predicts")
	part := nn.NewLayout()
	part.Builder(2).Param("encoder.bias", nn.Zeros, 8)
	require.EqualError(t, net.WarmStart(part.Init(1)), "hyper: warm start: 8 parameters, where the hypernetwork predicts 312")
}

func TestStrataCoverThePriorEvenly(t *testing.T) {
	rng := nn.Stream(1, "strata")
	for range 1000 {
		for i := range 4 {
			c := Uniform(0.1, 0.5).Of(2).Stratum(rng, i, 4)
			require.Greater(t, c[0], 0.1+0.1*float64(i))
			require.LessOrEqual(t, c[0], 0.1+0.1*float64(i+1)+1e-12)
			require.True(t, c[1] > 0.1 && c[1] <= 0.5, c[1])
		}
	}
	a, b := nn.Stream(2, ""), nn.Stream(2, "")
	require.Equal(t, Uniform(0, 1).Sample(a), Uniform(0, 1).Stratum(b, 0, 1))
	require.PanicsWithError(t, "hyper: part 2 of the 2 of a prior", func() { Uniform(0, 1).Stratum(rng, 2, 2) })
}

func TestTheMiddleOfAPriorIsDrawnAsItsMiddleQuantiles(t *testing.T) {
	for _, p := range []Prior{Uniform(0, 0.5).Beyond(0.1), Uniform(0.1, 0.4).Of(3), AreaUniform(0, 0.5, 2).Beyond(0.1), Point(0.3)} {
		for _, share := range []float64{0.01, 0.3, 1} {
			m := p.Middle(share)
			require.NoError(t, m.Check())
			require.Equal(t, p.N, m.N)
			for _, u := range []float64{0, 0.25, 0.5, 1} {
				require.InDelta(t, p.quantile(0.5+share*(u-0.5)), m.quantile(u), 1e-12, "%+v, the middle %v", p, share)
			}
		}
	}
	require.PanicsWithError(t, "hyper: the middle 0 of a prior; a share in (0, 1] is possible", func() { Point(0.3).Middle(0) })
}

func TestPriorsDrawFromTheirRange(t *testing.T) {
	rng := nn.Stream(1, "prior")
	var below int
	const n = 20_000
	for range n {
		require.Equal(t, []float64{0.3}, Point(0.3).Sample(rng))
		c := Uniform(0.1, 0.5).Of(3).Sample(rng)
		require.Len(t, c, 3)
		for _, phi := range c {
			require.True(t, phi > 0.1 && phi <= 0.5, phi)
		}
		require.LessOrEqual(t, Uniform(0.4, 0.5).Beyond(0.1).Sample(rng)[0], 0.55+1e-12)
		// Half of the draws have less than half of the greatest area.
		if phi := AreaUniform(0, 0.5, 2).Sample(rng)[0]; phi*phi < 0.125 {
			below++
		}
	}
	require.Equal(t, 0.55, Uniform(0, 0.5).Beyond(0.1).quantile(1))
	require.Equal(t, []float64{0.3}, Point(0.3).Beyond(0.1).Sample(rng))
	require.EqualError(t, Uniform(0, 0.5).Beyond(-1).Check(), "hyper: a prior with a margin of -1; a share of at most 1 is possible")
	require.InDelta(t, 0.5, float64(below)/n, 5*0.5/math.Sqrt(n), "five deviations of a binomial share")
	require.EqualError(t, Prior{}.Check(), `hyper: prior "" is unknown; there are "point", "uniform" and "area-uniform"`)
	require.EqualError(t, Uniform(0.5, 0.1).Check(), "hyper: a prior over (0.5, 0.1] is not one over positive factors")
	require.EqualError(t, Prior{Kind: PointKind, Lo: 0.1, Hi: 0.5}.Check(), "hyper: a prior of one point from 0.1 to 0.5")
	require.EqualError(t, Point(0).Check(), "hyper: a prior over (0, 0] is not one over positive factors")
	require.EqualError(t, Uniform(0, math.NaN()).Check(), "hyper: a prior over (0, NaN] is not one over positive factors")
	require.EqualError(t, Uniform(0, 0.5).Of(1<<30).Check(), "hyper: a prior over conditions of 1073741824 numbers; up to 4096 are possible")
	require.EqualError(t, AreaUniform(0, 1e200, 3).Check(), "hyper: a prior that draws from +Inf to +Inf; factors are positive and finite")
	require.EqualError(t, AreaUniform(1e-200, 1e-150, 3).Check(), "hyper: a prior that draws from 0 to 0; factors are positive and finite")
	require.Error(t, Uniform(0, math.MaxFloat64).Beyond(1).Check())
	require.EqualError(t, Config{Spread: math.Inf(1)}.Check(), "hyper: spread +Inf, slope 0; neither may be negative or without an end")
	require.EqualError(t, AreaUniform(0, 1, 0).Check(), "hyper: an area-uniform prior over 0 spatial axes; 1, 2 or 3 are possible")
}
