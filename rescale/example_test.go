package rescale_test

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/rescale"
	"github.com/sshn-go/sshn/tensor"
)

func Example() {
	tape := autograd.NewTape()
	x := tape.Const(tensor.From([]float32{0, 1, 2, 3, 4, 5, 6, 7}, 1, 8, 1))
	down := rescale.By(x, 0.5)
	up := rescale.Resize(down, x.Shape().Spatial(), rescale.Config{}).Keep()
	fmt.Println(down.Keep().Tensor())
	fmt.Println(up.Tensor())
	fmt.Println(rescale.By(x, 0.3).Shape(), rescale.Size(160, 0.07))
	// Output:
	// [1 4 1] [[[0.5] [2.5] [4.5] [6.5]]]
	// [1 8 1] [[[0.5] [1] [2] [3] [4] [5] [6] [6.5]]]
	// [1 3 1] 12
}

func ExampleTensor() {
	labels := tensor.From([]float32{0, 0, 17, 17, 17, 53}, 1, 6, 1)
	fmt.Println(rescale.Tensor(labels, []int{3}, rescale.Config{Mode: rescale.Nearest}))
	// Output:
	// [1 3 1] [[[0] [17] [53]]]
}
