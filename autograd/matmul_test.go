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

func TestLinearIsPyTorchs(t *testing.T) {
	for _, c := range golden.Open(t, "linear") {
		t.Run(c.ID, func(t *testing.T) {
			tape := autograd.NewTape()
			xt, wt, gy := c.Input("x"), golden.LinearWeight(c.Input("w")), c.Upstream()
			x, w, b := tape.Leaf(xt), tape.Leaf(wt), autograd.Value{}
			if c.Has("b") {
				b = tape.Leaf(c.Input("b"))
			}
			y := differentiate(autograd.Linear(x, w, b), gy)
			rows := gy.Shape.Len() / wt.Shape.Dim(1)
			agree(t, "y", y, c.Output64("y"), walk(wt.Shape.Dim(0)+1, xt, wt), 2*u)
			agree(t, "gx", x.Grad(), c.Grad64("x"), walk(wt.Shape.Dim(1), gy, wt), 2*u)
			agree(t, "gw", w.Grad(), golden.LinearWeight(c.Grad64("w")), walk(rows, xt, gy), 2*u)
			if c.Has("b") {
				agree(t, "gb", b.Grad(), c.Grad64("b"), walk(rows, gy, tensor.Scalar(1)), 2*u)
			}
		})
	}
}

func TestMatMulIsPyTorchs(t *testing.T) {
	for _, name := range []string{"matmul", "bmm"} {
		for _, c := range golden.Open(t, name) {
			t.Run(name+"/"+c.ID, func(t *testing.T) {
				var config autograd.MatMulConfig
				if name == "matmul" {
					config = autograd.MatMulConfig{TransposeA: c.Attrs.Bool("a_t"), TransposeB: c.Attrs.Bool("b_t")}
				}
				tape := autograd.NewTape()
				at, bt, gy := c.Input("a"), c.Input("b"), c.Upstream()
				a, b := tape.Leaf(at), tape.Leaf(bt)
				y := differentiate(autograd.MatMul(a, b, config), gy)
				// Each element of a and of b takes part in as many products as
				// there are per element of y, or per pair where it is broadcast.
				macs := int(tape.Cost().MACs)
				agree(t, "y", y, c.Output64("y"), walk(macs/gy.Shape.Len(), at, bt), 2*u)
				agree(t, "ga", a.Grad(), c.Grad64("a"), walk(macs/at.Shape.Len(), gy, bt), 2*u)
				agree(t, "gb", b.Grad(), c.Grad64("b"), walk(macs/bt.Shape.Len(), gy, at), 2*u)
			})
		}
	}
}

// A productCase is a row of the table below: y [m n] = a [m k] b [k n] for each
// index of the batch axes.
type productCase struct {
	a, b []int
	c    autograd.MatMulConfig
}

func matMulTable() (table []optest.Case) {
	transposed := func(a, b bool) autograd.MatMulConfig {
		return autograd.MatMulConfig{TransposeA: a, TransposeB: b}
	}
	for i, k := range []productCase{
		{[]int{1, 1}, []int{1, 1}, transposed(false, false)},
		{[]int{2, 91}, []int{91, 3}, transposed(false, false)},
		{[]int{37, 2}, []int{37, 5}, transposed(true, false)},
		{[]int{7, 5}, []int{37, 5}, transposed(false, true)},
		{[]int{3, 7}, []int{91, 3}, transposed(true, true)},
		{[]int{91}, []int{91}, transposed(false, false)},
		{[]int{37}, []int{37, 2}, transposed(false, false)},
		{[]int{3, 37}, []int{37}, transposed(false, false)},
		{[]int{2, 3, 5}, []int{5}, transposed(false, false)},
		{[]int{5}, []int{3, 5, 2}, transposed(false, false)},
		{[]int{3, 5, 7}, []int{3, 7, 2}, transposed(false, false)},
		{[]int{3, 1, 5, 7}, []int{2, 7, 5}, transposed(false, false)},
		{[]int{3, 2, 7, 5}, []int{3, 1, 7, 2}, transposed(true, false)},
		{[]int{2, 1, 1, 5, 2}, []int{3, 1, 7, 2}, transposed(false, true)},
		{[]int{3, 7, 5}, []int{3, 7, 5}, transposed(true, false)},
	} {
		in := optest.Shapes(k.a, k.b)
		op := recorded(func(in []autograd.Value) autograd.Value { return autograd.MatMul(in[0], in[1], k.c) }, in)
		y := op.Shape(in)
		table = append(table, optest.Case{Name: fmt.Sprintf("MatMul/%d", i), Op: op, In: in, Linear: []int{0, 1}, Noise: noise(max(in[0].Len(), in[1].Len())),
			Reference: func(in [][]float64) []float64 { return k.reference(y, in) }})
	}
	for _, bias := range []bool{false, true} {
		for _, x := range [][]int{{1}, {91}, {3, 37}, {2, 3, 5, 7}} {
			in, linear := optest.Shapes(x, []int{x[len(x)-1], 5}, []int{5}), []int{0, 1, 2}
			if !bias {
				in, linear = in[:2], linear[:2]
			}
			op := recorded(func(in []autograd.Value) autograd.Value {
				return autograd.Linear(in[0], in[1], append(in, autograd.Value{})[2])
			}, in)
			table = append(table, optest.Case{Name: fmt.Sprintf("Linear/x=%d/bias=%v", len(table), bias), Op: op, In: in, Linear: linear, Noise: noise(in[0].Len()),
				Reference: linearReference})
		}
	}
	return append(table,
		optest.Case{Name: "Linear/1x128x110000", Op: recorded(biased, optest.Shapes([]int{1, 2}, []int{2, 3}, []int{3})), In: optest.Shapes([]int{1, 2}, []int{2, 3}, []int{3}),
			Bench: optest.Shapes([]int{1, 128}, []int{128, 110_000}, []int{110_000})})
}

func biased(in []autograd.Value) autograd.Value { return autograd.Linear(in[0], in[1], in[2]) }

func linearReference(in [][]float64) []float64 {
	x, w := in[0], in[1]
	const outputs = 5
	inputs := len(w) / outputs
	y := make([]float64, len(x)/max(inputs, 1)*outputs)
	for i := range y {
		if len(in) > 2 {
			y[i] = in[2][i%outputs]
		}
		for k := range inputs {
			y[i] += x[i/outputs*inputs+k] * w[k*outputs+i%outputs]
		}
	}
	return y
}

// reference is the definition, on operands brought to the rank of five and out
// of transposition.
func (k productCase) reference(y tensor.Shape, in [][]float64) []float64 {
	a, b := full(k.a, true, k.c.TransposeA), full(k.b, false, k.c.TransposeB)
	extents := []int{max(a.extent[0], b.extent[0]), max(a.extent[1], b.extent[1]), max(a.extent[2], b.extent[2]), a.extent[3], b.extent[4], a.extent[4]}
	out := make([]float64, y.Len())
	i := 0
	each(extents, func(at []int) {
		out[i/extents[5]] += in[0][a.index(at, at[3], at[5])] * in[1][b.index(at, at[5], at[4])]
		i++
	})
	return out
}

type operand struct{ extent, step [5]int }

func full(dims []int, left, transposed bool) (o operand) {
	if len(dims) == 1 && left {
		dims = []int{1, dims[0]}
	} else if len(dims) == 1 {
		dims = []int{dims[0], 1}
	}
	step := 1
	for i := 4; i >= 0; i-- {
		o.extent[i] = 1
		if j := i - 5 + len(dims); j >= 0 {
			o.extent[i] = dims[j]
		}
		if o.extent[i] > 1 {
			o.step[i] = step
		}
		step *= o.extent[i]
	}
	if transposed {
		o.extent[3], o.extent[4] = o.extent[4], o.extent[3]
		o.step[3], o.step[4] = o.step[4], o.step[3]
	}
	return o
}

func (o operand) index(batch []int, row, column int) int {
	at := row*o.step[3] + column*o.step[4]
	for i := range 3 {
		at += batch[i] * o.step[i]
	}
	return at
}

func TestMatrixProductsAreTheirDefinitions(t *testing.T) { optest.Run(t, matMulTable()) }

func BenchmarkMatMul(b *testing.B) { optest.Bench(b, matMulTable()) }

func TestMatrixProductsSayWhatDoesNotFit(t *testing.T) {
	tape := autograd.NewTape()
	of := func(dims ...int) autograd.Value { return tape.Const(tensor.New(dims...)) }
	for text, f := range map[string]func(){
		"matmul of [] and [3]: takes no scalars": func() { autograd.MatMul(of(), of(3), autograd.MatMulConfig{}) },
		"matmul of [3] and [3]: a vector is not transposed": func() {
			autograd.MatMul(of(3), of(3), autograd.MatMulConfig{TransposeB: true})
		},
		"matmul of [2 3] and [3 2]: a has 2 columns and b 3 rows, counted after transposing": func() {
			autograd.MatMul(of(2, 3), of(3, 2), autograd.MatMulConfig{TransposeA: true})
		},
		"matmul of [2 1 3] and [3 3 2]: batch extents 2 and 3 differ, and neither is 1": func() {
			autograd.MatMul(of(2, 1, 3), of(3, 3, 2), autograd.MatMulConfig{})
		},
		"linear of [2 3] and [2 3]: x [..., In] takes a weight [In, Out]": func() { autograd.Linear(of(2, 3), of(2, 3), autograd.Value{}) },
		"linear of [] and [1 3]: x [..., In] takes a weight [In, Out]":    func() { autograd.Linear(of(), of(1, 3), autograd.Value{}) },
		"linear of [2 3] and [3 4] and [1 4]: the bias takes [4]":         func() { autograd.Linear(of(2, 3), of(3, 4), of(1, 4)) },
	} {
		require.PanicsWithError(t, text, f)
	}
}

func TestMatrixProductsCostTheirProducts(t *testing.T) {
	tape := autograd.NewTape()
	of := func(dims ...int) autograd.Value { return tape.Const(tensor.New(dims...)) }
	require.Equal(t, tensor.NewShape(2, 7, 3, 5), autograd.MatMul(of(7, 3, 11), of(2, 1, 11, 5), autograd.MatMulConfig{}).Shape())
	require.Equal(t, int64(2*7*3*11*5), tape.Cost().MACs)
	require.Equal(t, tensor.NewShape(0, 5), autograd.Linear(of(0, 3), of(3, 5), of(5)).Shape())
	require.Equal(t, tensor.NewShape(4, 6, 5), autograd.Linear(of(4, 6, 3), of(3, 5), of(5)).Shape())
	require.Equal(t, int64(2*7*3*11*5+4*6*3*5), tape.Cost().MACs)
}

func TestEmptyProductsAreZeroAndHaveGradients(t *testing.T) {
	tape := autograd.NewTape()
	x, w, b := tape.Leaf(tensor.New(2, 0)), tape.Leaf(tensor.New(0, 3)), tape.Leaf(tensor.From([]float32{1, 2, 3}, 3))
	gy := tensor.From([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	require.Equal(t, []float32{1, 2, 3, 1, 2, 3}, differentiate(autograd.Linear(x, w, b), gy).Data)
	require.Equal(t, []float32{5, 7, 9}, b.Grad().Data)
	require.Equal(t, make([]float32, 6), differentiate(autograd.MatMul(x, w, autograd.MatMulConfig{}), gy).Data)
}

func ExampleLinear() {
	tape := autograd.NewTape()
	x := tape.Leaf(tensor.From([]float32{1, 2}, 1, 2))
	w := tape.Leaf(tensor.From([]float32{1, 0, 1, 0, 1, 1}, 2, 3))
	b := tape.Leaf(tensor.From([]float32{0, 0, 10}, 3))
	fmt.Println(autograd.Linear(x, w, b).Tensor())
	// Output:
	// [1 3] [[1 2 13]]
}

// Of few rows and many inputs the gradient by a matrix is a product whose first
// operand, transposed, is shorter than its blocks.
func TestTheGradientByAMatrixOfManyInputsAndFewRows(t *testing.T) {
	for _, rows := range []int{1, 5, 8, 32} {
		tape := autograd.NewTape()
		x, w := tape.Leaf(tensor.New(rows, 300)), tape.Leaf(tensor.New(300, 10))
		for i := range x.Tensor().Data {
			x.Tensor().Data[i] = float32(i%7) - 3
		}
		tape.Backward(autograd.Sum(autograd.Linear(x, w, autograd.Value{})))
		for i, g := range w.Grad().Data {
			sum := float32(0)
			for r := range rows {
				sum += x.Tensor().Data[r*300+i/10]
			}
			require.Equal(t, sum, g, "%d rows, element %d", rows, i)
		}
	}
}

func TestBatchesOfNoMatrices(t *testing.T) {
	for _, dims := range [][2][]int{{{0, 2, 3}, {0, 3, 4}}, {{2, 3}, {0, 3, 4}}, {{0, 2, 3}, {3, 4}}, {{0, 1, 2, 3}, {5, 3, 4}}} {
		tape := autograd.NewTape()
		a, b := tape.Leaf(tensor.New(dims[0]...)), tape.Leaf(tensor.New(dims[1]...))
		y := autograd.MatMul(a, b, autograd.MatMulConfig{})
		tape.Backward(autograd.Sum(y))
		require.Zero(t, y.Shape().Len())
		require.Equal(t, make([]float32, a.Shape().Len()), append([]float32{}, a.Grad().Data...), "%v", dims)
		require.Equal(t, make([]float32, b.Shape().Len()), append([]float32{}, b.Grad().Data...), "%v", dims)
	}
}
