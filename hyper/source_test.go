package hyper

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/tensor"
)

// Losses of several thetas, one Backward after another, have the gradient that
// they have when each theta is made by itself.
func TestThetasAreThetaOfEachCondition(t *testing.T) {
	layout := primary()
	conditions := [][]float64{{0.1}, {0.35}, {0.5}, {0.2}, {0.15}, {0.3}, {0.4}, {0.45}}
	for name, source := range map[string]Source{
		"all vary":    NewNet(layout, 1, Config{Hidden: []int{64}}, 3),
		"some vary":   NewNet(layout, 1, Config{Hidden: []int{64}, Varies: []string{"encoder.*"}}, 3),
		"none varies": NewShared(layout.Init(3)),
	} {
		t.Run(name, func(t *testing.T) {
			descend := func(thetas func(*autograd.Tape) []autograd.Value) (all [][]float32, gradient []float32) {
				tape := autograd.NewTape()
				omega := source.Params().Leaf(tape)
				weights := tensor.New(layout.Len())
				for i := range weights.Data {
					weights.Data[i] = float32(i%7) - 3
				}
				for i, theta := range thetas(tape) {
					all = append(all, slices.Clone(theta.Keep().Tensor().Data))
					y := autograd.Mul(autograd.Mul(theta, theta), tape.Const(weights))
					tape.Backward(autograd.Scale(autograd.Sum(y, 0), float64(i+1)))
				}
				require.Equal(t, name == "all vary", omega.Gradient().Outer != nil, "no large matrix is made")
				return all, slices.Clone(omega.Grad().Data)
			}
			want, gradient := descend(func(tape *autograd.Tape) (all []autograd.Value) {
				for _, c := range conditions {
					all = append(all, source.Theta(tape, c))
				}
				return all
			})
			got, together := descend(func(tape *autograd.Tape) []autograd.Value { return Thetas(source, tape, conditions...) })
			for i := range want {
				require.InDeltaSlice(t, want[i], got[i], 1e-6)
			}
			size := kernel.DotWide(gradient, gradient)
			kernel.Axpy(gradient, together, -1)
			require.Less(t, kernel.DotWide(gradient, gradient), 1e-12*size, "sums of products in another order")
			require.NotZero(t, size)
		})
	}
}

func TestANetMakesItsThetasInOneProduct(t *testing.T) {
	tape := autograd.NewTape()
	net := NewNet(primary(), 1, Config{Hidden: []int{}}, 3)
	require.Len(t, Thetas(net, tape, []float64{0.1}, []float64{0.2}), 2)
	var products []tensor.Shape
	for _, r := range tape.Records() {
		if r.Kind == "linear" {
			products = append(products, r.Shape)
		}
	}
	require.Equal(t, []tensor.Shape{tensor.NewShape(2, primary().Len())}, products)
	require.Empty(t, Thetas(net, tape))
}

func TestConditionsOfUnlikeLengthsAreRefused(t *testing.T) {
	net := NewNet(primary(), 1, Config{}, 1)
	require.PanicsWithError(t, "hyper: a condition of 2 numbers, where the net takes 1", func() {
		net.Thetas(autograd.NewTape(), []float64{1}, []float64{1, 2})
	})
}
