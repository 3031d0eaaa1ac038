package loss_test

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn/loss"
	"github.com/sshn-go/sshn/tensor"
)

func Example() {
	tape := autograd.NewTape()
	// One row of three pixels and two classes; the last pixel is unlabelled.
	logits := tape.Leaf(tensor.From([]float32{2, 0, 0, 1, 5, 5}, 1, 3, 2))
	labels := tape.Const(tensor.From([]float32{0, 1, 255}, 1, 3))
	l := loss.DiceCE(logits, labels, loss.Config{Ignore: []int{255}})
	tape.Backward(l)
	fmt.Printf("%.3f\n", l.Item())
	fmt.Printf("%+.3f\n", logits.Grad().Data)
	// Output:
	// 0.430
	// [-0.104 +0.104 +0.263 -0.263 +0.000 +0.000]
}
