package nn

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// layerPass returns a pass in which every parameter is what set says, or starts
// as it does where set says nothing.
func layerPass(l *Layout, set map[string]float32) *Pass {
	params := l.Init(1)
	for name, x := range set {
		p, _ := l.Lookup(name)
		for i := range params.Tensor(p).Data {
			params.Tensor(p).Data[i] = x
		}
	}
	return &Pass{Theta: params.Leaf(autograd.NewTape())}
}

func TestAConvStartsByTheFanInOfItsInput(t *testing.T) {
	l := NewLayout()
	NewConv(l.Builder(2), 8, 128, 3)
	w, _ := l.Lookup("weight")
	square := 0.0
	for _, x := range l.Init(1).Tensor(w).Data {
		square += float64(x) * float64(x)
	}
	n := float64(w.Shape.Len())
	// Known to 1/√(2n) = 0.7 %: five of those.
	require.InEpsilon(t, math.Sqrt(2/((1+1e-4)*9*8)), math.Sqrt(square/n), 0.037)
}

func TestNormsDivideByTheRootOfVarianceAndEpsilon(t *testing.T) {
	const d = 1e-3 // a variance of 1e-6, beside 1e-5
	for name, norm := range map[string]func(b Builder) *Norm{
		"instance": func(b Builder) *Norm { return NewInstanceNorm(b, 2) },
		"group":    func(b Builder) *Norm { return NewGroupNorm(b, 2, 1) },
	} {
		l := NewLayout()
		layer := norm(l.Builder(1))
		p := layerPass(l, map[string]float32{"gain": 2, "bias": 3})
		y := layer.Forward(p, p.Tape().Const(tensor.From([]float32{-d, -d, d, d}, 1, 2, 2))).Tensor()
		want := float32(2 * d / math.Sqrt(d*d+1e-5))
		require.InDeltaSlice(t, []float32{3 - want, 3 - want, 3 + want, 3 + want}, y.Data, 1e-6, name)
	}
}

func TestModulateScalesAndShiftsByTheCondition(t *testing.T) {
	l := NewLayout()
	film := NewFiLM(l.Builder(1).In("film"), 1, Encoding{}, 4)
	m := film.Modulate(l.Builder(1), 2)
	x := tensor.From([]float32{1, 2, 3, 4}, 1, 2, 2)
	at := func(condition float64, set map[string]float32) []float32 {
		p := layerPass(l, set)
		p.Condition = []float64{condition}
		return m.Forward(p, p.Tape().Const(x), film.Forward(p)).Tensor().Data
	}
	require.Equal(t, x.Data, at(0.3, nil), "it starts as the identity")
	require.Equal(t, []float32{5, 7, 9, 11}, at(0.3, map[string]float32{"gain.bias": 2, "offset.bias": 3}))
	for _, name := range []string{"gain.weight", "offset.weight"} {
		set := map[string]float32{name: 1}
		require.NotEqual(t, at(0.1, set), at(0.9, set), name)
	}
}

func TestDropoutIsForTraining(t *testing.T) {
	x := tensor.New(1000)
	Ones(nil, x)
	run := func(train bool, rate float64) (zeros int) {
		tape := autograd.NewTape()
		p := &Pass{Train: train, Rand: Stream(1, "dropout")}
		for _, v := range Dropout(p, tape.Const(x), rate).Tensor().Data {
			if v == 0 {
				zeros++
			}
		}
		return zeros
	}
	require.Zero(t, run(false, 0.5))
	require.Zero(t, run(true, 0))
	require.InDelta(t, 500, run(true, 0.5), 5*math.Sqrt(250), "five deviations of a binomial count")
}

func TestLayersThatCannotRunAreRefusedAtOnce(t *testing.T) {
	b := NewLayout().Builder(2)
	require.PanicsWithError(t, "nn: a convolution that keeps extents takes an odd kernel, not 4", func() { NewConv(b, 1, 1, 4) })
	require.PanicsWithError(t, "nn: a convolution of 5 to 3 channels in 2 groups with a kernel of 3",
		func() { NewConvWith(b, 5, 3, 3, autograd.ConvConfig{Groups: 2}) })
	tape := autograd.NewTape()
	require.PanicsWithError(t, "dropout of [2]: the training pass has no Rand",
		func() { Dropout(&Pass{Train: true}, tape.Const(tensor.New(2)), 0.5) })
	for _, groups := range []int{-1, 0, 3} {
		layout := NewLayout()
		norm := NewGroupNorm(layout.Builder(1), 4, groups)
		pass := &Pass{Theta: layout.Init(1).Const(tape)}
		require.PanicsWithError(t, fmt.Sprintf("groupnorm of [1 2 4] and [4] and [4]: %d groups do not divide 4 channels", groups),
			func() { norm.Forward(pass, tape.Const(tensor.New(1, 2, 4))) })
	}
	short := NewLayout()
	NewConv(short.Builder(1), 1, 1, 1)
	require.PanicsWithError(t, "from of [2]: 1 elements for a shape of 2", func() { (&Params{Layout: short, Data: make([]float32, 1)}).Leaf(tape) })
}
