package autograd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/autograd/optest"
	"github.com/sshn-go/sshn/tensor"
)

func TestElementwiseShapeAndReductionOperations(t *testing.T) { optest.Run(t, table()) }

func BenchmarkElementwise(b *testing.B) { optest.Bench(b, table()) }

func table() []optest.Case {
	return slices.Concat(binaryTable(), unaryTable(), softmaxTable(), joinTable(), reductionTable())
}

// map32 is the feature map of the benchmarks: 31 MiB.
var map32 = []int{8, 160, 192, 32}

// shapes of every rank and odd sizes.
var everyRank = [][]int{{}, {1}, {91}, {5, 7}, {2, 3, 5}, {3, 1, 37, 2}, {1, 2, 3, 5, 7}}

func binaryTable() (table []optest.Case) {
	type fn func(a, b autograd.Value) autograd.Value
	for _, k := range []struct {
		name   string
		f      fn
		value  func(a, b float64) float64
		linear []int
	}{
		{"Add", autograd.Add, func(a, b float64) float64 { return a + b }, []int{0, 1}},
		{"Sub", autograd.Sub, func(a, b float64) float64 { return a - b }, []int{0, 1}},
		{"Mul", autograd.Mul, func(a, b float64) float64 { return a * b }, []int{0, 1}},
		{"Div", autograd.Div, func(a, b float64) float64 { return a / b }, []int{0}},
	} {
		for _, s := range [][2][]int{
			{{}, {}}, {{7}, {7}}, {{5, 7}, {5, 7}}, {{1, 2, 3, 5, 7}, {1, 2, 3, 5, 7}},
			{{}, {37}}, {{3, 5}, {1}}, {{2, 3, 5, 7}, {7}}, {{7}, {91, 7}}, {{2, 3, 5, 7}, {3, 1, 1}},
			{{2, 1, 3}, {5, 1}}, {{2, 3, 5, 7, 2}, {2, 1, 1, 1, 2}}, {{2, 1, 5, 1, 3}, {3, 1, 2, 1}},
			{{1, 1, 1}, {3, 1, 2}}, {{0, 3}, {3}}, {{2000, 37}, {37}}, {{3, 20000}, {3, 1}}, {{20000, 3}, {1, 3}},
			{{3, 100, 100, 3}, {3, 1, 1, 3}}, {{5, 3000, 7}, {5, 1, 7}}, {{40, 50, 24}, {40, 1, 24}}, {{8192, 2, 3}, {8192, 1, 3}}, {{4, 300, 300}, {300, 300}},
		} {
			c := optest.Case{Name: fmt.Sprintf("%s/%v%v", k.name, s[0], s[1]), In: optest.Shapes(s[:]...), Linear: k.linear, Fill: awayFromZero}
			c.Op = recorded(func(in []autograd.Value) autograd.Value { return k.f(in[0], in[1]) }, c.In)
			full := c.Op.Shape(c.In)
			i, j := places(full, c.In[0]), places(full, c.In[1])
			c.Reference = func(in [][]float64) []float64 {
				y := make([]float64, len(i))
				for at := range y {
					y[at] = k.value(in[0][i[at]], in[1][j[at]])
				}
				return y
			}
			table = append(table, c)
		}
		for name, s := range map[string][]int{"equal": map32, "channels": {32}} {
			table = append(table, optest.Case{Name: k.name + "/" + name + "/size=8x160x192x32",
				Op: recorded(func(in []autograd.Value) autograd.Value { return k.f(in[0], in[1]) }, optest.Shapes([]int{1}, []int{1})),
				In: optest.Shapes([]int{1}, []int{1}), Fill: awayFromZero, Bench: optest.Shapes(map32, s)})
		}
	}
	return table
}

// awayFromZero keeps quotients tame: 0.5 <= |x| <= 1.5.
func awayFromZero(rng *rand.Rand, _ int, x []float32) {
	for i := range x {
		x[i] = float32(math.Copysign(0.5+rng.Float64(), rng.Float64()-0.5))
	}
}

// places lists, for each element of full, what broadcasting puts there: the place
// of an element of s.
func places(full, s tensor.Shape) []int {
	i := make([]int, 0, full.Len())
	own := make([]int, s.Rank())
	each(full.Dims(), func(at []int) {
		for a := range own {
			own[a] = at[len(at)-len(own)+a] % s.Dim(a)
		}
		i = append(i, s.Index(own...))
	})
	return i
}

func unaryTable() (table []optest.Case) {
	normal := func(x float64) float64 { return (1 + math.Erf(x/math.Sqrt2)) / 2 }
	for _, k := range []struct {
		name           string
		f              func(x autograd.Value) autograd.Value
		value          func(x float64) float64
		margin         float64
		linear         bool
		worthMeasuring bool
	}{
		{"ReLU", autograd.ReLU, func(x float64) float64 { return max(x, 0) }, .25, false, true},
		{"LeakyReLU", func(x autograd.Value) autograd.Value { return autograd.LeakyReLU(x, 0.25) }, func(x float64) float64 { return max(x, x/4) }, .25, false, true},
		{"LeakyReLU/slope=-1", func(x autograd.Value) autograd.Value { return autograd.LeakyReLU(x, -1) }, math.Abs, .25, false, false},
		{"Sigmoid", autograd.Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 0, false, true},
		{"Tanh", autograd.Tanh, math.Tanh, 0, false, false},
		{"SiLU", autograd.SiLU, func(x float64) float64 { return x / (1 + math.Exp(-x)) }, 0, false, true},
		{"GELU", autograd.GELU, func(x float64) float64 { return x * normal(x) }, 0, false, true},
		{"GELUTanh", autograd.GELUTanh, func(x float64) float64 {
			return x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))) / 2
		}, 0, false, false},
		{"Softplus", Softplus, func(x float64) float64 { return math.Log1p(math.Exp(x)) }, 0, false, false},
		{"Scale", func(x autograd.Value) autograd.Value { return autograd.Scale(x, -0.75) }, func(x float64) float64 { return -0.75 * x }, 0, true, true},
		{"Dropout", func(x autograd.Value) autograd.Value { return autograd.Dropout(x, 0.5, 1) }, nil, 0, true, true},
	} {
		for i, s := range append(everyRank, []int{5, 91, 37}) {
			c := optest.Case{Name: fmt.Sprintf("%s/%v", k.name, s), In: optest.Shapes(s), Margin: k.margin}
			c.Op = recorded(func(in []autograd.Value) autograd.Value { return k.f(in[0]) }, c.In)
			if k.linear {
				c.Linear = []int{0}
			}
			if k.value != nil {
				c.Reference = func(in [][]float64) []float64 {
					y := make([]float64, len(in[0]))
					for i, x := range in[0] {
						y[i] = k.value(x)
					}
					return y
				}
			}
			if i == 0 && k.worthMeasuring {
				c.Name, c.Bench = k.name+"/size=8x160x192x32", optest.Shapes(map32)
			}
			table = append(table, c)
		}
	}
	return table
}

func softmaxTable() (table []optest.Case) {
	for name, f := range map[string]func(x autograd.Value) autograd.Value{"Softmax": autograd.Softmax, "LogSoftmax": autograd.LogSoftmax} {
		for _, s := range append(everyRank[1:], []int{91, 37}, []int{2000, 24}) {
			c := optest.Case{Name: fmt.Sprintf("%s/%v", name, s), In: optest.Shapes(s)}
			c.Op = recorded(func(in []autograd.Value) autograd.Value { return f(in[0]) }, c.In)
			c.Reference = func(in [][]float64) []float64 {
				var y []float64
				for row := range slices.Chunk(in[0], s[len(s)-1]) {
					sum, top := 0.0, slices.Max(row)
					for _, v := range row {
						sum += math.Exp(v - top)
					}
					for _, v := range row {
						if name == "Softmax" {
							y = append(y, math.Exp(v-top)/sum)
						} else {
							y = append(y, v-top-math.Log(sum))
						}
					}
				}
				return y
			}
			if s[0] == 2000 {
				c.Name, c.Bench = name+"/size=8x160x192x24", optest.Shapes([]int{8, 160, 192, 24})
			}
			table = append(table, c)
		}
	}
	return table
}

func joinTable() (table []optest.Case) {
	for _, k := range []struct {
		axis int
		in   [][]int
	}{
		{0, [][]int{{1}, {91}}}, {-1, [][]int{{5, 7}, {5, 2}, {5, 1}}}, {0, [][]int{{5, 7}, {2, 7}}},
		{1, [][]int{{2, 3, 5}, {2, 3, 5}}}, {2, [][]int{{3, 1, 37, 2}, {3, 1, 5, 2}, {3, 1, 0, 2}}}, {-1, [][]int{{1, 2, 3, 5, 7}, {1, 2, 3, 5, 1}}},
		{-4, [][]int{{1, 2, 3, 5, 7}, {1, 1, 3, 5, 7}}}, {-1, [][]int{{2000, 32}, {2000, 5}}},
	} {
		c := optest.Case{Name: fmt.Sprintf("Concat/axis=%d/%v", k.axis, k.in), In: optest.Shapes(k.in...)}
		c.Op = recorded(func(in []autograd.Value) autograd.Value { return autograd.Concat(k.axis, in...) }, c.In)
		full, axis := c.Op.Shape(c.In), (k.axis+len(k.in[0]))%len(k.in[0])
		c.Reference = func(in [][]float64) []float64 {
			var y []float64
			each(full.Dims(), func(at []int) {
				i := 0
				at = slices.Clone(at)
				for at[axis] >= c.In[i].Dim(axis) {
					at[axis] -= c.In[i].Dim(axis)
					i++
				}
				y = append(y, in[i][c.In[i].Index(at...)])
			})
			return y
		}
		for i := range k.in {
			c.Linear = append(c.Linear, i)
		}
		if k.in[0][0] == 2000 {
			c.Name, c.Bench = "Concat/axis=-1/size=8x160x192x32+32", optest.Shapes(map32, map32)
		}
		table = append(table, c)
	}
	for _, k := range []struct {
		axis, lo, hi int
		x            []int
	}{
		{1, 2, 5, []int{5, 7}}, {-1, 0, 1, []int{2, 3, 5}}, {2, 36, 37, []int{3, 1, 37, 2}}, {3, 1, 4, []int{1, 2, 3, 5, 7}},
		{-1, 3, 3, []int{2, 5}}, {-1, 5, 37, []int{2000, 37}},
	} {
		c := optest.Case{Name: fmt.Sprintf("Slice/axis=%d/%d:%d/%v", k.axis, k.lo, k.hi, k.x), In: optest.Shapes(k.x), Linear: []int{0}}
		c.Op = recorded(func(in []autograd.Value) autograd.Value { return autograd.Slice(in[0], k.axis, k.lo, k.hi) }, c.In)
		axis := (k.axis + len(k.x)) % len(k.x)
		c.Reference = func(in [][]float64) []float64 {
			var y []float64
			each(k.x, func(at []int) {
				if at[axis] >= k.lo && at[axis] < k.hi {
					y = append(y, in[0][c.In[0].Index(at...)])
				}
			})
			return y
		}
		table = append(table, c)
	}
	return table
}

func reductionTable() (table []optest.Case) {
	for _, k := range []struct {
		name string
		f    func(x autograd.Value, axes ...int) autograd.Value
	}{{"Sum", autograd.Sum}, {"Mean", autograd.Mean}, {"Variance", autograd.Variance}, {"SampleVariance", autograd.SampleVariance}} {
		for _, s := range []struct{ x, axes []int }{
			{[]int{2}, nil}, {[]int{91}, []int{0}}, {[]int{5, 7}, []int{0}}, {[]int{5, 7}, []int{1}}, {[]int{5, 7}, nil},
			{[]int{2, 3, 5}, []int{1}}, {[]int{2, 3, 5}, []int{0, -1}}, {[]int{3, 1, 37, 2}, []int{1, 2}}, {[]int{3, 1, 37, 2}, []int{0, 3}},
			{[]int{1, 2, 3, 5, 7}, []int{1, 3}}, {[]int{2, 3, 1, 5, 7}, []int{0, 2, 4}}, {[]int{1, 2, 3, 5, 7}, []int{1, 2, 3, 4}},
			{[]int{2000, 37}, []int{0}}, {[]int{2000, 37}, []int{1}}, {[]int{2, 91, 91, 7}, []int{1, 2}}, {[]int{91, 91, 7}, nil},
		} {
			c := optest.Case{Name: fmt.Sprintf("%s%v/%v", k.name, s.axes, s.x), In: optest.Shapes(s.x)}
			c.Op = recorded(func(in []autograd.Value) autograd.Value { return k.f(in[0], s.axes...) }, c.In)
			y := c.Op.Shape(c.In)
			to := places(c.In[0], y)
			c.Reference = func(in [][]float64) []float64 { return reduced(k.name, in[0], to, y.Len()) }
			if k.name == "Sum" || k.name == "Mean" {
				c.Linear = []int{0}
			}
			if len(s.x) == 4 && s.x[1] == 91 {
				c.Name, c.Bench = k.name+"[1 2]/size=8x160x192x32", optest.Shapes(map32)
			}
			table = append(table, c)
		}
	}
	return table
}

// reduced is the definition of the reductions, of x to n elements: x[i] goes into
// element to[i].
func reduced(name string, x []float64, to []int, n int) []float64 {
	count, mean, out := make([]float64, n), make([]float64, n), make([]float64, n)
	for i, v := range x {
		count[to[i]]++
		mean[to[i]] += v
	}
	if name == "Sum" {
		return mean
	}
	for i := range mean {
		mean[i] /= count[i]
	}
	if name == "Mean" {
		return mean
	}
	for i, v := range x {
		d := v - mean[to[i]]
		out[to[i]] += d * d
	}
	for i := range out {
		if name == "SampleVariance" {
			count[i]--
		}
		out[i] /= count[i]
	}
	return out
}
