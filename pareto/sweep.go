package pareto

import (
	"context"
	"fmt"
	"slices"
)

// Sweep evaluates phis and returns their points in order.
//
// Feature maps have whole sizes, so neighbouring phis may give the same ones
// and the same cost. key names the sizes that a phi leads to, and must be
// cheap; phis of equal keys are merged before anything is evaluated. The last
// given stands for the group: of ascending phis the greatest, which is the
// nearest to the ratio of the sizes, for sizes are rounded up.
//
// eval measures one phi; Sweep sets the Phi of the point that it returns. An
// error of eval, a point that [Point.Validate] refuses, or an ended ctx ends
// the sweep: the points finished so far come back with an error that names the
// phi.
func Sweep(ctx context.Context, phis []Phi, key func(Phi) string, eval func(context.Context, Phi) (Point, error)) ([]Point, error) {
	var points []Point
	for _, phi := range merge(phis, key) {
		if ctx.Err() != nil {
			return points, fmt.Errorf("sweep stopped before phi %v: %w", phi, context.Cause(ctx))
		}
		p, err := eval(ctx, phi)
		p.Phi = slices.Clone(phi)
		if err == nil {
			err = p.Validate()
		}
		if err != nil {
			return points, fmt.Errorf("sweep at phi %v: %w", phi, err)
		}
		points = append(points, p)
	}
	return points, nil
}

// merge keeps the last phi of each key, in the order given.
func merge(phis []Phi, key func(Phi) string) []Phi {
	var kept []Phi
	seen := map[string]bool{}
	for _, phi := range slices.Backward(phis) {
		if k := key(phi); !seen[k] {
			seen[k] = true
			kept = append(kept, phi)
		}
	}
	slices.Reverse(kept)
	return kept
}
