package data_test

import (
	"context"
	"fmt"

	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor"
)

func Example() {
	var all data.Samples
	for _, name := range []string{"ann", "bob", "cid", "dot", "eve", "fay"} {
		all = append(all, data.Sample{Subject: name, Image: tensor.New(160, 192, 1), Labels: tensor.New(160, 192)})
	}
	split, err := data.NewSplit(data.Subjects(all), 1, 2, 42)
	if err != nil {
		panic(err)
	}
	fmt.Println("train", split.Train, "val", split.Val, "test", split.Test)

	loader := &data.Loader{
		Data:    data.Of(all, split.Train),
		Batch:   2,
		Seed:    42,
		Augment: data.Augment{Flip: 0.5, FlipAxis: -1, Rotate: 10, Elastic: 2, Gamma: 0.2},
		Workers: 2,
	}
	for batch, err := range loader.Batches(context.Background(), 0) {
		if err != nil {
			panic(err)
		}
		fmt.Println("step", batch.Step, "image", batch.Image.Shape, "labels", batch.Labels.Shape)
		if batch.Step == 2 {
			break
		}
	}
	// Output:
	// train [ann bob dot] val [cid] test [eve fay]
	// step 0 image [2 160 192 1] labels [2 160 192]
	// step 1 image [2 160 192 1] labels [2 160 192]
	// step 2 image [2 160 192 1] labels [2 160 192]
}
