package phantom_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/sshn-go/sshn/examples/internal/phantom"
)

func Example() {
	b := phantom.Slice(rand.New(rand.NewPCG(1, 2)), phantom.Config{})
	fmt.Println(b.Norm.Shape, phantom.Seg24.Table.Len(), phantom.Seg4.Table.Names())

	voxels := make([]int, phantom.Seg4.Table.Len())
	for _, label := range phantom.Seg4.Recode(b.Seg) {
		voxels[label]++
	}
	fmt.Println(voxels[3] > voxels[1], voxels[1] > voxels[2], voxels[2] > voxels[4])
	// Output:
	// [192 160 1] 25 [Unknown Cortex Subcortical-Gray-Matter White-Matter CSF]
	// true true true
}
