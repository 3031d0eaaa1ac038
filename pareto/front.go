package pareto

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Front returns the points that no other point beats, the cheapest first: p
// beats q if it is no less accurate and no more costly, and better in one of
// the two. Both cost and Dice strictly increase along the front, for points of
// equal cost leave the most accurate, those of equal Dice the cheapest, and of
// points equal in both the first given stays. Points that cannot be ranked
// (see the package) are passed over. The slice is new; the points share their
// Phi with those given.
func Front(points []Point, by Cost) []Point {
	sorted := rankedOf(points, by)
	slices.SortStableFunc(sorted, func(p, q Point) int {
		return cmp.Or(cmp.Compare(by.Of(p), by.Of(q)), cmp.Compare(q.Dice, p.Dice))
	})
	var front []Point
	for _, p := range sorted {
		if len(front) == 0 || p.Dice > front[len(front)-1].Dice {
			front = append(front, p)
		}
	}
	return front
}

// A Reference is the corner from which a hypervolume is measured: a network so
// costly and so inaccurate that every point of interest is better in both.
type Reference struct {
	Cost float64 `json:"cost"` // in the unit of the axis
	Dice float64 `json:"dice"`
}

// Volume is a hypervolume together with all that it depends on. Two of them
// compare only if they have the same axis and reference.
type Volume struct {
	Area      float64   `json:"area"` // Dice times cost
	By        Cost      `json:"by"`
	Reference Reference `json:"reference"`
}

// Hypervolume returns the area of the part of the plane that is better than
// ref and no better than some point: the union of the rectangles between ref
// and each point, exactly. Points that are not better than ref in both
// coordinates, or cannot be ranked, add nothing. It panics with a [*UseError]
// unless ref.Cost is positive and finite and ref.Dice in [0, 1).
//
// Source: Zitzler and Thiele, Multiobjective optimization using evolutionary
// algorithms (PPSN 1998), where it is the size of the space covered.
func Hypervolume(points []Point, by Cost, ref Reference) Volume {
	if !(ref.Cost > 0) || math.IsInf(ref.Cost, 0) || !(ref.Dice >= 0 && ref.Dice < 1) {
		misuse("hypervolume", "reference of cost %v and Dice %v", ref.Cost, ref.Dice)
	}
	v := Volume{By: by, Reference: ref}
	floor := ref.Dice
	for _, p := range Front(points, by) {
		if width := ref.Cost - by.Of(p); width > 0 && p.Dice > floor {
			v.Area += width * (p.Dice - floor)
			floor = p.Dice
		}
	}
	return v
}

// Share returns the area as a share of the most there could be, a Dice of 1 at
// no cost.
func (v Volume) Share() float64 { return v.Area / (v.Reference.Cost * (1 - v.Reference.Dice)) }

// String prints the share and the reference point.
func (v Volume) String() string {
	return fmt.Sprintf("hypervolume %.4f of 1, from Dice %v at %s", v.Share(), v.Reference.Dice, v.By.amount(v.Reference.Cost))
}
