//go:build !race

package unet_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What a steady step does allocate are notes of nodes and closures of loops: one
// map of the first level takes 960 KB. Under the race detector it is more, for a
// sync.Pool then forgets at random what it holds.
func TestASteadyStepAllocatesNoTensorData(t *testing.T) {
	for _, train := range []bool{true, false} {
		books, _, allocated := memoryCase{2, []int{96, 80}, 16, []float64{0.5, 0.5, 0.5, 0.5, 0.5}, train}.steps()
		t.Logf("of %d KB a step allocates %d KB", books>>10, allocated>>10)
		require.Less(t, allocated, int64(128<<10))
	}
}
