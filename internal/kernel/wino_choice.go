package kernel

import "os"

// winogradAsked is for tests: off, f2 or f4 where that can be, anything else
// leaves it to the costs.
var winogradAsked = os.Getenv("SSHN_WINOGRAD")

// winograd returns the algorithm for g, nil for the definition.
func (c *Conv) winograd(g *gather) *winograd {
	if c.Exact || c.Groups != 1 || !g.winogradable() {
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
	if g.k >= 16 && g.n >= 16 && g.axes[1].n >= 10 && g.axes[2].n >= 10 {
		return winogradOf(4)
	}
	return nil
}
