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

func TestInstanceNormIsPyTorchs(t *testing.T) {
	for _, c := range golden.Open(t, "instance_norm") {
		if !c.Attrs.Bool("use_input_stats") {
			continue // by running means, which the library does not have
		}
		t.Run(c.ID, func(t *testing.T) {
			eps := c.Attrs.Float("eps")
			normParity(t, c, golden.ChannelsLast[tensor.Tensor], golden.ChannelsLast[golden.Array], func(x, gain, bias autograd.Value) autograd.Value {
				return autograd.InstanceNorm(x, gain, bias, eps)
			}, func(x tensor.Shape) normCase { return normCase{groups: x.Channels(), eps: eps} })
		})
	}
}

func TestGroupNormIsPyTorchs(t *testing.T) {
	for _, c := range golden.Open(t, "group_norm") {
		t.Run(c.ID, func(t *testing.T) {
			groups, eps := c.Attrs.Int("groups"), c.Attrs.Float("eps")
			normParity(t, c, golden.ChannelsLast[tensor.Tensor], golden.ChannelsLast[golden.Array], func(x, gain, bias autograd.Value) autograd.Value {
				return autograd.GroupNorm(x, gain, bias, groups, eps)
			}, func(tensor.Shape) normCase { return normCase{groups: groups, eps: eps} })
		})
	}
}

func TestLayerNormIsPyTorchs(t *testing.T) {
	same, sames := func(x tensor.Tensor) tensor.Tensor { return x }, func(x golden.Array) golden.Array { return x }
	for _, c := range golden.Open(t, "layer_norm") {
		t.Run(c.ID, func(t *testing.T) {
			under, eps := len(c.Attrs.Ints("normalized_shape")), c.Attrs.Float("eps")
			normParity(t, c, same, sames, func(x, gain, bias autograd.Value) autograd.Value {
				return autograd.LayerNorm(x, gain, bias, under, eps)
			}, func(tensor.Shape) normCase { return normCase{under: under, eps: eps} })
		})
	}
}

// normParity compares a norm and all its gradients. With r the largest 1/deviation,
// x - mean is off by u of the largest |x|, so that the normalised value is off
// by u r |x|, of size r |x| at most; scaling and shifting round it a few times
// more. In gx such values are multiplied with means of gy gain, which are not
// larger than the largest, and by r again. The sums for gain and bias are in
// float64, of terms with these errors.
func normParity(t *testing.T, c golden.Case, layout func(tensor.Tensor) tensor.Tensor, layouts func(golden.Array) golden.Array,
	f func(x, gain, bias autograd.Value) autograd.Value, of func(x tensor.Shape) normCase) {
	tape := autograd.NewTape()
	xt, gy := layout(c.Input("x")), layout(c.Upstream())
	x, gain, bias := tape.Leaf(xt), autograd.Value{}, autograd.Value{}
	scale, shift := 1., 0.
	if c.Has("weight") {
		gain, bias = tape.Leaf(c.Input("weight")), tape.Leaf(c.Input("bias"))
		scale, shift = greatest(c.Input("weight")), greatest(c.Input("bias"))
	}
	y := differentiate(f(x, gain, bias), gy)
	r := 0.
	of(xt.Shape).each(xt.Shape, wide(xt.Data), func(_ []int, _, deviation float64) { r = max(r, 1/deviation) })
	unit := r * greatest(xt)
	terms := float64(xt.Shape.Len())
	agree(t, "y", y, layouts(c.Output64("y")), 4*u*(unit*scale+shift), 0)
	agree(t, "gx", x.Grad(), layouts(c.Grad64("x")), 4*u*r*greatest(gy)*scale*(1+2*unit), 0)
	if c.Has("weight") {
		terms /= float64(gain.Shape().Len())
		agree(t, "ggain", gain.Grad(), c.Grad64("weight"), 4*u*terms*greatest(gy)*unit, 0)
		agree(t, "gbias", bias.Grad(), c.Grad64("bias"), meanCancelled, u)
	}
}

// A normCase is a row of the table below: a group norm, or with under > 0 a
// layer norm.
type normCase struct {
	x             []int
	groups, under int
	eps           float64
}

// each calls f for every group with the elements in it, their mean, and their
// deviation with eps.
func (k normCase) each(x tensor.Shape, in []float64, f func(members []int, mean, deviation float64)) {
	of := func(i []int) int { // the number of the group of an index
		g := 0
		for a := range x.Rank() - k.under {
			if k.under > 0 {
				g = g*x.Dim(a) + i[a]
			}
		}
		if k.under > 0 {
			return g
		}
		c := x.Rank() - 1
		return i[0]*k.groups + i[c]/(x.Dim(c)/k.groups)
	}
	members := map[int][]int{}
	each(x.Dims(), func(i []int) { members[of(i)] = append(members[of(i)], x.Index(i...)) })
	for _, m := range members {
		mean, square := 0., 0.
		for _, i := range m {
			mean += in[i] / float64(len(m))
		}
		for _, i := range m {
			square += (in[i] - mean) * (in[i] - mean) / float64(len(m))
		}
		if len(m) == 1 {
			f(m, 0, 1)
		} else {
			f(m, mean, math.Sqrt(square+k.eps))
		}
	}
}

var normCases = []normCase{
	{x: []int{2, 7, 3}, groups: 3},
	{x: []int{1, 91, 2}, groups: 2},
	{x: []int{3, 5, 7, 1}, groups: 1},
	{x: []int{2, 3, 2, 5, 3}, groups: 3},
	{x: []int{3, 1, 1, 5}, groups: 5},
	{x: []int{2, 5}, groups: 5},
	{x: []int{2, 5, 6}, groups: 3},
	{x: []int{2, 5, 6}, groups: 2},
	{x: []int{1, 3, 7, 4}, groups: 1},
	{x: []int{1, 1, 37, 2, 4}, groups: 2},
	{x: []int{3, 14}, groups: 2},
	{x: []int{5, 7}, under: 1},
	{x: []int{2, 3, 5}, under: 2},
	{x: []int{37}, under: 1},
	{x: []int{2, 3, 2, 3, 5}, under: 4},
	{x: []int{91, 3, 1}, under: 1},
	{x: []int{2, 91, 91, 3}, groups: 3}, // several chunks of an image
	{x: []int{91, 301}, under: 1},       // several chunks of images
}

func normTable() (table []optest.Case) {
	add := func(k normCase, gain, bias bool) {
		in := optest.Shapes(k.x)
		x := in[0]
		parameter := tensor.NewShape(x.Channels())
		if k.under > 0 {
			parameter = tensor.NewShape(k.x[len(k.x)-k.under:]...)
		}
		var linear []int
		for _, there := range []bool{gain, bias} {
			if there {
				linear = append(linear, len(in))
				in = append(in, parameter)
			}
		}
		op := recorded(func(in []autograd.Value) autograd.Value {
			var g, b autograd.Value
			if gain {
				g = in[1]
			}
			if bias {
				b = in[len(in)-1]
			}
			switch {
			case k.under > 0:
				return autograd.LayerNorm(in[0], g, b, k.under, k.eps)
			case k.groups == x.Channels():
				return autograd.InstanceNorm(in[0], g, b, k.eps)
			}
			return autograd.GroupNorm(in[0], g, b, k.groups, k.eps)
		}, in)
		reference := func(in [][]float64) []float64 {
			y := make([]float64, x.Len())
			k.each(x, in[0], func(members []int, mean, deviation float64) {
				for _, i := range members {
					y[i] = (in[0][i] - mean) / deviation
					if gain {
						y[i] *= in[1][i%parameter.Len()]
					}
					if bias {
						y[i] += in[len(in)-1][i%parameter.Len()]
					}
				}
			})
			return y
		}
		table = append(table, optest.Case{Name: fmt.Sprintf("%s/%d", autograd.Name(op), len(table)), Op: op, In: in, Linear: linear, Fill: spread,
			Reference: reference, Noise: 64})
	}
	for _, k := range normCases {
		k.eps = 1e-3
		add(k, true, true)
		if x := tensor.NewShape(k.x...); x.Len() < 1000 {
			add(k, false, false)
			add(k, true, false)
			add(k, false, true)
		}
	}
	bench := optest.Shapes([]int{1, 3, 1}, []int{1}, []int{1})
	return append(table, optest.Case{Name: "InstanceNorm/dims=2/n=8/c=32/size=160x192", In: bench, Fill: spread, Noise: 64,
		Op: recorded(func(in []autograd.Value) autograd.Value {
			return autograd.InstanceNorm(in[0], in[1], in[2], 1e-5)
		}, bench),
		Bench: optest.Shapes([]int{8, 160, 192, 32}, []int{32}, []int{32})})
}

// spread keeps the values of a group so far apart, by 4 deviations of 1, that
// the steps of the gradient check are small beside them. Their mean is 3.
func spread(rng *rand.Rand, input int, x []float32) {
	for i := range x {
		x[i] = float32(rng.NormFloat64())
		if input == 0 {
			x[i] = 4*x[i] + 3
		}
	}
}

func TestNormsAreTheirDefinitions(t *testing.T) { optest.Run(t, normTable()) }

func BenchmarkNorm(b *testing.B) { optest.Bench(b, normTable()) }

func TestANormOfOneElementOnlyScalesAndShifts(t *testing.T) {
	tape := autograd.NewTape()
	x := tape.Leaf(tensor.From([]float32{5, -3}, 1, 1, 1, 2))
	gain, bias := tape.Const(tensor.From([]float32{2, 3}, 2)), tape.Const(tensor.From([]float32{1, 0}, 2))
	require.Equal(t, []float32{11, -9}, differentiate(autograd.InstanceNorm(x, gain, bias, 1e-5), tensor.From([]float32{1, 1}, 1, 1, 1, 2)).Data)
	require.Equal(t, []float32{2, 3}, x.Grad().Data)
	require.Equal(t, []float32{11, -9}, autograd.GroupNorm(x, gain, bias, 2, 1e-5).Tensor().Data)
	require.Equal(t, []float32{5, -3}, autograd.LayerNorm(x.View(0, tensor.NewShape(2, 1)), autograd.Value{}, autograd.Value{}, 1, 1e-5).Tensor().Data)
	require.NotEqual(t, []float32{11, -9}, autograd.GroupNorm(x, gain, bias, 1, 1e-5).Tensor().Data, "a group of two is normalised")
}

func TestAMapOfOneValueBecomesTheBias(t *testing.T) {
	x := tensor.New(1, 91, 37, 2)
	for i := range x.Data {
		x.Data[i] = 1e6 / 3
	}
	tape := autograd.NewTape()
	bias := tape.Const(tensor.From([]float32{7, -1}, 2))
	for i, y := range autograd.InstanceNorm(tape.Const(x), autograd.Value{}, bias, 1e-5).Tensor().Data {
		require.Equal(t, []float32{7, -1}[i%2], y)
	}
}

// The values are stored to u of themselves, so that in units of the deviation
// they are known to u mean/deviation; mean and difference may lose as much.
func TestALargeMeanCostsNoMoreThanStoringIt(t *testing.T) {
	const mean, eps = 1e5, 1e-5
	rng := rand.New(rand.NewPCG(1, 2))
	x := tensor.New(2, 91, 37, 3)
	for i := range x.Data {
		x.Data[i] = float32(mean + rng.NormFloat64())
	}
	tape := autograd.NewTape()
	y := autograd.InstanceNorm(tape.Const(x), autograd.Value{}, autograd.Value{}, eps).Tensor()
	normCase{groups: 3, eps: eps}.each(x.Shape, wide(x.Data), func(members []int, m, deviation float64) {
		for _, i := range members {
			require.InDelta(t, (float64(x.Data[i])-m)/deviation, y.Data[i], 2*u*mean)
		}
	})
}

func TestNormsOfNothingAreNothing(t *testing.T) {
	tape := autograd.NewTape()
	gain := tape.Leaf(tensor.New(2))
	x := tape.Leaf(tensor.New(3, 0, 4, 2))
	differentiate(autograd.InstanceNorm(x, gain, autograd.Value{}, 1e-5), tensor.New(3, 0, 4, 2))
	require.Equal(t, []float32{0, 0}, gain.Grad().Data)
	require.Equal(t, tensor.NewShape(3, 5, 0), autograd.InstanceNorm(tape.Leaf(tensor.New(3, 5, 0)), autograd.Value{}, autograd.Value{}, 1e-5).Tensor().Shape)
}

func TestNormsSayWhatDoesNotFit(t *testing.T) {
	tape := autograd.NewTape()
	of := func(dims ...int) autograd.Value { return tape.Const(tensor.New(dims...)) }
	x, none := of(2, 5, 6), autograd.Value{}
	for text, f := range map[string]func(){
		"instancenorm of [6]: x takes [N, spatial..., C]":              func() { autograd.InstanceNorm(of(6), none, none, 1e-5) },
		"instancenorm of [2 5 6] and [5]: gain and bias take [6]":      func() { autograd.InstanceNorm(x, of(5), none, 1e-5) },
		"groupnorm of [2 5 6] and [6] and [1]: gain and bias take [6]": func() { autograd.GroupNorm(x, of(6), of(1), 2, 1e-5) },
		"groupnorm of [2 5 6]: 4 groups do not divide 6 channels":      func() { autograd.GroupNorm(x, none, none, 4, 1e-5) },
		"groupnorm of [2 5 6]: 0 groups do not divide 6 channels":      func() { autograd.GroupNorm(x, none, none, 0, 1e-5) },
		"layernorm of [2 5 6]: 4 axes of 3":                            func() { autograd.LayerNorm(x, none, none, 4, 1e-5) },
		"layernorm of [2 5 6] and [6]: gain and bias take [5 6]":       func() { autograd.LayerNorm(x, none, of(6), 2, 1e-5) },
		"layernorm of [2 5 6]: eps must be 0 or positive":              func() { autograd.LayerNorm(x, none, none, 1, math.NaN()) },
	} {
		require.PanicsWithError(t, text, f)
	}
}

func ExampleInstanceNorm() {
	tape := autograd.NewTape()
	x := tape.Leaf(tensor.From([]float32{1, 10, 3, 30}, 1, 2, 2)) // N W C
	fmt.Println(autograd.InstanceNorm(x, autograd.Value{}, autograd.Value{}, 0).Tensor())
	// Output:
	// [1 2 2] [[[-1 -1] [1 1]]]
}

// A rectifier that a norm does in its own passes gives the same bits, also where
// a sum over pixels goes by stretches, and changes no gradient that somebody reads.
func TestANormTakesOverItsRectifier(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	random := func(dims ...int) tensor.Tensor {
		x := tensor.New(dims...)
		for i := range x.Data {
			x.Data[i] = float32(rng.NormFloat64())
		}
		return x
	}
	for _, c := range []struct {
		x     tensor.Tensor
		under int // elements of gain and bias
		norm  func(x, gain, bias autograd.Value) autograd.Value
	}{
		{random(2, 7, 3, 5), 5, func(x, gain, bias autograd.Value) autograd.Value { return autograd.InstanceNorm(x, gain, bias, 1e-5) }},
		{random(1, 91, 37, 8), 8, func(x, gain, bias autograd.Value) autograd.Value { return autograd.InstanceNorm(x, gain, bias, 1e-5) }},
		{random(3, 1, 2), 2, func(x, gain, bias autograd.Value) autograd.Value { return autograd.InstanceNorm(x, gain, bias, 1e-5) }},
		{random(2, 19, 37, 24), 24, func(x, gain, bias autograd.Value) autograd.Value { return autograd.GroupNorm(x, gain, bias, 8, 1e-5) }},
		{random(9, 33), 33, func(x, gain, bias autograd.Value) autograd.Value { return autograd.LayerNorm(x, gain, bias, 1, 1e-5) }},
	} {
		gain, bias, weights := random(c.under), random(c.under), random(c.x.Shape.Dims()...)
		for _, slope := range []float64{0, 0.01} {
			for _, late := range []bool{false, true} { // is the rectifier's value kept, after its run, and its gradient read
				var want [][]float32
				for _, fuse := range []bool{false, true} {
					tape := autograd.NewTape()
					tape.Fuse(fuse)
					x, g, b := tape.Leaf(c.x), tape.Leaf(gain), tape.Leaf(bias)
					y := autograd.LeakyReLU(c.norm(x, g, b), slope)
					loss := autograd.Sum(autograd.Mul(y, tape.Const(weights)))
					if late {
						tape.Run()
						y.Keep()
					}
					tape.Backward(loss)
					got := [][]float32{{loss.Item()}, x.Grad().Data, g.Grad().Data, b.Grad().Data}
					if late {
						got = append(got, y.Tensor().Data, y.Grad().Data)
						require.Equal(t, weights.Data, y.Grad().Data, "the gradient by the rectifier's value is left as it is")
					}
					if want == nil {
						want = got
					}
					require.Equal(t, want, got, "%v, slope %g, fused: %t", c.x.Shape, slope, fuse)
				}
			}
		}
	}
}

func TestANormAndItsRectifierMakeOneMap(t *testing.T) {
	var none autograd.Value
	for name, norm := range map[string]func(x autograd.Value) autograd.Value{
		"instance": func(x autograd.Value) autograd.Value { return autograd.InstanceNorm(x, none, none, 1e-5) },
		"group":    func(x autograd.Value) autograd.Value { return autograd.GroupNorm(x, none, none, 4, 1e-5) },
		"layer":    func(x autograd.Value) autograd.Value { return autograd.LayerNorm(x, none, none, 3, 1e-5) },
	} {
		bytes := map[bool]int64{}
		for _, fuse := range []bool{false, true} {
			tape := autograd.NewTape()
			tape.Fuse(fuse)
			x := tape.Const(tensor.New(1, 91, 37, 8))
			autograd.Sum(autograd.ReLU(norm(x))).Keep()
			bytes[fuse] = tape.Cost().Bytes
		}
		require.InDelta(t, 91*37*8*4, bytes[false]-bytes[true], 1000, "%s: a map, but for alignment", name)
	}
}
