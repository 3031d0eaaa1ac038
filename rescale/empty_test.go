package rescale_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/rescale"
	"github.com/sshn-go/sshn/tensor"
)

func TestMapsOfNothingHaveACost(t *testing.T) {
	for _, dims := range [][]int{{0, 4, 4, 3}, {2, 4, 4, 0}, {0, 4, 3}} {
		tape := autograd.NewTape()
		x := tape.Leaf(tensor.New(dims...))
		size := []int{3, 7}[:len(dims)-2]
		y := rescale.Resize(x, size, rescale.Config{})
		require.Zero(t, tape.Cost().MACs, "%v", dims)
		tape.Backward(autograd.Sum(y))
		require.Zero(t, y.Shape().Len())
	}
}
