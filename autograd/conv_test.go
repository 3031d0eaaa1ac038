package autograd_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/autograd/optest"
	"github.com/sshn-go/sshn/internal/golden"
	"github.com/sshn-go/sshn/tensor"
)

func TestConvIsPyTorchs(t *testing.T) {
	for dims := 1; dims <= 3; dims++ {
		for _, c := range golden.Open(t, fmt.Sprintf("conv%dd", dims)) {
			t.Run(fmt.Sprintf("%dd/%s", dims, c.ID), func(t *testing.T) {
				config := autograd.ConvConfig{Stride: axes(c.Attrs.Ints("stride")), Pad: axes(c.Attrs.Ints("padding")),
					Dilation: axes(c.Attrs.Ints("dilation")), Groups: c.Attrs.Int("groups")}
				parity(t, c, golden.ConvWeight[tensor.Tensor], golden.ConvWeight[golden.Array],
					func(x, w, b autograd.Value) autograd.Value { return autograd.Conv(x, w, b, config) })
			})
		}
	}
}

func TestConvTransposeIsPyTorchs(t *testing.T) {
	for dims := 1; dims <= 3; dims++ {
		for _, c := range golden.Open(t, fmt.Sprintf("conv_transpose%dd", dims)) {
			t.Run(fmt.Sprintf("%dd/%s", dims, c.ID), func(t *testing.T) {
				config := autograd.ConvTransposeConfig{Stride: axes(c.Attrs.Ints("stride")), Pad: axes(c.Attrs.Ints("padding")),
					OutputPad: axes(c.Attrs.Ints("output_padding")), Dilation: axes(c.Attrs.Ints("dilation")), Groups: c.Attrs.Int("groups")}
				parity(t, c, golden.ConvTransposeWeight[tensor.Tensor], golden.ConvTransposeWeight[golden.Array],
					func(x, w, b autograd.Value) autograd.Value { return autograd.ConvTranspose(x, w, b, config) })
			})
		}
	}
}

// parity compares a convolution of either kind and all its gradients. Each
// element is a sum of not more products than taps times channels, or for the
// weight of pixels; that of the bias is summed in float64, but its terms pass
// through float32 once.
func parity(t *testing.T, c golden.Case, weight func(tensor.Tensor) tensor.Tensor, weights func(golden.Array) golden.Array,
	f func(x, w, b autograd.Value) autograd.Value) {
	tape := autograd.NewTape()
	xt, wt, gy := golden.ChannelsLast(c.Input("x")), weight(c.Input("w")), golden.ChannelsLast(c.Upstream())
	x, w, b := tape.Leaf(xt), tape.Leaf(wt), autograd.Value{}
	if c.Has("b") {
		b = tape.Leaf(c.Input("b"))
	}
	y := differentiate(f(x, w, b), gy)
	terms := wt.Shape.Len() / min(wt.Shape.Dim(-1), wt.Shape.Dim(-2))
	pixels := max(xt.Shape.Len()/xt.Shape.Channels(), gy.Shape.Len()/gy.Shape.Channels())
	agree(t, "y", y, golden.ChannelsLast(c.Output64("y")), walk(terms+1, xt, wt), 2*u+lean(terms))
	agree(t, "gx", x.Grad(), golden.ChannelsLast(c.Grad64("x")), walk(terms, gy, wt), 2*u+lean(terms))
	agree(t, "gw", w.Grad(), weights(c.Grad64("w")), walk(pixels, xt, gy), 2*u+lean(pixels))
	if c.Has("b") {
		agree(t, "gb", b.Grad(), c.Grad64("b"), walk(pixels, gy, tensor.Scalar(1)), 2*u)
	}
}

// A convCase is a row of the tables below: x, w, and how they meet.
type convCase struct {
	x, w []int
	c    autograd.ConvConfig
	more autograd.Axes // the output padding of a transposed convolution
	bias bool
}

var convCases = []convCase{
	{x: []int{2, 1, 1}, w: []int{1, 1, 1}, bias: true},
	{x: []int{1, 91, 2}, w: []int{5, 2, 3}, c: autograd.ConvConfig{Same: true}, bias: true},
	{x: []int{3, 37, 3}, w: []int{2, 3, 1}, c: autograd.ConvConfig{Stride: autograd.Each(2)}},
	{x: []int{2, 7, 4}, w: []int{3, 2, 6}, c: autograd.ConvConfig{Pad: autograd.Each(4), Dilation: autograd.Each(3), Groups: 2}, bias: true},
	{x: []int{2, 1, 1, 3}, w: []int{3, 3, 3, 3}, c: autograd.ConvConfig{Same: true}, bias: true},
	{x: []int{1, 5, 7, 3}, w: []int{3, 3, 3, 5}, c: autograd.ConvConfig{Same: true}, bias: true},
	{x: []int{1, 7, 5, 2}, w: []int{2, 3, 2, 3}, c: autograd.ConvConfig{Same: true, Dilation: autograd.Axes{2, 3}}},
	{x: []int{1, 2, 91, 1}, w: []int{2, 5, 1, 3}, c: autograd.ConvConfig{Stride: autograd.Axes{1, 3}, Pad: autograd.Axes{1, 0}}},
	{x: []int{1, 7, 5, 6}, w: []int{3, 2, 2, 9}, c: autograd.ConvConfig{Stride: autograd.Axes{2, 1}, Pad: autograd.Axes{2, 1}, Dilation: autograd.Axes{1, 2}, Groups: 3}, bias: true},
	{x: []int{1, 3, 3, 7}, w: []int{3, 3, 1, 7}, c: autograd.ConvConfig{Pad: autograd.Each(1), Groups: 7}},
	{x: []int{1, 3, 2, 37}, w: []int{1, 1, 37, 5}, bias: true},
	{x: []int{2, 5, 5, 2}, w: []int{3, 3, 2, 2}, c: autograd.ConvConfig{Stride: autograd.Each(3), Same: true}},
	{x: []int{2, 1, 2, 1, 2}, w: []int{3, 3, 3, 2, 3}, c: autograd.ConvConfig{Same: true}, bias: true},
	{x: []int{1, 3, 5, 7, 2}, w: []int{3, 3, 3, 2, 2}, c: autograd.ConvConfig{Same: true}, bias: true},
	{x: []int{1, 2, 37, 1, 1}, w: []int{2, 3, 1, 1, 2}, c: autograd.ConvConfig{Stride: autograd.Axes{1, 2, 3}}},
	{x: []int{1, 5, 3, 7, 4}, w: []int{2, 3, 2, 2, 4}, c: autograd.ConvConfig{Stride: autograd.Axes{2, 1, 3}, Pad: autograd.Axes{1, 2, 0}, Dilation: autograd.Axes{1, 2, 3}, Groups: 2}, bias: true},
}

var convTransposeCases = []convCase{
	{x: []int{2, 1, 1}, w: []int{1, 1, 1}, bias: true},
	{x: []int{1, 91, 2}, w: []int{2, 2, 3}, c: autograd.ConvConfig{Stride: autograd.Each(2)}, bias: true},
	{x: []int{2, 37, 3}, w: []int{5, 3, 1}, c: autograd.ConvConfig{Pad: autograd.Each(2)}},
	{x: []int{1, 7, 4}, w: []int{3, 4, 3}, c: autograd.ConvConfig{Stride: autograd.Each(3), Pad: autograd.Each(1), Dilation: autograd.Each(2), Groups: 2}, more: autograd.Each(2), bias: true},
	{x: []int{1, 5, 7, 3}, w: []int{3, 3, 3, 5}, c: autograd.ConvConfig{Stride: autograd.Each(2), Pad: autograd.Each(1)}, more: autograd.Each(1), bias: true},
	{x: []int{2, 2, 3, 6}, w: []int{2, 3, 6, 1}, c: autograd.ConvConfig{Stride: autograd.Axes{1, 3}, Groups: 3}, more: autograd.Axes{0, 2}},
	{x: []int{1, 1, 1, 2}, w: []int{3, 5, 2, 3}, bias: true},
	{x: []int{1, 2, 3, 5, 3}, w: []int{2, 2, 2, 3, 2}, c: autograd.ConvConfig{Stride: autograd.Each(2)}, bias: true},
	{x: []int{2, 1, 2, 3, 4}, w: []int{3, 1, 2, 4, 1}, c: autograd.ConvConfig{Stride: autograd.Axes{2, 1, 2}, Pad: autograd.Axes{1, 0, 1}, Dilation: autograd.Axes{1, 1, 2}, Groups: 4}, more: autograd.Axes{1, 0, 1}},
}

func convTable() (table []optest.Case) {
	for i, k := range convCases {
		k.name(&table, fmt.Sprintf("Conv/%d", i), k.w[len(k.w)-1], func(x, w, b autograd.Value) autograd.Value {
			return autograd.Conv(x, w, b, k.c)
		}, k.conv)
	}
	for i, k := range convTransposeCases {
		c := autograd.ConvTransposeConfig{Stride: k.c.Stride, Pad: k.c.Pad, OutputPad: k.more, Dilation: k.c.Dilation, Groups: k.c.Groups}
		k.name(&table, fmt.Sprintf("ConvTranspose/%d", i), k.w[len(k.w)-1]*max(k.c.Groups, 1), func(x, w, b autograd.Value) autograd.Value {
			return autograd.ConvTranspose(x, w, b, c)
		}, k.convTranspose)
	}
	return append(table, optest.Case{Name: "Conv/dims=2/n=8/in=32/out=32/size=160x192",
		Op:    recorded(conv3, optest.Shapes([]int{1, 3, 3, 1}, []int{3, 3, 1, 1}, []int{1})),
		In:    optest.Shapes([]int{1, 3, 3, 1}, []int{3, 3, 1, 1}, []int{1}),
		Bench: optest.Shapes([]int{8, 160, 192, 32}, []int{3, 3, 32, 32}, []int{32})})
}

func conv3(in []autograd.Value) autograd.Value {
	return autograd.Conv(in[0], in[1], in[2], autograd.ConvConfig{Same: true})
}

// name adds a row. Affine in each input while the others are held, as any
// convolution is.
func (k convCase) name(table *[]optest.Case, name string, outputs int, f func(x, w, b autograd.Value) autograd.Value,
	reference func(y tensor.Shape, in [][]float64) []float64) {
	in, linear := optest.Shapes(k.x, k.w), []int{0, 1}
	if k.bias {
		in, linear = append(in, tensor.NewShape(outputs)), []int{0, 1, 2}
	}
	op := recorded(func(in []autograd.Value) autograd.Value {
		return f(in[0], in[1], append(in, autograd.Value{})[2])
	}, in)
	y := op.Shape(in)
	*table = append(*table, optest.Case{Name: name, Op: op, In: in, Linear: linear, Noise: noise(max(in[0].Len(), in[1].Len(), y.Len())),
		Reference: func(in [][]float64) []float64 { return reference(y, in) }})
}

// conv is the definition: y[o] = b + sum over taps t of x[o s - p + t d] w[t].
func (k convCase) conv(y tensor.Shape, in [][]float64) []float64 {
	x, w := tensor.NewShape(k.x...), tensor.NewShape(k.w...)
	out := make([]float64, y.Len())
	inputs, outputs := w.Dim(-2), w.Dim(-1)/max(k.c.Groups, 1)
	k.meet(y, x, w, func(o, i, t int) {
		for j := range w.Dim(-1) {
			for c := range inputs {
				out[o+j] += in[0][i+j/outputs*inputs+c] * in[1][t+c*w.Dim(-1)+j]
			}
		}
	})
	return k.shift(out, in)
}

// convTranspose is the definition: what conv reads at i for o, it writes.
func (k convCase) convTranspose(y tensor.Shape, in [][]float64) []float64 {
	x, w := tensor.NewShape(k.x...), tensor.NewShape(k.w...)
	out := make([]float64, y.Len())
	outputs, inputs := w.Dim(-1), w.Dim(-2)/max(k.c.Groups, 1)
	k.meet(x, y, w, func(o, i, t int) {
		for c := range w.Dim(-2) {
			for j := range outputs {
				out[i+c/inputs*outputs+j] += in[0][o+c] * in[1][t+c*outputs+j]
			}
		}
	})
	return k.shift(out, in)
}

// meet calls f with the places of the pixels o of the small map and i of the
// large one that meet under tap t.
func (k convCase) meet(small, large, w tensor.Shape, f func(o, i, t int)) {
	dims := w.Rank() - 2
	extents := append([]int{small.Dim(0)}, small.Spatial()...)
	each(append(extents, w.Dims()[:dims]...), func(at []int) {
		o, i, t := at[0], at[0], 0
		for a := range dims {
			p, d := k.c.Pad[a], max(k.c.Dilation[a], 1)
			if k.c.Same {
				p = d * (w.Dim(a) - 1) / 2
			}
			r := at[1+a]*max(k.c.Stride[a], 1) - p + at[1+dims+a]*d
			if r < 0 || r >= large.Dim(1+a) {
				return
			}
			o, i, t = o*small.Dim(1+a)+at[1+a], i*large.Dim(1+a)+r, t*w.Dim(a)+at[1+dims+a]
		}
		f(o*small.Channels(), i*large.Channels(), t*w.Dim(-2)*w.Dim(-1))
	})
}

func (k convCase) shift(out []float64, in [][]float64) []float64 {
	if k.bias {
		for i := range out {
			out[i] += in[2][i%len(in[2])]
		}
	}
	return out
}

func TestConvsAreTheirDefinitions(t *testing.T) { optest.Run(t, convTable()) }

func BenchmarkConv(b *testing.B) { optest.Bench(b, convTable()) }

func TestConvSaysWhatDoesNotFit(t *testing.T) {
	tape := autograd.NewTape()
	of := func(dims ...int) autograd.Value { return tape.Const(tensor.New(dims...)) }
	x, w, none := of(2, 5, 5, 4), of(3, 3, 4, 6), autograd.Value{}
	each := autograd.Each
	for text, f := range map[string]func(){
		"conv of [2 4] and [3 4 6]: x takes 1 to 3 spatial axes: [N, spatial..., C]": func() {
			autograd.Conv(of(2, 4), of(3, 4, 6), none, autograd.ConvConfig{})
		},
		"conv of [2 5 5 4] and [3 4 6]: x of rank 4 takes a weight of rank 4: [taps..., channels, channels]": func() {
			autograd.Conv(x, of(3, 4, 6), none, autograd.ConvConfig{})
		},
		"conv of [2 5 5 4] and [3 3 3 6]: x of 4 channels in 1 groups takes a weight [taps..., 4, outputs], not of 3": func() {
			autograd.Conv(x, of(3, 3, 3, 6), none, autograd.ConvConfig{})
		},
		"conv of [2 5 5 4] and [3 3 4 6]: 4 groups do not divide 4 channels and 6": func() {
			autograd.Conv(x, w, none, autograd.ConvConfig{Groups: 4})
		},
		"conv of [2 5 5 4] and [3 3 4 6]: -1 groups": func() {
			autograd.Conv(x, w, none, autograd.ConvConfig{Groups: -1})
		},
		"conv of [2 5 5 4] and [3 3 4 6] and [4]: the bias takes [6]": func() {
			autograd.Conv(x, w, of(4), autograd.ConvConfig{})
		},
		"conv of [2 2 5 4] and [3 3 4 6]: a kernel of 3 taps 1 apart does not fit an extent of 2 padded by 0": func() {
			autograd.Conv(of(2, 2, 5, 4), w, none, autograd.ConvConfig{})
		},
		"conv of [2 0 5 4] and [3 3 4 6]: a kernel of 3 taps 1 apart does not fit an extent of 0 padded by 1": func() {
			autograd.Conv(of(2, 0, 5, 4), w, none, autograd.ConvConfig{Same: true})
		},
		"conv of [2 5 5 4] and [3 3 4 6]: stride [0 -1 0], padding [0 0 0], dilation [0 0 0]: none may be negative or over 1073741824": func() {
			autograd.Conv(x, w, none, autograd.ConvConfig{Stride: autograd.Axes{0, -1}})
		},
		"conv of [2 5 5 4] and [2 3 4 6]: same takes an even dilation*(taps-1), not 1*(2-1)": func() {
			autograd.Conv(x, of(2, 3, 4, 6), none, autograd.ConvConfig{Same: true})
		},
		"conv of [2 5 5 4] and [3 3 4 6]: both Same and Pad [1 1 1]": func() {
			autograd.Conv(x, w, none, autograd.ConvConfig{Same: true, Pad: each(1)})
		},
		"conv of [2 5 0] and [3 0 6]: there are no channels": func() {
			autograd.Conv(of(2, 5, 0), of(3, 0, 6), none, autograd.ConvConfig{})
		},
		"convtranspose of [2 5 5 4] and [3 3 6 4]: x of 4 channels takes a weight [taps..., 4, outputs/groups], not of 6": func() {
			autograd.ConvTranspose(x, of(3, 3, 6, 4), none, autograd.ConvTransposeConfig{})
		},
		"convtranspose of [2 5 5 4] and [3 3 4 6]: 3 groups do not divide 4 channels": func() {
			autograd.ConvTranspose(x, w, none, autograd.ConvTransposeConfig{Groups: 3})
		},
		"convtranspose of [2 5 5 4] and [3 3 4 6] and [6]: the bias takes [12]": func() {
			autograd.ConvTranspose(x, w, of(6), autograd.ConvTransposeConfig{Groups: 2})
		},
		"convtranspose of [2 5 5 4] and [3 3 4 6]: output padding 2 takes a stride or a dilation that is larger, not 2 and 1": func() {
			autograd.ConvTranspose(x, w, none, autograd.ConvTransposeConfig{Stride: each(2), OutputPad: each(2)})
		},
		"convtranspose of [2 1 1 4] and [3 3 4 6]: 3 taps 1 apart over an extent of 1 at stride 1 leave nothing after padding 2": func() {
			autograd.ConvTranspose(of(2, 1, 1, 4), w, none, autograd.ConvTransposeConfig{Pad: each(2)})
		},
	} {
		require.PanicsWithError(t, text, f)
	}
	require.EqualError(t, autograd.Try(func() { autograd.Conv(none, w, none, autograd.ConvConfig{}) }), "conv of []: no input on a tape")
}

func TestConvCostsItsProducts(t *testing.T) {
	tape := autograd.NewTape()
	x, w := tape.Const(tensor.New(2, 5, 7, 4)), tape.Const(tensor.New(3, 3, 2, 6))
	y := autograd.Conv(x, w, autograd.Value{}, autograd.ConvConfig{Stride: autograd.Each(2), Same: true, Groups: 2})
	require.Equal(t, tensor.NewShape(2, 3, 4, 6), y.Shape())
	require.Equal(t, int64(2*3*4*9*2*6), tape.Cost().MACs)
	up := tape.Const(tensor.New(2, 2, 6, 5))
	z := autograd.ConvTranspose(y, up, autograd.Value{}, autograd.ConvTransposeConfig{Stride: autograd.Each(2)})
	require.Equal(t, tensor.NewShape(2, 6, 8, 5), z.Shape())
	require.Equal(t, int64(2*3*4*9*2*6+2*3*4*4*6*5), tape.Cost().MACs)
}

func TestAConvOfNoImagesHasNoGradient(t *testing.T) {
	tape := autograd.NewTape()
	x, w := tape.Leaf(tensor.New(0, 5, 2)), tape.Leaf(tensor.New(3, 2, 2))
	y := autograd.ConvTranspose(autograd.Conv(x, w, autograd.Value{}, autograd.ConvConfig{}), w, autograd.Value{}, autograd.ConvTransposeConfig{})
	require.Equal(t, tensor.NewShape(0, 5, 2), differentiate(y, tensor.New(0, 5, 2)).Shape)
	require.Equal(t, make([]float32, 12), w.Grad().Data)
}

func ExampleConv() {
	tape := autograd.NewTape()
	x := tape.Leaf(tensor.From([]float32{0, 0, 1, 1, 1}, 1, 5, 1)) // N W C
	edge := tape.Const(tensor.From([]float32{-1, 0, 1}, 3, 1, 1))
	y := autograd.Conv(x, edge, autograd.Value{}, autograd.ConvConfig{Same: true})
	fmt.Println(y.Tensor())
	// Output:
	// [1 5 1] [[[0] [1] [1] [0] [-1]]]
}
