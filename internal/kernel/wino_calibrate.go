package kernel

import (
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/sshn-go/sshn/internal/parallel"
)

// CalibrateWinograd measures, on one processor, what the parts of convolutions
// cost by the definition and by Winograd's algorithms, with the instruction set
// in use, and prints the lines of winogradCosts and how well it
// predicts. It takes about a minute, and wants an idle machine.
func CalibrateWinograd() {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer func(before string) { winogradAsked = before }(winogradAsked)
	for _, weights := range []bool{false, true} {
		var table [3]costs
		trials := measureTrials(weights)
		for i := range table {
			table[i] = fit(trials, i)
		}
		// In units of a product by the definition.
		unit := table[0][0]
		fmt.Printf("{%d, %v}: {", fast.lanes, weights)
		for i := range table {
			for j := range table[i] {
				table[i][j] /= unit
			}
			fmt.Printf("%s{%.2f, %.2f, %.2f, %.2f}", []string{"", ", "}[min(i, 1)], table[i][0], table[i][1], table[i][2], table[i][3])
		}
		fmt.Println("},")
		report(trials, table, unit)
	}
}

// A trial is a convolution with the efforts and times of the three algorithms.
type trial struct {
	Conv
	efforts [3]effort
	seconds [3]float64
}

func measureTrials(weights bool) (trials []trial) {
	for _, s := range []struct{ n, cin, cout, d, h, w int }{
		{1, 16, 16, 1, 96, 96}, {1, 32, 32, 1, 160, 192}, {1, 64, 32, 1, 96, 96}, {1, 32, 64, 1, 80, 96}, {1, 64, 64, 1, 48, 48},
		{1, 32, 32, 1, 37, 37}, {1, 32, 32, 1, 19, 19}, {1, 64, 64, 1, 12, 12}, {1, 32, 32, 1, 10, 10}, {8, 32, 32, 1, 6, 6},
		{1, 128, 128, 1, 12, 12}, {1, 8, 32, 1, 64, 64}, {1, 32, 8, 1, 64, 64}, {1, 24, 40, 1, 33, 45},
		{1, 16, 16, 32, 32, 32}, {1, 32, 32, 24, 24, 24}, {1, 32, 32, 10, 10, 10}, {1, 16, 32, 6, 6, 6}, {1, 64, 64, 12, 12, 12},
	} {
		c := Conv{N: s.n, In: [3]int{s.d, s.h, s.w}, Kernel: [3]int{3, 3, 3}, Stride: [3]int{1, 1, 1}, Pad: [3]int{1, 1, 1},
			Dilation: [3]int{1, 1, 1}, Cin: s.cin, Cout: s.cout, Groups: 1}
		if s.d == 1 {
			c.Kernel[0], c.Pad[0] = 1, 0
		}
		c.Out = c.In
		trials = append(trials, measure(c, weights))
	}
	return trials
}

// measure takes the best of many times, the algorithms in turn.
func measure(c Conv, weights bool) trial {
	t := trial{Conv: c}
	x, y := parallel.Aligned(c.N*volume(c.In)*c.Cin), parallel.Aligned(c.N*volume(c.Out)*c.Cout)
	w := parallel.Aligned(c.weights())
	for i := range x {
		x[i] = float32(i%7) - 3
	}
	var held [3][8]tap
	g := gather{batch: c.N, in: c.One(x), k: c.Cin, n: c.Cout}
	for a := range g.axes {
		g.axes[a] = c.forwardAxis(a, held[a][:0])
	}
	t.efforts = [3]effort{g.directWork(), g.winogradWork(2, weights), g.winogradWork(4, weights)}
	repeat := int(1 + 5e6/c.MACs())
	for range 40 {
		for i, name := range []string{"off", "f2", "f4"} {
			winogradAsked = name
			start := time.Now()
			for range repeat {
				if weights {
					c.WeightGrad(w, c.One(x), y, false)
				} else {
					c.Forward(y, c.One(x), w, nil, 1)
				}
			}
			if s := time.Since(start).Seconds() / float64(repeat); t.seconds[i] == 0 || s < t.seconds[i] {
				t.seconds[i] = s
			}
		}
	}
	return t
}

// fit returns the costs, none negative, with the least squares of relative
// errors for algorithm i, one coordinate after another.
func fit(trials []trial, i int) (c costs) {
	for range 20_000 {
		for j := range c {
			var above, below float64
			for _, t := range trials {
				a := t.efforts[i][j] / t.seconds[i]
				above += a * (1 - c.of(t.efforts[i])/t.seconds[i] + c[j]*a)
				below += a * a
			}
			if below > 0 {
				c[j] = max(0, above/below)
			}
		}
	}
	return c
}

// report prints for each trial the times, what the costs make of them, and the
// choice: how much slower it is than the best.
func report(trials []trial, table [3]costs, unit float64) {
	for _, t := range trials {
		fmt.Printf("// %d x %v, %d -> %d:", t.N, t.In, t.Cin, t.Cout)
		choice, least, best := 0, math.Inf(1), math.Inf(1)
		for i := range table {
			guess := table[i].of(t.efforts[i]) * unit
			fmt.Printf("  %.1f us (%+.0f %%)", t.seconds[i]*1e6, 100*(guess/t.seconds[i]-1))
			if i == 0 {
				guess *= definitionFavour
			}
			if guess < least {
				choice, least = i, guess
			}
			best = min(best, t.seconds[i])
		}
		fmt.Printf("; choice %d, %+.0f %%\n", choice, 100*(t.seconds[choice]/best-1))
	}
}
