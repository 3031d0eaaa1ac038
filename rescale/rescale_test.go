package rescale

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/autograd/optest"
	"github.com/sshn-go/sshn/tensor"
)

var configs = []Config{
	{},
	{AlignCorners: true},
	{Antialias: true},
	{AlignCorners: true, Antialias: true},
	{Mode: Nearest},
	{Mode: NearestFloor},
	{Mode: Cubic},
	{Mode: Cubic, AlignCorners: true},
	{Mode: Cubic, Antialias: true},
	{Mode: Cubic, AlignCorners: true, Antialias: true},
}

// cases are all modes over every rank, between odd sizes.
func cases() (all []optest.Case) {
	for _, s := range []struct{ in, out []int }{
		{[]int{1}, []int{1}}, {[]int{1}, []int{5}}, {[]int{91}, []int{37}}, {[]int{2}, []int{91}}, {[]int{37}, []int{37}}, {[]int{91}, []int{1}},
		{[]int{1, 1}, []int{2, 3}}, {[]int{7, 5}, []int{3, 2}}, {[]int{3, 2}, []int{7, 5}}, {[]int{37, 7}, []int{7, 37}}, {[]int{5, 3}, []int{5, 7}}, {[]int{5, 3}, []int{7, 3}},
		{[]int{1, 1, 1}, []int{2, 1, 3}}, {[]int{5, 3, 7}, []int{2, 2, 3}}, {[]int{2, 3, 2}, []int{5, 5, 3}}, {[]int{3, 2, 5}, []int{1, 1, 1}}, {[]int{5, 2, 3}, []int{7, 2, 3}},
	} {
		for _, cfg := range configs {
			x := append(append([]int{2}, s.in...), 3)
			all = append(all, optest.Case{
				Name:   fmt.Sprintf("%v/align=%t/antialias=%t/from=%v/to=%v", cfg.Mode, cfg.AlignCorners, cfg.Antialias, s.in, s.out),
				Op:     Op{tensor.NewShape(s.out...), cfg},
				In:     optest.Shapes(x),
				Linear: []int{0},
			})
		}
	}
	return all
}

func TestOperations(t *testing.T) { optest.Run(t, cases()) }

func TestWeightsOfAnOutputSumToOne(t *testing.T) {
	sizes := []int{1, 2, 3, 5, 7, 13, 37, 91, 160}
	for _, cfg := range configs {
		for _, in := range sizes {
			for _, out := range sizes {
				table := taps(axisKey{in, out, cfg})
				for o := range out {
					sum := 0.0
					for _, w := range table.Weight[table.Start[o]:table.Start[o+1]] {
						sum += float64(w)
					}
					// Half a unit in the last place of each weight, which are below 2.
					count := float64(table.Start[o+1] - table.Start[o])
					require.InDelta(t, 1, sum, count*math.Pow(2, -24), "%+v, output %d of %d to %d", cfg, o, in, out)
				}
			}
		}
	}
}

// Only where the output's centres lie tells a straight line from another.
// (Cubic convolution keeps lines with a = -1/2 alone.)
func TestAStraightLineStaysStraight(t *testing.T) {
	const in, out = 91, 37
	line := tensor.New(1, in, 1)
	for i := range line.Data {
		line.Data[i] = float32(i)
	}
	y := Tensor(line, []int{out}, Config{})
	z := Tensor(line, []int{out}, Config{AlignCorners: true})
	cubic := Tensor(line, []int{out}, Config{Mode: Cubic, AlignCorners: true})
	for o := range out {
		// Two units in the last place of 91.
		require.InDelta(t, (float64(o)+.5)*in/out-.5, y.Data[o], 2e-5)
		require.InDelta(t, float64(o)*(in-1)/(out-1), z.Data[o], 2e-5)
	}
	require.Equal(t, []float32{0, in - 1}, []float32{z.Data[0], z.Data[out-1]})
	require.Equal(t, []float32{0, in - 1}, []float32{cubic.Data[0], cubic.Data[out-1]})
}

func TestNearestMixesNoLabels(t *testing.T) {
	labels := tensor.From([]float32{
		10, 10, 24, 24,
		10, 10, 24, 41,
	}, 1, 2, 4, 1)
	require.Equal(t, tensor.From([]float32{
		10, 24,
		10, 41,
		10, 41,
	}, 1, 3, 2, 1), Tensor(labels, []int{3, 2}, Config{Mode: Nearest}))
	// The floor rule takes the first of each pair where the centre is between.
	require.Equal(t, []float32{10, 24}, Tensor(labels.Range(0, 1), []int{1, 2}, Config{Mode: NearestFloor}).Data)
}

func TestTheSameSizeIsTheSameMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := tensor.New(2, 5, 7, 3, 4)
	for i := range x.Data {
		x.Data[i] = float32(rng.NormFloat64())
	}
	x.Data[3] = float32(math.Inf(1)) // and a neighbour's infinity times zero would be NaN
	for _, cfg := range configs {
		y := Tensor(x, []int{5, 7, 3}, cfg)
		require.Equal(t, x, y, "%+v", cfg)
		y.Data[0]++
		require.NotEqual(t, x.Data[0], y.Data[0], "the result shares nothing")
		require.Zero(t, Op{tensor.NewShape(5, 7, 3), cfg}.Cost([]tensor.Shape{x.Shape}).MACs)
	}
}

func TestCostCountsMultiplyAdds(t *testing.T) {
	cost := func(x tensor.Shape, cfg Config, size ...int) int64 {
		return Op{tensor.NewShape(size...), cfg}.Cost([]tensor.Shape{x}).MACs
	}
	// Halving: each output pixel has 2 x 2 taps, gathered at once.
	require.Equal(t, int64(8*80*96*4*32), cost(tensor.NewShape(8, 160, 192, 32), Config{}, 80, 96))
	// Doubling: each output row mixes 2 input rows of 96 (but 1 at either
	// border), then each output pixel 2 (or 1) columns.
	require.Equal(t, int64(8*32*((2*160-2)*96+160*(2*192-2))), cost(tensor.NewShape(8, 80, 96, 32), Config{}, 160, 192))
	require.Zero(t, cost(tensor.NewShape(8, 80, 96, 32), Config{Mode: Nearest}, 160, 192))
}

func TestByUsesTheSizeRule(t *testing.T) {
	tape := autograd.NewTape()
	x := tape.Const(tensor.New(1, 100, 160, 2))
	require.Equal(t, tensor.NewShape(1, 7, 12, 2), By(x, .07).Shape())
	require.Equal(t, tensor.NewShape(1, 100, 16, 2), By(x, 1, .1).Shape())
}

func TestMisuseNamesTheShapes(t *testing.T) {
	tape := autograd.NewTape()
	x := tape.Const(tensor.New(1, 4, 5, 2))
	empty := tape.Const(tensor.New(1, 4, 0, 2))
	flat := tape.Const(tensor.New(4, 2))
	for text, f := range map[string]func(){
		"rescale linear of [1 4 5 2] and [3]: a size of 1 axes for x [N, spatial..., C] of rank 4":     func() { Resize(x, []int{3}, Config{}) },
		"rescale linear of [1 4 5 2] and [3 3 3]: a size of 3 axes for x [N, spatial..., C] of rank 4": func() { Resize(x, []int{3, 3, 3}, Config{}) },
		"rescale linear of [4 2] and []: a size of 0 axes for x [N, spatial..., C] of rank 2":          func() { Resize(flat, nil, Config{}) },
		"rescale of [1 4 5 2]: no size [3 0]":                                                          func() { Resize(x, []int{3, 0}, Config{}) },
		"rescale of [1 4 5 2]: size [1 1 1 1] has over 3 axes":                                         func() { Resize(x, []int{1, 1, 1, 1}, Config{}) },
		"rescale linear of [1 4 0 2] and [3 3]: an input axis is empty":                                func() { Resize(empty, []int{3, 3}, Config{}) },
		"rescale nearest of [1 4 5 2] and [3 3]: takes neither AlignCorners nor Antialias":             func() { Resize(x, []int{3, 3}, Config{Nearest, true, false}) },
		"rescale unknown of [1 4 5 2] and [3 3]: no mode 9":                                            func() { Resize(x, []int{3, 3}, Config{Mode: 9}) },
		"rescale linear of [1 4 5 2] and [3 0]: an output axis is empty": func() {
			Op{Size: tensor.NewShape(3, 0)}.Shape([]tensor.Shape{tensor.NewShape(1, 4, 5, 2)})
		},
		"rescale of [1 4 5 2]: 3 elements of data": func() {
			Tensor(tensor.Tensor{Shape: tensor.NewShape(1, 4, 5, 2), Data: make([]float32, 3)}, []int{3, 3}, Config{})
		},
		"rescale linear of [1 4 5 2] and [1 4 5 2] and [3 3]: takes one input, not 2":      func() { autograd.Apply(Op{Size: tensor.NewShape(3, 3)}, x, x) },
		"rescale: an axis of 4 pixels by phi = -1: the factor must be positive and finite": func() { By(x, -1) },
	} {
		require.PanicsWithError(t, text, f)
	}
}

func TestAnEmptyBatchIsResizedToAnEmptyBatch(t *testing.T) {
	y := Tensor(tensor.New(0, 4, 5, 2), []int{3, 3}, Config{})
	require.Equal(t, tensor.NewShape(0, 3, 3, 2), y.Shape)
}

func TestKnownTablesAreBounded(t *testing.T) {
	for n := range 40 {
		tablesOf(axisKey{1 << 13, 1<<13 + n, Config{}})
		require.LessOrEqual(t, known.pixels, mostPixels)
	}
	require.Less(t, len(known.tables), 40)
	require.Same(t, tablesOf(axisKey{5, 3, Config{}}).forward, tablesOf(axisKey{5, 3, Config{}}).forward)
}
