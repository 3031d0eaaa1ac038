package kernel

import "os"

// winogradAsked is for tests: by the environment variable SSHN_WINOGRAD, "off",
// "f2" and "f4" take that algorithm wherever it can be used; anything else
// leaves it to the costs.
var winogradAsked = os.Getenv("SSHN_WINOGRAD")

// winograd returns the algorithm by which g is computed, as a gather or as a
// weight gradient: nil is the definition.
func (c *Conv) winograd(g *gather, weights bool) *winograd {
	if c.Exact || c.Groups != 1 || !g.winogradable() {
		return nil
	}
	if weights && (c.Kernel[1] != 3 || c.Kernel[2] != 3) { // some taps never meet the input
		return nil
	}
	switch winogradAsked {
	case "off":
		return nil
	case "f2":
		return winogradOf(2)
	case "f4":
		return winogradOf(4)
	}
	table := winogradCosts[calibrated{fast.lanes, weights}]
	var best *winograd
	least := definitionFavour * table[0].of(g.directWork())
	for _, m := range []int{2, 4} {
		if cost := table[m/2].of(g.winogradWork(m, weights)); cost < least {
			best, least = winogradOf(m), cost
		}
	}
	return best
}

// winogradCosts are those of the definition, of F(2x2, 3x3) and of F(4x4, 3x3),
// in products by the definition. cmd/calibrate found them, on an Intel processor
// with AVX-512 and on an AMD one without.
var winogradCosts = map[calibrated][3]costs{
	{16, false}: {{1.00, 0.00, 16.60, 0.00}, {1.02, 22.31, 12.11, 25.68}, {1.32, 18.84, 11.70, 15.84}},
	{16, true}:  {{1.00, 0.00, 7.59, 0.00}, {0.86, 27.40, 10.54, 16.81}, {1.06, 29.83, 13.27, 10.56}},
	{8, false}:  {{1.00, 0.00, 19.61, 0.00}, {0.90, 18.23, 7.96, 18.73}, {1.06, 16.47, 9.31, 12.03}},
	{8, true}:   {{1.00, 0.00, 25.97, 0.00}, {0.90, 18.99, 10.02, 6.98}, {0.77, 21.47, 11.80, 7.90}},
}

type calibrated struct {
	lanes   int
	weights bool
}

// definitionFavour is what the definition's cost counts for: the others must be
// clearly better, for their errors are larger.
const definitionFavour = 0.95

// An effort counts what an algorithm has to do, in vectors: products, inputs to
// transform, outputs to transform and write, and weights to transform (for a
// weight gradient, sums: how often one is read and written, with each plane of a
// block of work and at the end of each chunk).
type effort [4]float64

// Costs are the times that an effort's parts take, in arbitrary units.
type costs [4]float64

func (c costs) of(e effort) float64 {
	sum := 0.0
	for i := range c {
		sum += c[i] * e[i]
	}
	return sum
}

// cachedFloats is what of transformed weights, or sums, the second cache holds
// beside the rest.
const cachedFloats = 1 << 18

func (g *gather) directWork() effort {
	vectors := (g.n + fast.lanes - 1) / fast.lanes
	outputs := float64(g.points() * vectors)
	weights := float64(g.tapCount() * g.k * vectors)
	return effort{outputs * float64(g.tapCount()*g.k), 0, outputs, weights}
}

func (g *gather) winogradWork(m int, weights bool) effort {
	s := g.strips(m, winogradTiles, tasksWanted/2)
	if weights {
		s = g.weightStrips(m)
	}
	depth := float64(len(g.axes[0].taps))
	ins, outs := float64((g.k+fast.lanes-1)/fast.lanes), float64((g.n+fast.lanes-1)/fast.lanes)
	points := float64((m + 2) * (m + 2))
	tiles := float64(g.batch * g.axes[0].n * s.rows * s.across)
	e := effort{points * tiles * float64(g.k) * outs * depth, points * tiles * ins, points * tiles * outs, points * float64(g.k) * outs * depth}
	if e[3]*float64(fast.lanes) > cachedFloats {
		e[3] *= 1.5 // as measured with 128 channels
	}
	if weights {
		planes := 1.0
		if s.deep {
			planes = float64(g.axes[0].n) / float64(s.layers)
		}
		e[3] *= planes*float64(s.blocks()) + float64(min(s.blocks(), g.weightChunks(m)))
	}
	return e
}
