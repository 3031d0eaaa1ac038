// Command quickstart is the library on a page: it trains one network for every
// phi, measures what each phi costs and is worth, chooses one, and keeps an
// ordinary network of it.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	model, err := sshn.New(sshn.Config{Network: unet.Config{In: 1, Out: 3, Widths: []int{8, 8, 8}}})
	if err != nil {
		return err
	}
	if _, err := model.Train(ctx, cells(64, "train"), sshn.Training{Steps: 300, Batch: 4, Rate: 3e-3, Progress: w}); err != nil {
		return err
	}
	held := cells(16, "held out")
	curve, err := model.Measure(ctx, held, pareto.Grid(0.05, 0.5, 10), nil)
	if err != nil {
		return err
	}
	choice, err := pareto.Cheapest(curve.Points, pareto.ByMACs, 0.01)
	if err != nil {
		return err
	}
	if err := pareto.WriteTable(w, curve.Points, pareto.ByMACs, choice.Point); err != nil {
		return err
	}
	fmt.Fprintln(w, "chosen:", choice)

	ordinary, err := model.Freeze(choice.Point.Phi) // no hypernetwork in it; Save writes it to a file
	if err != nil {
		return err
	}
	at, err := ordinary.At(nil)
	if err != nil {
		return err
	}
	classes, err := at.Classes(held[0].Image)
	if err != nil {
		return err
	}
	draw(w, classes)
	return nil
}

// cells returns images of round cells, bright, with a darker nucleus, in noise.
func cells(n int, purpose string) data.Samples {
	const size = 32
	var all data.Samples
	for i := range n {
		rng := nn.Stream(1, purpose, uint64(i))
		s := data.Sample{Subject: fmt.Sprint(purpose, i), Image: tensor.New(size, size, 1), Labels: tensor.New(size, size)}
		y0, x0, r := 10+12*rng.Float64(), 10+12*rng.Float64(), 6+4*rng.Float64()
		for p := range s.Labels.Data {
			dy, dx := float64(p/size)-y0, float64(p%size)-x0
			switch d := dy*dy + dx*dx; {
			case d < r*r/5:
				s.Labels.Data[p] = 2
			case d < r*r:
				s.Labels.Data[p] = 1
			}
			bright := [...]float64{0, 1, 0.6}[int(s.Labels.Data[p])]
			s.Image.Data[p] = float32(bright + 0.3*rng.NormFloat64())
		}
		all = append(all, s)
	}
	return all
}

// draw prints every second row of classes [H W].
func draw(w io.Writer, classes tensor.Tensor) {
	for y := 0; y < classes.Shape.Dim(0); y += 2 {
		for x := range classes.Shape.Dim(1) {
			fmt.Fprint(w, string(".o@"[int(classes.At(y, x))]))
		}
		fmt.Fprintln(w)
	}
}
