package pareto_test

import (
	"context"
	"fmt"
	"math"
	"os"

	"github.com/sshn-go/sshn/pareto"
)

// curve stands for a measured network: cost grows with phi squared, Dice
// saturates.
func curve() []pareto.Point {
	points, err := pareto.Sweep(context.Background(), pareto.Grid(0.1, 0.5, 9),
		func(phi pareto.Phi) string { return fmt.Sprint(math.Ceil(phi[0]*20 - 1e-6)) },
		func(_ context.Context, phi pareto.Phi) (pareto.Point, error) {
			return pareto.Point{
				Dice: 0.9 - 0.2*math.Exp(-8*phi[0]), DiceSD: 0.02,
				MACs: int64(40e6 + 1.2e9*phi[0]*phi[0]), Bytes: int64(2e6 + 3e7*phi[0]*phi[0]),
				Latency: pareto.Latency{Median: 0.004 + 0.12*phi[0]*phi[0], P95: 0.005 + 0.16*phi[0]*phi[0]},
			}, nil
		})
	if err != nil {
		panic(err)
	}
	return points
}

func Example() {
	points := curve()
	choice, err := pareto.Cheapest(points, pareto.ByMACs, 0.02)
	if err != nil {
		panic(err)
	}
	pareto.WriteTable(os.Stdout, points, pareto.ByMACs, choice.Point)
	fmt.Println(choice)
	fmt.Println(pareto.Hypervolume(points, pareto.ByMACs, pareto.Reference{Cost: 400e6, Dice: 0.5}))
	// Output:
	// phi   MACs   memory   median      p95   Dice     sd
	//  0.1   52 M   2.3 MB   5.2 ms   6.6 ms  0.810  0.020  front
	// 0.15   67 M  2.68 MB   6.7 ms   8.6 ms  0.840  0.020  front
	//  0.2   88 M   3.2 MB   8.8 ms  11.4 ms  0.860  0.020  front
	// 0.25  115 M  3.88 MB  11.5 ms    15 ms  0.873  0.020  front
	//  0.3  148 M   4.7 MB  14.8 ms  19.4 ms  0.882  0.020  front, chosen
	// 0.35  187 M  5.68 MB  18.7 ms  24.6 ms  0.888  0.020  front
	//  0.4  232 M   6.8 MB  23.2 ms  30.6 ms  0.892  0.020  front
	// 0.45  283 M  8.08 MB  28.3 ms  37.4 ms  0.895  0.020  front
	//  0.5  340 M   9.5 MB    34 ms    45 ms  0.896  0.020  front
	// phi 0.3: 0.882 Dice, within 0.02 of the best 0.896 at phi 0.5, for 44 % of its MACs
	// hypervolume 0.6620 of 1, from Dice 0.5 at 400 M MACs
}

func ExampleBest() {
	best, err := pareto.Best(curve(), pareto.Budget{MACs: 100e6, Seconds: 0.01})
	fmt.Println(best, err)
	_, err = pareto.Best(curve(), pareto.Budget{MACs: 50e6, Seconds: 0.001})
	fmt.Println(err)
	// Output:
	// phi 0.2: Dice 0.860, 88 M MACs, 3.2 MB, 8.8 ms <nil>
	// no point fits a budget of 50 M MACs and 1 ms: the least needed is 52 M MACs (phi 0.1) and 5.2 ms (phi 0.1)
}

func ExampleWriteCSV() {
	pareto.WriteCSV(os.Stdout, curve()[:2])
	// Output:
	// phi,dice,dice_sd,macs,peak_bytes,median_s,p95_s,label
	// 0.1,0.8101342071765557,0.02,52000000,2300000,0.0052,0.0066,
	// 0.15,0.8397611576175597,0.02,67000000,2675000,0.006699999999999999,0.0086,
}
