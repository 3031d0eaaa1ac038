package pareto

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Budget is the most that a forward pass may cost. A field of zero is no
// limit; several limits hold together.
type Budget struct {
	MACs    int64   `json:"macs,omitempty"`
	Bytes   int64   `json:"bytes,omitempty"`
	Seconds float64 `json:"seconds,omitempty"` // of the median latency
}

// Best returns the most accurate point within a budget. Of points equally
// accurate it takes that of fewer MACs, then of less memory, then the faster,
// then the first; what was not measured comes last. A point whose cost was not
// measured is within no limit of that cost. If no point fits, the error names the
// budget and the least that the points cost.
func Best(points []Point, budget Budget) (Point, error) {
	var fit []Point
	for _, p := range points {
		if p.hasDice() && budget.holds(p) {
			fit = append(fit, p)
		}
	}
	if len(fit) == 0 {
		return Point{}, budget.problem(points)
	}
	// MinFunc takes the first of equals.
	return slices.MinFunc(fit, func(p, q Point) int {
		order := cmp.Compare(q.Dice, p.Dice)
		for by := range costs {
			order = cmp.Or(order, cmp.Compare(Cost(by).known(p), Cost(by).known(q)))
		}
		return order
	}), nil
}

func (b Budget) holds(p Point) bool {
	for by, limit := range b.limits() {
		if limit != 0 && !(p.ranked(Cost(by)) && Cost(by).Of(p) <= limit) {
			return false
		}
	}
	return true
}

// String lists the limits, as in 50 M MACs and 20 ms.
func (b Budget) String() string {
	var parts []string
	for by, limit := range b.limits() {
		if limit != 0 {
			parts = append(parts, Cost(by).amount(limit))
		}
	}
	if len(parts) == 0 {
		return "any cost"
	}
	return strings.Join(parts, " and ")
}

func (b Budget) problem(points []Point) error {
	if !slices.ContainsFunc(points, Point.hasDice) {
		return fmt.Errorf("no point to choose: none of %d has a Dice", len(points))
	}
	var least []string
	apart := true // each limit alone can be kept to
	for by, limit := range b.limits() {
		if limit == 0 {
			continue
		}
		front := Front(points, Cost(by))
		if len(front) == 0 {
			return fmt.Errorf("no point fits a budget of %v: none of %d has a measured %v", b, len(points), Cost(by))
		}
		cost := Cost(by).Of(front[0])
		apart = apart && cost <= limit
		at := fmt.Sprintf("phi %v", front[0].Phi)
		if len(points) > 1 && !Cost(by).Varies(points) {
			at = "any phi"
		}
		least = append(least, fmt.Sprintf("%s (%s)", Cost(by).amount(cost), at))
	}
	if apart {
		return fmt.Errorf("no point fits a budget of %v: each limit has points within it, and none is within all", b)
	}
	return fmt.Errorf("no point fits a budget of %v: the least needed is %s", b, strings.Join(least, " and "))
}

func (b Budget) limits() [3]float64 {
	return [...]float64{ByMACs: float64(b.MACs), ByBytes: float64(b.Bytes), BySeconds: b.Seconds}
}

// A Choice is a point and why it was chosen.
type Choice struct {
	Point   Point   `json:"point"`
	Best    Point   `json:"best"` // the most accurate of all
	By      Cost    `json:"by"`
	Epsilon float64 `json:"epsilon"` // how much Dice might be given up
	Tie     bool    `json:"tie"`     // all points cost the same, so Dice alone chose
}

// Cheapest returns the cheapest point whose Dice is within epsilon of the
// best; with an epsilon of 0, the cheapest of the best. Both ends of the choice
// lie on the [Front]. It panics with a [*UseError] if epsilon is negative or
// NaN and returns an error if no point can be ranked.
func Cheapest(points []Point, by Cost, epsilon float64) (Choice, error) {
	if !(epsilon >= 0) {
		misuse("cheapest", "epsilon of %v", epsilon)
	}
	front := Front(points, by)
	if len(front) == 0 {
		return Choice{}, fmt.Errorf("no point to choose: none of %d has a Dice and a measured %v", len(points), by)
	}
	best := front[len(front)-1]
	// 0.88 - 0.87 exceeds 0.01 in binary; a difference that nobody typed shall
	// not decide.
	const rounding = 1e-12
	i := slices.IndexFunc(front, func(p Point) bool { return best.Dice-p.Dice <= epsilon+rounding })
	return Choice{Point: front[i], Best: best, By: by, Epsilon: epsilon, Tie: len(rankedOf(points, by)) > 1 && !by.Varies(points)}, nil
}

// String gives the reason in one sentence.
func (c Choice) String() string {
	switch {
	case c.Tie:
		return fmt.Sprintf("phi %v: %.3f Dice, the best; every phi has the same %v", c.Point.Phi, c.Point.Dice, c.By)
	case c.Point.Equal(c.Best):
		return fmt.Sprintf("phi %v: %.3f Dice, the best; nothing cheaper is within %v of it", c.Point.Phi, c.Point.Dice, c.Epsilon)
	}
	return fmt.Sprintf("phi %v: %.3f Dice, within %v of the best %.3f at phi %v, for %.0f %% of its %v",
		c.Point.Phi, c.Point.Dice, c.Epsilon, c.Best.Dice, c.Best.Phi, 100*c.By.Of(c.Point)/c.By.Of(c.Best), c.By)
}
