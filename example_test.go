package sshn_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
)

func Example() {
	samples := discs(24, 32, 32) // a data.Dataset: anything with Len, Subject and Load
	split, err := data.NewSplit(data.Subjects(samples), 4, 4, 1)
	if err != nil {
		log.Fatal(err)
	}
	model, err := sshn.New(sshn.Config{
		Network: unet.Config{In: 1, Out: 3, Widths: []int{8, 8, 8}},
		Seed:    1,
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	_, err = model.Train(ctx, data.Of(samples, split.Train), sshn.Training{
		Steps: 200, Batch: 4, Rate: 3e-3, Val: data.Of(samples, split.Val),
	})
	if err != nil {
		log.Fatal(err)
	}
	curve, err := model.Measure(ctx, data.Of(samples, split.Val), pareto.Grid(0.1, 0.5, 9), nil)
	if err != nil {
		log.Fatal(err)
	}
	model.Curve = curve // is saved with the model; Measure itself changes nothing
	point, err := pareto.Best(curve.Points, pareto.Budget{MACs: 3e6})
	if err != nil {
		log.Fatal(err)
	}
	ordinary, err := model.Freeze(point.Phi) // a U-Net of that phi, no hypernetwork
	if err != nil {
		log.Fatal(err)
	}
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	if err := ordinary.Save(filepath.Join(folder, "model.safetensors")); err != nil {
		log.Fatal(err)
	}
	fmt.Println("within 3 million MACs:", point.MACs <= 3e6, "and Dice over 0.8:", point.Dice > 0.8)
	// Output:
	// within 3 million MACs: true and Dice over 0.8: true
}
