package loss

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sshn-go/sshn/autograd/optest"
)

func labelledCases() []optest.Case {
	weights := []float64{0.5, 2, 0, 1.5, 1}
	terms := []labelled{
		{kind: "crossentropy", ce: 1},
		{kind: "crossentropy", ce: 1, Config: Config{Weights: weights, Ignore: []int{3}}},
		{kind: "crossentropy", ce: 1, Config: Config{Weights: weights, Smoothing: 0.2, Reduction: Sum}},
		{kind: "dice", dice: 1},
		{kind: "dice", dice: 1, Config: Config{Background: true, Ignore: []int{0}, Epsilon: 1}},
		{kind: "dice", dice: 1, Config: Config{PerSample: true}},
		{kind: "dice", dice: 1, probabilities: true, Config: Config{PerSample: true, Background: true}},
		{kind: "dicece", dice: 1, ce: 1},
		{kind: "dicece", dice: 0.7, ce: 0.3, Config: Config{Weights: weights, Ignore: []int{1}, Smoothing: 0.1, PerSample: true}},
	}
	var cases []optest.Case
	for i, o := range terms {
		for _, dims := range [][]int{{perSampleN, 5}, {perSampleN, 5, 2}, {perSampleN, 7, 3, 5}, {perSampleN, 2, 3, 1, 5}} {
			o, classes := o, dims[len(dims)-1]
			if o.Weights != nil {
				o.Weights = weights[:classes]
			}
			cases = append(cases, optest.Case{
				Name:  fmt.Sprintf("%s/%d/dims=%d/k=%d", o.kind, i, len(dims)-2, classes),
				Op:    o,
				In:    optest.Shapes(dims, dims[:len(dims)-1]),
				Fixed: []bool{false, true},
				Fill:  fill(classes, o.probabilities),
				Reference: func(in [][]float64) []float64 {
					return []float64{o.naive(in[0], in[1], classes)}
				},
			})
		}
	}
	return cases
}

func fill(classes int, probabilities bool) func(rng *rand.Rand, i int, x []float32) {
	return func(rng *rand.Rand, i int, x []float32) {
		for k := range x {
			switch {
			case i == 1:
				x[k] = float32(rng.IntN(classes))
			case probabilities:
				x[k] = 0.3 + 0.4*rng.Float32()
			default:
				x[k] = 2 * float32(rng.NormFloat64())
			}
		}
	}
}

func elementCases() []optest.Case {
	var cases []optest.Case
	for _, n := range []int{1, 2, 37, 91} {
		shape := []int{n, 3}
		two, three := optest.Shapes(shape, shape), optest.Shapes(shape, shape, shape)
		for _, r := range []Reduction{Mean, Sum} {
			name := fmt.Sprintf("/n=%d/reduction=%d", n, r)
			cases = append(cases,
				optest.Case{Name: "mse" + name, Op: mse{r}, In: two},
				optest.Case{Name: "bce" + name, Op: bce{nil, r}, In: two},
				optest.Case{Name: "bce/weighted" + name, Op: bce{[]float64{0.5, 1, 3}, r}, In: three, Linear: []int{1, 2}},
				// No difference comes near a kink, at 0 and at beta.
				optest.Case{Name: "smoothl1/above" + name, Op: smoothL1{0, r}, In: two, Fill: apart(2), Margin: 1},
				optest.Case{Name: "smoothl1/below" + name, Op: smoothL1{9, r}, In: two},
			)
		}
	}
	return cases
}

// apart fills the two inputs at least a distance apart.
func apart(distance float32) func(rng *rand.Rand, i int, x []float32) {
	return func(rng *rand.Rand, i int, x []float32) {
		for k := range x {
			x[k] = float32(2*i-1) * float32(1-2*(k%2)) * (distance + rng.Float32())
		}
	}
}

func TestLossesOverLabels(t *testing.T) { optest.Run(t, labelledCases()) }

func TestLossesOverElements(t *testing.T) { optest.Run(t, elementCases()) }

func BenchmarkLoss(b *testing.B) {
	var cases []optest.Case
	for _, o := range []labelled{{kind: "crossentropy", ce: 1}, {kind: "dice", dice: 1}, {kind: "dicece", dice: 1, ce: 1}} {
		shapes := optest.Shapes([]int{8, 160, 192, 24}, []int{8, 160, 192})
		cases = append(cases, optest.Case{
			Name: "n=8/c=24/size=160x192/loss=" + o.kind, Op: o, In: shapes, Bench: shapes,
			Fixed: []bool{false, true}, Fill: fill(24, false),
		})
	}
	optest.Bench(b, cases)
}
