package metric

import (
	"fmt"
	"slices"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// Argmax returns the class of the greatest logit of each element, the first of
// equals: logits [..., K] -> classes [...], in new memory. A NaN is no number to
// choose by: Argmax returns an error that names the first element with one. It
// panics with a [*tensor.ShapeError] if there is no class.
func Argmax(logits tensor.Tensor) (tensor.Tensor, error) {
	s := logits.Shape
	if s.Rank() == 0 || s.Channels() == 0 {
		panic(&tensor.ShapeError{Op: "argmax", Shapes: []tensor.Shape{s}, Problem: "takes [..., K] with a class"})
	}
	k := s.Channels()
	classes := tensor.New(s.Dims()[:s.Rank()-1]...)
	bad := parallel.Sum(len(classes.Data), 1<<12, func(lo, hi int) (bad float64) {
		for i := lo; i < hi; i++ {
			best, ok := argmax(logits.Data[i*k : (i+1)*k])
			if !ok {
				bad++
				best = -1
			}
			classes.Data[i] = float32(best)
		}
		return bad
	})
	if bad > 0 {
		return tensor.Tensor{}, fmt.Errorf("metric: argmax: %.0f of %d elements of %v have a logit that is NaN, the first is element %d",
			bad, len(classes.Data), s, slices.Index(classes.Data, -1))
	}
	return classes, nil
}

func argmax(row []float32) (best int, ok bool) {
	top := row[0]
	ok = top == top
	for c, x := range row {
		if x > top {
			best, top = c, x
		}
		ok = ok && x == x
	}
	return best, ok
}
