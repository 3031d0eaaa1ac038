//go:build !race

package unet_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/nn/unet"
)

// What a steady step does allocate are notes of nodes and closures of loops: one
// map of the first level takes 960 KB. Under the race detector it is more, for a
// sync.Pool then forgets at random what it holds. Steps are many, for where other
// programs run workers come late, and scratch grows until they met once.
func TestASteadyStepAllocatesNoTensorData(t *testing.T) {
	for _, train := range []bool{true, false} {
		for _, norm := range []unet.Norm{unet.NoNorm, unet.InstanceNorm} {
			books, _, allocated := memoryCase{2, []int{96, 80}, 16, slices.Repeat([]float64{0.5}, 20), train, norm}.steps()
			t.Logf("of %d KB a step allocates %d KB", books>>10, allocated>>10)
			require.Less(t, allocated, int64(128<<10))
		}
	}
}
