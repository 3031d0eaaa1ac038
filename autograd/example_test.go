package autograd_test

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// Recording computes nothing; Backward runs the tape and walks back over it.
func Example() {
	tape := autograd.NewTape()
	x := tape.Leaf(tensor.From([]float32{1, 2, 3, 4}, 2, 2))
	gain := tape.Leaf(tensor.From([]float32{10, -1}, 2))
	y := autograd.LeakyReLU(autograd.ScaleChannels(x, gain), 0.5).Keep()
	loss := autograd.Mean(y)
	tape.Backward(loss)
	fmt.Println(y.Tensor())
	fmt.Println(loss.Item())
	fmt.Println(x.Grad())
	fmt.Println(gain.Grad())
	// Output:
	// [2 2] [[10 -1] [30 -2]]
	// 9.25
	// [2 2] [[2.5 -0.125] [2.5 -0.125]]
	// [2] [1 0.75]
}

// Two tapes run at once, each by half of the processors.
func ExampleLimitWorkers() {
	defer autograd.LimitWorkers(autograd.LimitWorkers(max(1, runtime.GOMAXPROCS(0)/2)))
	var both sync.WaitGroup
	sums := make([]float32, 2)
	for i := range sums {
		both.Go(func() {
			tape := autograd.NewTape()
			x := tape.Leaf(tensor.From([]float32{1, 2, 3, float32(i)}, 2, 2))
			sums[i] = autograd.Sum(autograd.Mul(x, x)).Item()
		})
	}
	both.Wait()
	fmt.Println(sums)
	// Output: [14 15]
}

// What a network costs is known before any of it is computed.
func ExampleTape_Cost() {
	tape := autograd.NewTape()
	x := tape.Const(tensor.New(1, 160, 192, 16))
	for range 10 {
		x = autograd.Scale(x, 0.5)
	}
	fmt.Println(x.Shape(), tape.Cost().MACs, "MACs")
	tape.NoGrad(func() { autograd.ReLU(x) })
	fmt.Println(tape.Cost().Bytes>>10, "KiB at most, two maps at a time")
	// Output:
	// [1 160 192 16] 4915200 MACs
	// 3840 KiB at most, two maps at a time
}

// softplus is y = log(1 + exp(x)), a smooth ReLU. It is all that an operation
// of one's own takes: a struct with these methods.
type softplus struct{}

func (softplus) Shape(in []tensor.Shape) tensor.Shape { return in[0] }
func (softplus) Cost([]tensor.Shape) autograd.Cost    { return autograd.Cost{} }

func (softplus) Forward(out tensor.Tensor, in []tensor.Tensor) {
	for i, x := range in[0].Data {
		out.Data[i] = float32(math.Log1p(math.Exp(float64(x))))
	}
}

// Backward adds: another use of x may have left its gradient there already.
func (softplus) Backward(gin []tensor.Tensor, gout, out tensor.Tensor, _ []tensor.Tensor) {
	for i := range gin[0].Data {
		gin[0].Data[i] += gout.Data[i] * float32(-math.Expm1(-float64(out.Data[i])))
	}
}

// As Backward needs y alone, the tape may reuse the memory of x earlier.
func (softplus) Needs(int) bool    { return false }
func (softplus) NeedsOutput() bool { return true }

// Softplus is how a user calls the operation.
func Softplus(x autograd.Value) autograd.Value { return autograd.Apply(softplus{}, x) }

func ExampleOp() {
	tape := autograd.NewTape()
	x := tape.Leaf(tensor.From([]float32{-1, 0, 1}, 3))
	loss := autograd.Sum(Softplus(x))
	tape.Backward(loss)
	fmt.Printf("%.4f\n", loss.Item())
	fmt.Println(x.Grad())
	// Output:
	// 2.3197
	// [3] [0.26894 0.5 0.73106]
}
