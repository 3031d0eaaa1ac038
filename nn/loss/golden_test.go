package loss

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/golden"
	"github.com/sshn-go/sshn/tensor"
)

// Inputs of a few float32 units give losses and gradients of about 1 through
// fewer than ten roundings to float32, of 6e-8 each.
const tolerance = 1e-6

func reduction(t *testing.T, c golden.Case) Reduction {
	if c.Attrs.Text("reduction") == "sum" {
		return Sum
	}
	require.Equal(t, "mean", c.Attrs.Text("reduction"))
	return Mean
}

// order puts a gradient in the order of the inputs: of logits, whose labels have
// no channels, the channels come last; other losses take any order.
func order(c golden.Case, g golden.Array) golden.Array {
	if c.Input("target").Shape == g.Shape {
		return g
	}
	return golden.ChannelsLast(g)
}

// agree compares a loss and the gradients of its leaves, by name.
func agree(t *testing.T, c golden.Case, y autograd.Value, leaves map[string]autograd.Value) {
	y.Tape().Backward(y)
	golden.Close(t, "y", y.Tensor().Data, c.Output64("y").Data, tolerance, tolerance)
	gy := c.Upstream().Data[0] // the references hold the gradient of y gy, of a scalar y too
	for name, x := range leaves {
		for k := range x.Grad().Data {
			x.Grad().Data[k] *= gy
		}
		golden.Close(t, "g"+name, x.Grad().Data, order(c, c.Grad64(name)).Data, tolerance, tolerance)
	}
}

// each calls f on the elements of a case without reduction, and compares the
// loss of each and its gradient, times what comes from upstream.
func each(t *testing.T, c golden.Case, x, target, weight tensor.Tensor, f func(x, target, weight autograd.Value) autograd.Value) {
	y, gx, gy := c.Output64("y").Data, order(c, c.Grad64("x")).Data, c.Upstream().Data
	n := len(x.Data) / len(y)
	for i, want := range y {
		tape := autograd.NewTape()
		leaf := tape.Leaf(tensor.From(x.Data[i*n:(i+1)*n], 1, n))
		dims := []int{1, 1}[:1+min(1, len(target.Data)/len(x.Data))]
		var w autograd.Value
		if weight.Data != nil {
			w = tape.Const(tensor.From(weight.Data[i:i+1], 1, 1))
		}
		l := f(leaf, tape.Const(tensor.From(target.Data[i:i+1], dims...)), w)
		tape.Backward(l)
		golden.Close(t, "y", l.Tensor().Data, []float64{want}, tolerance, tolerance)
		g := leaf.Grad().Data
		for k := range g {
			g[k] *= gy[i]
		}
		golden.Close(t, "gx", g, gx[i*n:(i+1)*n], tolerance, tolerance)
	}
}

func TestCrossEntropyAgreesWithPyTorch(t *testing.T) {
	for _, c := range golden.Open(t, "cross_entropy") {
		t.Run(c.ID+c.Attrs.String(), func(t *testing.T) {
			x, target := golden.ChannelsLast(c.Input("x")), c.Input("target")
			if target.Shape == x.Shape && x.Shape.Rank() == 2 {
				t.Skip("targets are class probabilities, which this package does not take")
			}
			config := Config{Ignore: []int{c.Attrs.Int("ignore_index")}, Smoothing: c.Attrs.Float("label_smoothing")}
			if c.Has("weight") {
				config.Weights = c.Input64("weight").Data
			}
			if c.Attrs.Text("reduction") == "none" {
				config.Reduction = Sum
				each(t, c, x, target, tensor.Tensor{}, func(x, target, _ autograd.Value) autograd.Value {
					return CrossEntropy(x, target, config)
				})
				return
			}
			config.Reduction = reduction(t, c)
			tape := autograd.NewTape()
			leaf := tape.Leaf(x)
			agree(t, c, CrossEntropy(leaf, tape.Const(target), config), map[string]autograd.Value{"x": leaf})
		})
	}
}

func TestBCEWithLogitsAgreesWithPyTorch(t *testing.T) {
	for _, c := range golden.Open(t, "bce_with_logits") {
		t.Run(c.ID+c.Attrs.String(), func(t *testing.T) {
			x, target := c.Input("x"), c.Input("target")
			var weight tensor.Tensor
			var positive []float64
			if c.Has("weight") {
				weight = c.Input("weight")
			}
			if c.Has("pos_weight") {
				positive = c.Input64("pos_weight").Data
			}
			if c.Attrs.Text("reduction") == "none" {
				i := -1
				each(t, c, x, target, weight, func(x, target, weight autograd.Value) autograd.Value {
					if i++; positive == nil {
						return BCEWithLogits(x, target, weight, nil, Sum)
					}
					k := i % len(positive)
					return BCEWithLogits(x, target, weight, positive[k:k+1], Sum)
				})
				return
			}
			tape := autograd.NewTape()
			leaf := tape.Leaf(x)
			var w autograd.Value
			if weight.Data != nil {
				w = tape.Const(weight)
			}
			y := BCEWithLogits(leaf, tape.Const(target), w, positive, reduction(t, c))
			agree(t, c, y, map[string]autograd.Value{"x": leaf})
		})
	}
}

func TestRegressionLossesAgreeWithPyTorch(t *testing.T) {
	losses := map[string]func(c golden.Case, x, target autograd.Value, r Reduction) autograd.Value{
		"mse": func(_ golden.Case, x, target autograd.Value, r Reduction) autograd.Value { return MSE(x, target, r) },
		"smooth_l1": func(c golden.Case, x, target autograd.Value, r Reduction) autograd.Value {
			return SmoothL1(x, target, c.Attrs.Float("beta"), r)
		},
	}
	for name, f := range losses {
		for _, c := range golden.Open(t, name) {
			t.Run(name+c.ID+c.Attrs.String(), func(t *testing.T) {
				if c.Attrs.Text("reduction") == "none" {
					each(t, c, c.Input("x"), c.Input("target"), tensor.Tensor{}, func(x, target, _ autograd.Value) autograd.Value {
						return f(c, x, target, Sum)
					})
					return
				}
				tape := autograd.NewTape()
				x, target := tape.Leaf(c.Input("x")), tape.Leaf(c.Input("target"))
				agree(t, c, f(c, x, target, reduction(t, c)), map[string]autograd.Value{"x": x, "target": target})
			})
		}
	}
}

// naive is the loss of the formulas, with a one-hot target, in float64.
func (o labelled) naive(x, labels []float64, classes int) float64 {
	n := len(labels)
	samples := 1
	if o.PerSample {
		samples = perSampleN
	}
	ce, weight, dice := 0.0, 0.0, 0.0
	for s := range samples {
		predicted, both, truth := make([]float64, classes), make([]float64, classes), make([]float64, classes)
		for i := s * n / samples; i < (s+1)*n/samples; i++ {
			row := x[i*classes : (i+1)*classes]
			if len(o.Ignore) > 0 && int(labels[i]) == o.Ignore[0] {
				continue
			}
			sum := 0.0
			for _, v := range row {
				sum += math.Exp(v)
			}
			y := int(labels[i])
			weight += o.weight(y)
			for k, v := range row {
				p := math.Exp(v) / sum
				if o.probabilities {
					p = v
				}
				hot := 0.0
				if k == y {
					hot = 1
				}
				ce -= o.weight(k) * ((1-o.Smoothing)*hot + o.Smoothing/float64(classes)) * math.Log(math.Exp(v)/sum)
				predicted[k] += p
				both[k] += p * hot
				truth[k] += hot
			}
		}
		for k := o.first(); k < classes; k++ {
			eps := orDefault(o.Epsilon, 1e-5)
			d := (2*both[k] + eps) / (predicted[k] + truth[k] + eps)
			dice += (1 - d) / float64(samples*(classes-o.first()))
		}
	}
	if o.Reduction == Mean && weight > 0 {
		ce /= weight
	}
	return o.ce*ce + o.dice*dice
}

const perSampleN = 3
