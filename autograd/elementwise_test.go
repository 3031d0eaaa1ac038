package autograd_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

func constant(dims ...int) autograd.Value { return autograd.NewTape().Const(tensor.New(dims...)) }

func TestOperationsSayWhatDoesNotFit(t *testing.T) {
	x := constant(2, 3, 5)
	like := func(dims ...int) autograd.Value { return x.Tape().Const(tensor.New(dims...)) }
	for text, f := range map[string]func(){
		"add of [2 3 5] and [2 5]: extents 3 and 2 of axis -2 do not broadcast":           func() { autograd.Add(x, like(2, 5)) },
		"div of [3] and [2 3 5]: extents 3 and 5 of axis -1 do not broadcast":             func() { autograd.Div(like(3), x) },
		"scalechannels of [2 3 5] and [3]: x [N, spatial..., C] takes [C] or [N, C]":      func() { autograd.ScaleChannels(x, like(3)) },
		"addchannels of [] and [1]: x [N, spatial..., C] takes [C] or [N, C]":             func() { autograd.AddChannels(like(), like(1)) },
		"softmax of []: x takes channels: [..., C]":                                       func() { autograd.Softmax(like()) },
		"logsoftmax of [2 0]: x takes channels: [..., C]":                                 func() { autograd.LogSoftmax(like(2, 0)) },
		"concat of [2 3 5] and [2 4 5] and [2 3 4]: the shapes may differ in axis 1 only": func() { autograd.Concat(1, x, like(2, 4, 5), like(2, 3, 4)) },
		"concat of [2 3 5]: no axis 3":                                                    func() { autograd.Concat(3, x) },
		"concat of [2 3 5] and [2 3]: the shapes may differ in axis -1 only":              func() { autograd.Concat(-1, x, like(2, 3)) },
		"reshape of [2 3 5] and [31]: 30 and 31 elements":                                 func() { autograd.Reshape(x, 31) },
		"slice of [2 3 5]: no range 2:6 of axis -1":                                       func() { autograd.Slice(x, -1, 2, 6) },
		"slice of [2 3 5]: no axis -4":                                                    func() { autograd.Slice(x, -4, 0, 1) },
		"sum of [2 3 5]: axis -2 twice":                                                   func() { autograd.Sum(x, 1, -2) },
		"mean of [2 3 5]: no axis 3":                                                      func() { autograd.Mean(x, 3) },
		"mean of [0 3]: 0 elements go into one, but it takes 1 or more":                   func() { autograd.Mean(like(0, 3), 0) },
		"samplevariance of [1 3]: 1 elements go into one, but it takes 2 or more":         func() { autograd.SampleVariance(like(1, 3), 0) },
		"dropout of [2 3 5]: the probability must be at least 0 and below 1":              func() { autograd.Dropout(x, 1, 0) },
	} {
		require.PanicsWithError(t, text, f)
	}
}

func TestChannelsAreScaledAndShifted(t *testing.T) {
	tape := autograd.NewTape()
	x := tape.Leaf(tensor.From([]float32{1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2))
	require.Equal(t, []float32{10, 40, 30, 80, 50, 120, 70, 160},
		autograd.ScaleChannels(x, tape.Const(tensor.From([]float32{10, 20}, 2))).Tensor().Data)
	require.Equal(t, []float32{11, 22, 13, 24, 35, 46, 37, 48},
		autograd.AddChannels(x, tape.Const(tensor.From([]float32{10, 20, 30, 40}, 2, 2))).Tensor().Data, "a row for each image")
}

// A row for each image that lies in another image: gradients are added in one
// order on any number of workers.
func TestChannelsOfTheMapItselfHaveOneOrder(t *testing.T) {
	const images, pixels, channels = 64, 80, 16
	r := rand.New(rand.NewPCG(1, 2))
	data := make([]float32, images*pixels*channels)
	for i := range data {
		data[i] = r.Float32() - 0.5
	}
	gradient := func(workers int) []float32 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers))
		tape := autograd.NewTape()
		x := tape.Leaf(tensor.From(data, images, pixels, channels))
		y := autograd.Mul(x, x.View(0, tensor.NewShape(images, 1, channels)))
		tape.Backward(autograd.Mean(autograd.Add(y, autograd.Mul(x, x))))
		return slices.Clone(x.Grad().Data)
	}
	want := gradient(1)
	for range 20 {
		require.Equal(t, want, gradient(3))
	}
}

func TestReshapeAndLeadingSlicesAreViews(t *testing.T) {
	tape := autograd.NewTape()
	x := tape.Leaf(tensor.From([]float32{1, 2, 3, 4, 5, 6}, 1, 3, 2))
	y := autograd.Slice(autograd.Reshape(x, 3, 2), 0, 1, 3)
	z := autograd.Slice(x, 1, 1, 2)
	for i, r := range tape.Records() {
		require.Equal(t, i > 0, r.Kind == "view")
	}
	require.Equal(t, []float32{3, 4, 5, 6}, y.Tensor().Data)
	require.Equal(t, tensor.NewShape(1, 1, 2), z.Shape())
	tape.Backward(autograd.Sum(autograd.Mul(y, z)))
	require.Equal(t, []float32{0, 0, 3 + 3 + 5, 4 + 4 + 6, 3, 4}, x.Grad().Data)
}

func TestReducedAxesStayWithOneElement(t *testing.T) {
	x := constant(2, 3, 5)
	require.Equal(t, tensor.NewShape(2, 1, 1), autograd.Sum(x, 1, -1).Shape())
	require.Equal(t, tensor.Shape{}, autograd.Mean(x).Shape())
	require.Equal(t, []float32{0}, autograd.Sum(constant(0, 3)).Tensor().Data, "the sum of nothing")
}

func TestVarianceFarFromZeroKeepsItsDigits(t *testing.T) {
	x := autograd.NewTape().Const(tensor.From([]float32{4095, 4096, 4097, 4096}, 4))
	require.Equal(t, float32(0.5), autograd.Variance(x).Item())
}

func TestActivationsAtTheirLimits(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := autograd.NewTape().Const(tensor.From([]float32{-inf, -1000, 1000, inf}, 4))
	require.Equal(t, []float32{0, 0, 1000, inf}, autograd.ReLU(x).Tensor().Data)
	require.Equal(t, []float32{-inf, -500, 1000, inf}, autograd.LeakyReLU(x, 0.5).Tensor().Data)
	require.Equal(t, []float32{0, 0, 1, 1}, autograd.Sigmoid(x).Tensor().Data)
	require.Equal(t, []float32{-1, -1, 1, 1}, autograd.Tanh(x).Tensor().Data)
	for _, f := range []func(autograd.Value) autograd.Value{autograd.ReLU, autograd.Sigmoid, autograd.Tanh, autograd.SiLU, autograd.GELU, autograd.GELUTanh, autograd.Softmax} {
		y := f(autograd.NewTape().Const(tensor.From([]float32{nan}, 1))).Item()
		require.NotEqual(t, y, y, "NaN passes, so that a broken run is seen")
	}
}

func TestDropoutKeepsTheMeanAndItsMask(t *testing.T) {
	ones := tensor.New(1 << 16)
	for i := range ones.Data {
		ones.Data[i] = 1
	}
	run := func(p float64, seed uint64) (y, gx []float32) {
		tape := autograd.NewTape()
		x := tape.Leaf(ones)
		v := autograd.Dropout(x, p, seed).Keep()
		tape.Backward(autograd.Sum(v))
		return v.Tensor().Data, x.Grad().Data
	}
	for _, p := range []float64{0, 0.1, 0.5, 0.9} {
		y, gx := run(p, 7)
		require.Equal(t, y, gx, "the gradient passes where the element did, as much scaled")
		kept := 0
		for _, v := range y {
			require.Contains(t, []float32{0, float32(1 / (1 - p))}, v)
			if v > 0 {
				kept++
			}
		}
		// Five deviations of a binomial count.
		n := float64(len(y))
		require.InDelta(t, n*(1-p), float64(kept), 5*math.Sqrt(n*p*(1-p)), "p = %v", p)
	}
	a, _ := run(0.5, 7)
	b, _ := run(0.5, 8)
	both := 0
	for i := range a {
		if a[i] > 0 && b[i] > 0 {
			both++
		}
	}
	n := float64(len(a))
	require.InDelta(t, n/4, float64(both), 5*math.Sqrt(n*3/16), "masks of neighbouring seeds are unrelated")
	again, _ := run(0.5, 7)
	require.True(t, slices.Equal(a, again))
}

func TestArithmeticCostsOneMACAnElement(t *testing.T) {
	x := constant(4, 5)
	tape := x.Tape()
	autograd.Scale(autograd.Mul(x, tape.Const(tensor.New(3, 1, 1))), 2)
	require.Equal(t, int64(2*60), tape.Cost().MACs)
	autograd.Variance(x, 0)
	require.Equal(t, int64(2*60+2*20), tape.Cost().MACs)
	autograd.Concat(0, autograd.ReLU(x), autograd.GELU(x), autograd.Slice(x, 0, 1, 2))
	require.Equal(t, int64(2*60+2*20), tape.Cost().MACs)
}
