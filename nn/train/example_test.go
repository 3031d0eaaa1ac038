package train_test

import (
	"context"
	"fmt"
	"math"
	"os"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/optim"
	"github.com/sshn-go/sshn/nn/train"
	"github.com/sshn-go/sshn/tensor"
)

// The slope and the height of a line are fitted to points on y = 2x - 1. The
// run is cut short, and a second one, as after a restart, goes on from its
// checkpoint.
func Example() {
	dir, err := os.MkdirTemp("", "train")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)

	for _, steps := range []int{100, 400} {
		layout := nn.NewLayout()
		b := layout.Builder(1)
		slope, height := b.Param("slope", nn.Zeros, 1, 1), b.Param("height", nn.Zeros, 1)
		params := layout.Init(1)

		loop := &train.Loop{
			Params:    params,
			Optimiser: optim.NewAdam(layout.Len(), optim.AdamConfig{}),
			Schedule:  optim.Constant(0.05),
			Objective: func(t *autograd.Tape, at train.Moment) (autograd.Value, string, error) {
				rng := nn.Stream(1, "points", uint64(at.Step))
				x, y := tensor.New(8, 1), tensor.New(8, 1)
				for i := range x.Data {
					x.Data[i] = float32(rng.NormFloat64())
					y.Data[i] = 2*x.Data[i] - 1
				}
				p := &nn.Pass{Theta: params.Leaf(t)}
				z := autograd.Linear(t.Const(x), p.Param(slope), p.Param(height))
				d := autograd.Sub(z, t.Const(y))
				return autograd.Mean(autograd.Mul(d, d)), "", nil
			},
			Validate: func(context.Context) (float64, error) {
				return -math.Hypot(float64(params.Data[0])-2, float64(params.Data[1])+1), nil
			},
		}
		end, err := loop.Run(context.Background(), train.Config{Steps: steps, Every: 50, Dir: dir, Resume: true, Identity: "a line"})
		if err != nil {
			panic(err)
		}
		fmt.Printf("%d steps, ended by %s: y = %.1f x %+.1f\n", end.Steps, end.Stopped, end.Best[0], end.Best[1])
	}
	// Output:
	// 100 steps, ended by steps: y = 2.0 x -1.0
	// 400 steps, ended by steps: y = 2.0 x -1.0
}
