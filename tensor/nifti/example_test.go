package nifti_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
)

func Example() {
	// A scan of 4 x 3 x 2 voxels of 1 x 1 x 2 mm; i runs to the left.
	affine := [4][4]float64{{-1, 0, 0, 80}, {0, 1, 0, -120}, {0, 0, 2, -70}, {0, 0, 0, 1}}
	scan := tensor.New(2, 3, 4) // [k j i]
	scan.Set(0.5, 1, 2, 3)
	var file bytes.Buffer
	if err := nifti.WriteImage(&file, nifti.NewHeader(scan.Shape, affine), scan); err != nil {
		log.Fatal(err)
	}

	v, err := nifti.Read(&file, nifti.Options{})
	if err != nil {
		log.Fatal(err)
	}
	h := v.Header
	fmt.Println(h.DataType(), v.Data.Shape, h.Spacing(), h.Orientation(), v.Data.At(1, 2, 3))

	// Its segmentation, on the same grid.
	labels := make([]int, v.Data.Shape.Len())
	for i, x := range v.Data.Data {
		if x > 0 {
			labels[i] = 17
		}
	}
	if err := nifti.WriteLabels(&file, h, labels); err != nil {
		log.Fatal(err)
	}
	seg, err := nifti.Read(&file, nifti.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, source := seg.Header.Affine()
	fmt.Println(seg.Header.DataType(), source, seg.Data.At(1, 2, 3))
	// Output:
	// float32 [2 3 4] [1 1 2] LAS 0.5
	// uint8 sform 17
}
