package autograd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/autograd/optest"
	"github.com/sshn-go/sshn/internal/golden"
	"github.com/sshn-go/sshn/tensor"
)

// A mean is summed in float64 and rounded once, by u of itself; where the terms
// cancel, by float64's 2^-53 of them.
const meanRounding, meanCancelled = u, 1e-14

func TestMaxPoolIsPyTorchs(t *testing.T) {
	for dims := 2; dims <= 3; dims++ {
		for _, c := range golden.Open(t, fmt.Sprintf("max_pool%dd", dims)) {
			t.Run(fmt.Sprintf("%dd/%s", dims, c.ID), func(t *testing.T) {
				config := autograd.MaxPoolConfig{Stride: axes(c.Attrs.Ints("stride")), Pad: axes(c.Attrs.Ints("padding")),
					Dilation: axes(c.Attrs.Ints("dilation")), Ceil: c.Attrs.Bool("ceil_mode")}
				tape := autograd.NewTape()
				gy := golden.ChannelsLast(c.Upstream())
				x := tape.Leaf(golden.ChannelsLast(c.Input("x")))
				y := differentiate(autograd.MaxPool(x, axes(c.Attrs.Ints("kernel")), config), gy)
				agree(t, "y", y, golden.ChannelsLast(c.Output64("y")), 0, 0)
				// An element may win as many windows as the kernel has elements.
				windows := 1
				for _, k := range c.Attrs.Ints("kernel") {
					windows *= k
				}
				agree(t, "gx", x.Grad(), golden.ChannelsLast(c.Grad64("x")), walk(windows, gy, tensor.Scalar(1)), u)
			})
		}
	}
}

func TestAvgPoolIsPyTorchs(t *testing.T) {
	for dims := 2; dims <= 3; dims++ {
		for _, c := range golden.Open(t, fmt.Sprintf("avg_pool%dd", dims)) {
			t.Run(fmt.Sprintf("%dd/%s", dims, c.ID), func(t *testing.T) {
				config := autograd.AvgPoolConfig{Stride: axes(c.Attrs.Ints("stride")), Pad: axes(c.Attrs.Ints("padding")),
					Ceil: c.Attrs.Bool("ceil_mode"), ExcludePad: !c.Attrs.Bool("count_include_pad"), Divisor: c.Attrs.Int("divisor_override")}
				meanParity(t, c, func(x autograd.Value) autograd.Value {
					return autograd.AvgPool(x, axes(c.Attrs.Ints("kernel")), config)
				})
			})
		}
	}
}

func TestAdaptiveAvgPoolIsPyTorchs(t *testing.T) {
	for dims := 1; dims <= 3; dims++ {
		for _, c := range golden.Open(t, fmt.Sprintf("adaptive_avg_pool%dd", dims)) {
			t.Run(fmt.Sprintf("%dd/%s", dims, c.ID), func(t *testing.T) {
				meanParity(t, c, func(x autograd.Value) autograd.Value {
					return autograd.AdaptiveAvgPool(x, axes(c.Attrs.Ints("output_size")))
				})
			})
		}
	}
}

func meanParity(t *testing.T, c golden.Case, f func(x autograd.Value) autograd.Value) {
	x := autograd.NewTape().Leaf(golden.ChannelsLast(c.Input("x")))
	y := differentiate(f(x), golden.ChannelsLast(c.Upstream()))
	agree(t, "y", y, golden.ChannelsLast(c.Output64("y")), meanCancelled, meanRounding)
	agree(t, "gx", x.Grad(), golden.ChannelsLast(c.Grad64("x")), meanCancelled, meanRounding)
}

// A poolCase is a row of the table below.
type poolCase struct {
	x      []int
	window autograd.Axes
	c      autograd.MaxPoolConfig
}

var poolCases = []poolCase{
	{x: []int{2, 1, 3}, window: autograd.Each(1)},
	{x: []int{1, 91, 2}, window: autograd.Each(2)},
	{x: []int{2, 37, 1}, window: autograd.Each(3), c: autograd.MaxPoolConfig{Stride: autograd.Each(2), Pad: autograd.Each(1), Ceil: true}},
	{x: []int{1, 7, 5, 3}, window: autograd.Each(2)},
	{x: []int{2, 5, 7, 2}, window: autograd.Axes{3, 2}, c: autograd.MaxPoolConfig{Stride: autograd.Axes{1, 2}, Pad: autograd.Axes{1, 0}, Ceil: true}},
	{x: []int{1, 7, 91, 1}, window: autograd.Axes{2, 3}, c: autograd.MaxPoolConfig{Stride: autograd.Axes{3, 5}, Pad: autograd.Axes{0, 2}}},
	{x: []int{1, 3, 3, 37}, window: autograd.Each(3)},
	{x: []int{2, 3, 5, 2, 2}, window: autograd.Each(2), c: autograd.MaxPoolConfig{Ceil: true}},
	{x: []int{1, 5, 2, 7, 3}, window: autograd.Axes{3, 1, 2}, c: autograd.MaxPoolConfig{Stride: autograd.Axes{1, 2, 2}, Pad: autograd.Axes{1, 0, 1}}},
}

var dilatedPoolCases = []poolCase{
	{x: []int{1, 37, 2}, window: autograd.Each(3), c: autograd.MaxPoolConfig{Stride: autograd.Each(2), Pad: autograd.Each(3), Dilation: autograd.Each(3)}},
	{x: []int{2, 7, 5, 3}, window: autograd.Each(2), c: autograd.MaxPoolConfig{Stride: autograd.Each(1), Dilation: autograd.Axes{3, 2}}},
	{x: []int{1, 5, 7, 3, 2}, window: autograd.Axes{2, 3, 1}, c: autograd.MaxPoolConfig{Stride: autograd.Axes{1, 2, 1}, Pad: autograd.Axes{1, 1, 0}, Dilation: autograd.Axes{2, 2, 1}, Ceil: true}},
}

func poolTable() (table []optest.Case) {
	add := func(name string, x []int, f func(x autograd.Value) autograd.Value, linear []int, reference func(x, y tensor.Shape, in []float64) []float64) *optest.Case {
		in := optest.Shapes(x)
		op := recorded(func(in []autograd.Value) autograd.Value { return f(in[0]) }, in)
		y := op.Shape(in)
		table = append(table, optest.Case{Name: fmt.Sprintf("%s/%d", name, len(table)), Op: op, In: in, Linear: linear,
			Reference: func(in64 [][]float64) []float64 { return reference(in[0], y, in64[0]) }})
		return &table[len(table)-1]
	}
	for _, k := range append(poolCases, dilatedPoolCases...) {
		c := add("MaxPool", k.x, func(x autograd.Value) autograd.Value { return autograd.MaxPool(x, k.window, k.c) }, nil, k.greatest)
		c.Fill, c.Margin = distinct, 1
	}
	for _, k := range poolCases {
		for _, config := range []autograd.AvgPoolConfig{{}, {ExcludePad: true}, {Divisor: 5}} {
			config.Stride, config.Pad, config.Ceil = k.c.Stride, k.c.Pad, k.c.Ceil
			add("AvgPool", k.x, func(x autograd.Value) autograd.Value { return autograd.AvgPool(x, k.window, config) }, []int{0},
				func(x, y tensor.Shape, in []float64) []float64 { return k.mean(config, x, y, in) })
		}
	}
	for _, k := range []poolCase{
		{x: []int{2, 91, 3}, window: autograd.Each(7)},
		{x: []int{1, 2, 37}, window: autograd.Each(5)},
		{x: []int{2, 7, 5, 3}, window: autograd.Each(1)},
		{x: []int{1, 3, 37, 2}, window: autograd.Axes{5, 7}},
		{x: []int{1, 5, 3, 7, 2}, window: autograd.Axes{2, 3, 5}},
	} {
		add("AdaptiveAvgPool", k.x, func(x autograd.Value) autograd.Value { return autograd.AdaptiveAvgPool(x, k.window) }, []int{0}, k.bins)
	}
	return append(table, optest.Case{Name: "MaxPool/dims=2/n=8/c=32/size=160x192", Op: recorded(halve, optest.Shapes([]int{1, 2, 2, 1})),
		In: optest.Shapes([]int{1, 2, 2, 1}), Fill: distinct, Margin: 1, Bench: optest.Shapes([]int{8, 160, 192, 32})})
}

func halve(in []autograd.Value) autograd.Value {
	return autograd.MaxPool(in[0], autograd.Each(2), autograd.MaxPoolConfig{})
}

// distinct fills x with whole numbers, none twice: the greatest of a window is
// ahead of the next by 1.
func distinct(rng *rand.Rand, _ int, x []float32) {
	for i, v := range rng.Perm(len(x)) {
		x[i] = float32(v - len(x)/2)
	}
}

// windows calls f for every element of y with the elements of x in its window,
// and by axis with where the window begins and ends.
func (k poolCase) windows(x, y tensor.Shape, f func(at int, inside []int, begin, end autograd.Axes)) {
	dims := x.Rank() - 2
	each(y.Dims(), func(o []int) {
		var begin, end autograd.Axes
		for a := range dims {
			s := k.c.Stride[a]
			if s == 0 {
				s = k.window[a]
			}
			begin[a] = o[1+a]*s - k.c.Pad[a]
			end[a] = begin[a] + max(k.c.Dilation[a], 1)*(k.window[a]-1) + 1
		}
		var inside []int
		each(x.Dims()[1:1+dims], func(i []int) {
			index := []int{o[0]}
			for a, i := range i {
				if i < begin[a] || i >= end[a] || (i-begin[a])%max(k.c.Dilation[a], 1) != 0 {
					return
				}
				index = append(index, i)
			}
			inside = append(inside, x.Index(append(index, o[1+dims])...))
		})
		f(y.Index(o...), inside, begin, end)
	})
}

func (k poolCase) greatest(x, y tensor.Shape, in []float64) []float64 {
	out := make([]float64, y.Len())
	k.windows(x, y, func(at int, inside []int, _, _ autograd.Axes) {
		out[at] = math.Inf(-1)
		for _, i := range inside {
			out[at] = max(out[at], in[i])
		}
	})
	return out
}

func (k poolCase) mean(c autograd.AvgPoolConfig, x, y tensor.Shape, in []float64) []float64 {
	out := make([]float64, y.Len())
	k.windows(x, y, func(at int, inside []int, begin, end autograd.Axes) {
		for _, i := range inside {
			out[at] += in[i]
		}
		count := 1
		for a := range x.Rank() - 2 {
			count *= min(end[a], x.Dim(1+a)+k.c.Pad[a]) - begin[a]
		}
		if c.ExcludePad {
			count = len(inside)
		}
		if c.Divisor > 0 {
			count = c.Divisor
		}
		out[at] /= float64(count)
	})
	return out
}

// bins is the mean by the definition: element i is in bin o of n if the bin's
// stretch [o s/n, (o+1) s/n) touches [i, i+1).
func (k poolCase) bins(x, y tensor.Shape, in []float64) []float64 {
	out := make([]float64, y.Len())
	each(y.Dims(), func(o []int) {
		count := 0
		each(x.Dims(), func(i []int) {
			for a := range x.Rank() {
				if s, n := x.Dim(a), y.Dim(a); (i[a]+1)*n <= o[a]*s || i[a]*n >= (o[a]+1)*s {
					return
				}
			}
			out[y.Index(o...)] += in[x.Index(i...)]
			count++
		})
		out[y.Index(o...)] /= float64(count)
	})
	return out
}

func TestPoolsAreTheirDefinitions(t *testing.T) { optest.Run(t, poolTable()) }

func BenchmarkPool(b *testing.B) { optest.Bench(b, poolTable()) }

func TestMaxPoolTakesTheFirstOfEqualsAndNaN(t *testing.T) {
	nan := float32(math.NaN())
	low := float32(math.Inf(-1))
	tape := autograd.NewTape()
	x := tape.Leaf(tensor.From([]float32{2, 2, low, low, 1, nan, nan, 3}, 1, 8, 1))
	y := differentiate(autograd.MaxPool(x, autograd.Each(2), autograd.MaxPoolConfig{}), tensor.From([]float32{1, 2, 3, 4}, 1, 4, 1))
	golden.Close(t, "y", y.Data, []float64{2, math.Inf(-1), math.NaN(), math.NaN()}, 0, 0)
	require.Equal(t, []float32{1, 0, 2, 0, 0, 3, 4, 0}, x.Grad().Data)
}

func TestPoolsSayWhatDoesNotFit(t *testing.T) {
	tape := autograd.NewTape()
	of := func(dims ...int) autograd.Value { return tape.Const(tensor.New(dims...)) }
	each := autograd.Each
	for text, f := range map[string]func(){
		"maxpool of [2 3]: x takes 1 to 3 spatial axes: [N, spatial..., C]": func() { autograd.MaxPool(of(2, 3), each(2), autograd.MaxPoolConfig{}) },
		"avgpool of [2 3 3 1]: window [2 0 0], stride [0 0 0], padding [0 0 0], dilation [0 0 0]: the window is positive, the others not negative, and none over 1073741824": func() {
			autograd.AvgPool(of(2, 3, 3, 1), autograd.Axes{2}, autograd.AvgPoolConfig{})
		},
		"maxpool of [2 3 1 1]: a window of 2 elements 1 apart does not fit an extent of 1 padded by 0": func() {
			autograd.MaxPool(of(2, 3, 1, 1), each(2), autograd.MaxPoolConfig{})
		},
		"avgpool of [2 0 1]: a window of 1 elements 1 apart does not fit an extent of 0 padded by 1": func() {
			autograd.AvgPool(of(2, 0, 1), each(1), autograd.AvgPoolConfig{Pad: each(1)})
		},
		"maxpool of [2 5 1]: window 0 along an extent of 5 lies in padding of 3 alone": func() {
			autograd.MaxPool(of(2, 5, 1), each(2), autograd.MaxPoolConfig{Pad: each(3)})
		},
		"maxpool of [2 1 1]: window 0 along an extent of 1 lies in padding of 1 alone": func() {
			autograd.MaxPool(of(2, 1, 1), each(2), autograd.MaxPoolConfig{Pad: each(1), Dilation: each(2)})
		},
		"maxpool of [1 8 2]: window [5 5 5], stride [0 0 0], padding [0 0 0], dilation [1073741825 1073741825 1073741825]: the window is positive, the others not negative, and none over 1073741824": func() {
			autograd.MaxPool(of(1, 8, 2), each(5), autograd.MaxPoolConfig{Dilation: each(1<<30 + 1)})
		},
		"avgpool of [2 5 1]: a divisor of -1": func() { autograd.AvgPool(of(2, 5, 1), each(2), autograd.AvgPoolConfig{Divisor: -1}) },
		"adaptiveavgpool of [2 5 5 1]: takes a map that is not empty and bins, not [2 0] of them": func() {
			autograd.AdaptiveAvgPool(of(2, 5, 5, 1), autograd.Axes{2})
		},
		"adaptiveavgpool of [2 5]: x takes 1 to 3 spatial axes: [N, spatial..., C]": func() { autograd.AdaptiveAvgPool(of(2, 5), each(1)) },
	} {
		require.PanicsWithError(t, text, f)
	}
}

func ExampleAdaptiveAvgPool() {
	tape := autograd.NewTape()
	x := tape.Leaf(tensor.From([]float32{1, 10, 2, 20, 3, 30}, 1, 3, 2)) // N W C
	fmt.Println(autograd.AdaptiveAvgPool(x, autograd.Each(1)).Tensor())
	fmt.Println(autograd.MaxPool(x, autograd.Each(2), autograd.MaxPoolConfig{Ceil: true}).Tensor())
	// Output:
	// [1 1 2] [[[2 20]]]
	// [1 2 2] [[[2 20] [3 30]]]
}
