package loss

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// run records f on logits and labels and returns the loss and its gradient.
func run(f func(logits, labels autograd.Value, c Config) autograd.Value, logits, labels tensor.Tensor, c Config) (float32, []float32) {
	tape := autograd.NewTape()
	x := tape.Leaf(logits)
	y := f(x, tape.Const(labels), c)
	tape.Backward(y)
	return y.Item(), x.Grad().Data
}

func sample(dims ...int) (logits, labels tensor.Tensor) {
	rng := rand.New(rand.NewPCG(1, 2))
	logits = tensor.New(dims...)
	for i := range logits.Data {
		logits.Data[i] = float32(rng.NormFloat64())
	}
	labels = tensor.New(dims[:len(dims)-1]...)
	for i := range labels.Data {
		labels.Data[i] = float32(rng.IntN(dims[len(dims)-1]))
	}
	return logits, labels
}

func TestManyChunksGiveTheFormulaAndTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	logits, labels := sample(perSampleN, 150, 130, 5)
	x, y := make([]float64, len(logits.Data)), make([]float64, len(labels.Data))
	for i, v := range logits.Data {
		x[i] = float64(v)
	}
	for i, v := range labels.Data {
		y[i] = float64(v)
	}
	for _, c := range []Config{{}, {PerSample: true, Ignore: []int{2}, Smoothing: 0.1}} {
		o := labelled{kind: "dicece", dice: 1, ce: 1, Config: c}
		require.Greater(t, o.grid(logits.Shape).chunks(), perSampleN)
		old := runtime.GOMAXPROCS(1)
		loss, g := run(DiceCE, logits, labels, c)
		for _, procs := range []int{2, 5} {
			runtime.GOMAXPROCS(procs)
			again, gAgain := run(DiceCE, logits, labels, c)
			require.Equal(t, loss, again)
			require.Equal(t, g, gAgain)
		}
		runtime.GOMAXPROCS(old)
		require.InEpsilon(t, o.naive(x, y, 5), loss, 1e-7, "the sums are float64's; rounding the loss to float32 is left")
	}
}

func TestElementSumsHaveTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	x, _ := sample(5*elementGrain+7, 1)
	losses := func() (all []float32) {
		tape := autograd.NewTape()
		v, zero := tape.Leaf(x), tape.Const(tensor.Zeros(x.Shape))
		all = append(all, MSE(v, zero, Mean).Item(), SmoothL1(v, zero, 0.5, Mean).Item())
		y := BCEWithLogits(v, zero, autograd.Value{}, nil, Mean)
		tape.Backward(y)
		return append(append(all, y.Item()), v.Grad().Data...)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := losses()
	runtime.GOMAXPROCS(4)
	require.Equal(t, one, losses())
}

// Values may be two views of one, as of neighbouring moments, whose gradients
// meet in the same place.
func TestGradientsOfViewsThatOverlapAddUp(t *testing.T) {
	const shift, n = elementGrain, 5 * elementGrain
	x, _ := sample(n, 1)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for name, loss := range map[string]func(x, y autograd.Value) autograd.Value{
		"mse":      func(x, y autograd.Value) autograd.Value { return MSE(x, y, Sum) },
		"smoothl1": func(x, y autograd.Value) autograd.Value { return SmoothL1(x, y, 0.5, Sum) },
		"bce":      func(x, y autograd.Value) autograd.Value { return BCEWithLogits(x, y, autograd.Value{}, nil, Sum) },
		"concat": func(x, y autograd.Value) autograd.Value {
			z := autograd.Concat(-1, autograd.Reshape(x, (n-shift)/16, 16), autograd.Reshape(y, (n-shift)/16, 16))
			return MSE(z, x.Tape().Const(tensor.Zeros(z.Shape())), Sum)
		},
	} {
		tape := autograd.NewTape()
		v, a, b := tape.Leaf(x.Reshape(n)), tape.Leaf(tensor.From(x.Data[shift:], n-shift)), tape.Leaf(tensor.From(x.Data[:n-shift], n-shift))
		tape.Backward(loss(v.View(shift, tensor.NewShape(n-shift)), v.View(0, tensor.NewShape(n-shift))))
		tape.Backward(loss(a, b))
		want := make([]float32, n)
		copy(want[shift:], a.Grad().Data)
		for i, g := range b.Grad().Data {
			want[i] += g
		}
		require.Equal(t, want, v.Grad().Data, name)
	}
}

func TestALossKeepsNothingOfItsCallers(t *testing.T) {
	tape := autograd.NewTape()
	x, labels := tape.Leaf(tensor.From([]float32{1, 2}, 1, 2)), tape.Const(tensor.New(1))
	weights, ignore, factors := []float64{2, 1}, []int{-1}, []float64{2, 1}
	surprise := CrossEntropy(x, labels, Config{Weights: weights, Ignore: ignore, Reduction: Sum})
	binary := BCEWithLogits(x, tape.Const(tensor.From([]float32{1, 1}, 1, 2)), autograd.Value{}, factors, Sum)
	weights[0], ignore[0], factors[0] = 1000, 0, 1000
	require.InDelta(t, 2*math.Log(1+math.E), surprise.Item(), 1e-6)
	require.InDelta(t, 2*math.Log1p(math.Exp(-1))+math.Log1p(math.Exp(-2)), binary.Item(), 1e-6)
}

func TestWhereNothingCountsTheLossIsZero(t *testing.T) {
	logits, labels := sample(2, 3, 4)
	for i := range labels.Data {
		labels.Data[i] = 255
	}
	logits.Data[0] = float32(math.NaN())
	empty, none := tensor.New(0, 3, 4), tensor.New(0, 3)
	for _, f := range []func(x, y autograd.Value, c Config) autograd.Value{CrossEntropy, Dice, DiceOfProbabilities, DiceCE} {
		for _, c := range []Config{{Ignore: []int{255}}, {Ignore: []int{255}, PerSample: true, Smoothing: 0.1}} {
			y, g := run(f, logits, labels, c)
			require.Zero(t, y)
			require.Equal(t, make([]float32, len(g)), g)
			y, _ = run(f, empty, none, c)
			require.Zero(t, y)
		}
	}
	y, g := run(CrossEntropy, tensor.New(1, 2), tensor.New(1), Config{Weights: []float64{0, 1}})
	require.Zero(t, y, "the only label weighs nothing")
	require.Equal(t, []float32{0, 0}, g)
	tape := autograd.NewTape()
	v := tape.Const(empty)
	require.Zero(t, MSE(v, v, Mean).Item())
	require.Zero(t, SmoothL1(v, v, 1, Mean).Item())
	require.Zero(t, BCEWithLogits(v, v, autograd.Value{}, nil, Mean).Item())
}

func TestANaNThatCountsReachesTheLoss(t *testing.T) {
	logits, labels := sample(2, 3, 4)
	logits.Data[5] = float32(math.NaN())
	for _, f := range []func(x, y autograd.Value, c Config) autograd.Value{CrossEntropy, Dice, DiceCE} {
		y, _ := run(f, logits, labels, Config{})
		require.True(t, math.IsNaN(float64(y)))
	}
}

func TestConfidentLogitsGiveNoNaN(t *testing.T) {
	logits := tensor.From([]float32{3e38, -3e38, 0, 90, -90, 1e6}, 2, 3)
	for _, label := range []float32{0, 1} {
		y, g := run(DiceCE, logits, tensor.From([]float32{label, 2}, 2), Config{})
		require.False(t, math.IsNaN(float64(y)))
		for _, v := range g {
			require.False(t, math.IsNaN(float64(v)))
		}
	}
}

func TestTheGradientOfTheLabelIsExactWhereTheNetworkIsSure(t *testing.T) {
	// p = 1 - 1e-8 is 1 in float32, but its gradient p - 1 is not 0.
	d := float32(math.Log(1e8))
	_, g := run(CrossEntropy, tensor.From([]float32{d, 0}, 1, 2), tensor.From([]float32{0}, 1), Config{})
	require.InEpsilon(t, -1e-8, g[0], 1e-6)
	require.InEpsilon(t, 1e-8, g[1], 1e-6)
}

func TestALabelThatIsNoClassPanics(t *testing.T) {
	logits, labels := sample(2, 40, 300, 4)
	labels.Set(7, 1, 20, 3)
	labels.Set(-2, 1, 30, 3)
	require.PanicsWithError(t, "dicece: label 7 at [1 20 3] of [2 40 300]: expected a class, 0 to 3",
		func() { run(DiceCE, logits, labels, Config{}) })
	require.PanicsWithError(t, "crossentropy: label -2 at [1 30 3] of [2 40 300]: expected a class, 0 to 3, or one of the ignored [7 255]",
		func() { run(CrossEntropy, logits, labels, Config{Ignore: []int{7, 255}}) })
	for _, bad := range []float64{0.5, math.NaN(), math.Inf(1), 1e20} {
		labels.Set(float32(bad), 0, 0, 0)
		err := autograd.Try(func() { run(Dice, logits, labels, Config{}) })
		var label *LabelError
		require.ErrorAs(t, err, &label, bad)
		require.Equal(t, []int{0, 0, 0}, label.Index)
	}
}

func TestMisuseSaysWhatWasWrong(t *testing.T) {
	tape := autograd.NewTape()
	x, labels := tape.Leaf(tensor.New(2, 3, 4)), tape.Const(tensor.New(2, 3))
	one, flat := tape.Const(tensor.New(2, 3, 1)), tape.Const(tensor.New(2))
	for text, f := range map[string]func(){
		"dice of [2 3 4] and [2]: labels take the prediction's shape without its channels": func() { Dice(x, flat, Config{}) },
		"dice of [2] and [2]: the prediction takes [N, spatial..., K]":                     func() { Dice(flat, flat, Config{}) },
		"dicece of [2 3 1] and [2 3]: there is no class beside the background":             func() { DiceCE(one, labels, Config{}) },
		"crossentropy of [2 3 4] and [3]: one weight is wanted for each class":             func() { CrossEntropy(x, labels, Config{Weights: []float64{1, 2, 3}}) },
		"dice of [2 3 4] and [2]: one weight is wanted for each class":                     func() { Dice(x, labels, Config{Weights: []float64{1, 2}}) },
		"crossentropy of [2 3 4]: a class weight must be 0 or positive":                    func() { CrossEntropy(x, labels, Config{Weights: []float64{1, 2, 3, math.NaN()}}) },
		"crossentropy of [2 3 4]: the smoothing must lie in 0 to 1":                        func() { CrossEntropy(x, labels, Config{Smoothing: 1.5}) },
		"dice of [2 3 4]: epsilon must be positive, or 0 for its default":                  func() { Dice(x, labels, Config{Epsilon: -1}) },
		"dicece of [2 3 4]: the weight of a term must be positive, or 0 for 1":             func() { DiceCE(x, labels, Config{CEWeight: math.Inf(1)}) },
		"mse of [2 3 4] and [2 3]: the shapes must be equal":                               func() { MSE(x, labels, Mean) },
		"smoothl1 of [2 3 4]: beta must be 0 or positive":                                  func() { SmoothL1(x, x, -1, Mean) },
		"bcewithlogits of [2 3 4] and [2 3 4] and [2 3]: the shapes must be equal":         func() { BCEWithLogits(x, x, labels, nil, Mean) },
		"bcewithlogits of [2 3 4] and [3]: one positive factor is wanted for each channel": func() { BCEWithLogits(x, x, x, []float64{1, 2, 3}, Mean) },
		"crossentropy of [2 3]: labels have no gradient: record them as a constant":        func() { tape.Backward(CrossEntropy(x, tape.Leaf(tensor.New(2, 3)), Config{})) },
	} {
		require.PanicsWithError(t, text, f)
	}
}
