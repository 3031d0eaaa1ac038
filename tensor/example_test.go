package tensor_test

import (
	"fmt"

	"github.com/sshn-go/sshn/tensor"
)

func Example() {
	x := tensor.From([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	x.Set(7, 1, 2)
	fmt.Println(x)
	fmt.Println(x.Range(1, 2).Reshape(3))
	fmt.Println(x.Shape == tensor.NewShape(2, 3))
	fmt.Println(tensor.New(8, 160, 192, 32))
	// Output:
	// [2 3] [[1 2 3] [4 5 7]]
	// [3] [4 5 7]
	// true
	// [8 160 192 32] min 0 mean 0 max 0
}
