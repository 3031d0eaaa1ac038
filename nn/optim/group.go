package optim

import (
	"fmt"

	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
)

// A Group is a stretch of the parameters that learns at its own rate.
type Group struct {
	Lo, Hi  int     // elements [Lo, Hi)
	Rate    float64 // what the step size is multiplied by; 0 freezes it, whatever its gradient holds
	NoDecay bool    // spare it the weight decay, as one does biases
}

// Groups returns a group for each parameter of a layout to which rate assigns a
// multiplier other than 1:
//
//	config.Groups = optim.Groups(layout, func(p nn.Param) float64 {
//		if p.Name == "last.weight" {
//			return 0.1
//		}
//		return 1
//	})
func Groups(layout *nn.Layout, rate func(nn.Param) float64) []Group {
	var groups []Group
	for p := range layout.Params() {
		if r := rate(p); r != 1 {
			groups = append(groups, Group{Lo: p.Offset, Hi: p.Offset + p.Shape.Len(), Rate: r})
		}
	}
	return groups
}

// cover returns groups that cover [0, n) in order: the given ones and, of rate
// 1, what lies between. It panics if they descend, overlap or lie outside.
func cover(kind string, n int, groups []Group) []Group {
	var all []Group
	at := 0
	for _, g := range groups {
		if g.Lo < at || g.Hi < g.Lo || g.Hi > n || !sound(g.Rate) {
			panic(&tensor.UseError{Problem: fmt.Sprintf("optim: %s: group [%d, %d) of rate %v after %d, of %d parameters; groups ascend, do not overlap and have a rate of at least 0",
				kind, g.Lo, g.Hi, g.Rate, at, n)})
		}
		if at < g.Lo {
			all = append(all, Group{Lo: at, Hi: g.Lo, Rate: 1})
		}
		all = append(all, g)
		at = g.Hi
	}
	if at < n {
		all = append(all, Group{Lo: at, Hi: n, Rate: 1})
	}
	return all
}

// decay is the share of the weight decay that the group gets.
func (g Group) decay() float64 {
	if g.NoDecay {
		return 0
	}
	return 1
}
