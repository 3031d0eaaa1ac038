package volume_test

import (
	"fmt"
	"log"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/volume"
)

func Example() {
	// Stored from left to right and from top to bottom, in slices 2 mm apart.
	scan := volume.Grid{
		Shape:  tensor.NewShape(1, 2, 3),
		Affine: [4][4]float64{{1, 0, 0, -1}, {0, 0, 2, 0}, {0, -1, 0, 1}, {0, 0, 0, 1}},
	}
	x := tensor.From([]float32{1, 2, 3, 4, 5, 6}, 1, 2, 3)

	move, err := volume.Frame{Orientation: "LAS", Spacing: [3]float64{1, 1, 1}}.Move(scan)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(scan.Orientation(), "->", move.To.Orientation(), move.To.Shape)
	y := move.Linear(x, 0)
	fmt.Println(y)

	labels := tensor.Zeros(y.Shape) // what a network found: all that is bright
	for i, v := range y.Data {
		if v > 3 {
			labels.Data[i] = 7
		}
	}
	fmt.Println(move.Inverse().Majority(labels, 0)) // on the scan's own grid
	// Output:
	// RIA -> LAS [2 2 3]
	// [2 2 3] [[[6 5 4] [6 5 4]] [[3 2 1] [3 2 1]]]
	// [1 2 3] [[[0 0 0] [7 7 7]]]
}
