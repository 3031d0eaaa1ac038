package plot_test

import (
	"bytes"
	"fmt"
	"image/png"
	"math"

	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/pareto/plot"
)

// curve stands for a measured network: cost grows with phi squared, Dice
// saturates at top.
func curve(top float64, phis ...pareto.Phi) []pareto.Point {
	var points []pareto.Point
	for _, phi := range phis {
		points = append(points, pareto.Point{
			Phi: phi, Dice: top - 0.2*math.Exp(-8*phi[0]), MACs: int64(40e6 + 1.2e9*phi[0]*phi[0]),
			Bytes: int64(2e6 + 3e7*phi[0]*phi[0]), Latency: pareto.Latency{Median: 0.004 + 0.1*phi[0]*phi[0]},
		})
	}
	return points
}

func Example() {
	points := curve(0.9, pareto.Grid(0.1, 0.5, 9)...)
	choice, err := pareto.Cheapest(points, pareto.ByMACs, 0.02)
	if err != nil {
		panic(err)
	}
	f := plot.Figure{
		Title:  "Accuracy against cost",
		Series: []plot.Series{{Label: "SSHN", Points: points}},
		Chosen: choice.Point,
	}
	var b bytes.Buffer
	if err := f.WritePNG(&b); err != nil {
		panic(err)
	}
	picture, err := png.DecodeConfig(&b)
	if err != nil {
		panic(err)
	}
	fmt.Println(picture.Width, picture.Height)
	// Output: 1600 1000
}
