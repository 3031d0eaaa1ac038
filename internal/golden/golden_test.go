package golden

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

// A plain convolution by its definition, in the library's order, ties the
// layout of x, w, y and gw to PyTorch's.
func TestLayoutsFitTheDefinitionOfConvolution(t *testing.T) {
	tested := 0
	for _, c := range Open(t, "conv1d") {
		if c.Attrs.Int("groups") != 1 {
			continue
		}
		x, w, y := ChannelsLast(c.Input64("x")), ConvWeight(c.Input64("w")), ChannelsLast(c.Output64("y"))
		stride, pad, step := c.Attrs.Ints("stride")[0], c.Attrs.Ints("padding")[0], c.Attrs.Ints("dilation")[0]
		bias := make([]float64, y.Shape.Dim(2))
		if c.Has("b") {
			bias = c.Input64("b").Data
		}
		got := make([]float64, 0, y.Shape.Len())
		for n := range y.Shape.Dim(0) {
			for o := range y.Shape.Dim(1) {
				for k, sum := range bias {
					for tap := range w.Shape.Dim(0) {
						at := o*stride - pad + tap*step
						for ch := 0; ch < w.Shape.Dim(1) && 0 <= at && at < x.Shape.Dim(1); ch++ {
							sum += x.Data[x.Shape.Index(n, at, ch)] * w.Data[w.Shape.Index(tap, ch, k)]
						}
					}
					got = append(got, sum)
				}
			}
		}
		// Some 20 terms of order 1, in another order of summation.
		Close(t, c.ID, got, y.Data, 1e-12, 1e-12)
		require.Equal(t, w.Shape, ConvWeight(c.Grad("w")).Shape)
		require.Equal(t, y.Shape, ChannelsLast(c.Upstream()).Shape)
		tested++
	}
	require.Greater(t, tested, 3)
}

func TestPermutationsMoveTheAxesTheyName(t *testing.T) {
	x := tensor.New(2, 3, 4, 5)
	for i := range x.Data {
		x.Data[i] = float32(i)
	}
	at := x.At(1, 2, 3, 4)
	require.Equal(t, at, ChannelsLast(x).At(1, 3, 4, 2))
	require.Equal(t, at, ConvWeight(x).At(3, 4, 2, 1))
	require.Equal(t, at, ConvTransposeWeight(x).At(3, 4, 1, 2))
	require.Equal(t, float32(7), LinearWeight(tensor.From([]float32{1, 2, 7, 4}, 2, 2)).At(0, 1))
	flat := tensor.New(3, 4)
	require.Equal(t, flat, ChannelsLast(flat))
	require.Equal(t, Array{tensor.NewShape(1, 2, 1), []float64{1, 2}},
		ChannelsLast(Array{tensor.NewShape(1, 1, 2), []float64{1, 2}}))
}

func TestAttributesAreTyped(t *testing.T) {
	a, err := parseAttrs([]byte(`{"dim": 1, "stride": [2, 3], "eps": 1e-8, "betas": [0.9, 1], "mode": "max", "on": true, "size": null}`))
	require.NoError(t, err)
	require.Equal(t, 1, a.Int("dim"))
	require.Equal(t, []int{1}, a.Ints("dim"))
	require.Equal(t, []int{2, 3}, a.Ints("stride"))
	require.Equal(t, 1e-8, a.Float("eps"))
	require.Equal(t, []float64{0.9, 1}, a.Floats("betas"))
	require.Equal(t, "max", a.Text("mode"))
	require.True(t, a.Bool("on"))
	require.False(t, a.Has("size"))
	require.Nil(t, a.Ints("size"))
	require.Zero(t, a.Int("size"))
	require.False(t, a.Bool("size"))
	b, _ := parseAttrs([]byte(`{"a": 1.5}`))
	require.PanicsWithValue(t, `golden: expected an integer as "a" in {"a":1.5}`, func() { b.Int("a") })
	require.PanicsWithValue(t, `golden: expected bool as "b" in {"a":1.5}`, func() { b.Bool("b") })
	require.PanicsWithValue(t, `golden: expected a list as "b" in {"a":1.5}`, func() { b.Ints("b") })
}

func TestEveryFileOpens(t *testing.T) {
	folder, err := Shared("golden")
	if err != nil {
		t.Skip(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.safetensors"))
	require.NoError(t, err)
	for _, path := range files {
		op := strings.TrimSuffix(filepath.Base(path), ".safetensors")
		for _, c := range Open(t, op) {
			y := "y"
			if !c.Has(y) {
				y = "p5" // of an optimiser's trajectory
			}
			require.NotEmpty(t, c.Output(y).Data, op)
		}
	}
	c := Open(t, "conv2d")[0]
	require.PanicsWithValue(t, `golden: conv2d case 00 has no "z"`, func() { c.Input("z") })
}

func TestCloseReportsTheWorstElement(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		got, want []float64
		text      string
	}{
		{[]float64{1, nan, inf, 1.001}, []float64{1, nan, inf, 1}, ""},
		{[]float64{1, 2, 9}, []float64{1, 2.5, 8}, "y: 2 of 3 elements differ; the worst, 1, is 2, expected 2.5: off by 0.5, allowed 0.0035"},
		{[]float64{1, 9, nan}, []float64{1, 2, 8}, "y: 2 of 3 elements differ; the worst, 2, is NaN, expected 8: off by NaN, allowed 0.009"},
		{[]float64{9, 8}, []float64{inf, nan}, "y: 2 of 2 elements differ; the worst, 1, is 8, expected NaN: off by NaN, allowed NaN"},
		{[]float64{1}, nil, "y: 1 elements, expected 0"},
	} {
		r := &recorder{TB: t}
		Close(r, "y", c.got, c.want, 1e-3, 1e-3)
		require.Equal(t, c.text, r.text)
	}
}

type recorder struct {
	testing.TB
	text string
}

func (r *recorder) Helper()                        {}
func (r *recorder) Errorf(format string, v ...any) { r.text = fmt.Sprintf(format, v...) }
