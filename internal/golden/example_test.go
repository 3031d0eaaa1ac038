package golden_test

import (
	"fmt"

	"github.com/sshn-go/sshn/internal/golden"
	"github.com/sshn-go/sshn/tensor"
)

func ExampleChannelsLast() {
	x := tensor.From([]float32{1, 2, 3, 10, 20, 30}, 1, 2, 3) // N C W
	fmt.Println(golden.ChannelsLast(x))                       // N W C
	// Output:
	// [1 3 2] [[[1 10] [2 20] [3 30]]]
}
