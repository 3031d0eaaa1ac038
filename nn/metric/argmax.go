package metric

import (
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// Argmax returns the class of the greatest logit of each element, the first of
// equals: logits [..., K] -> classes [...], in new memory. It panics with a
// [*tensor.ShapeError] if there is no class.
func Argmax(logits tensor.Tensor) tensor.Tensor {
	s := logits.Shape
	if s.Rank() == 0 || s.Channels() == 0 {
		panic(&tensor.ShapeError{Op: "argmax", Shapes: []tensor.Shape{s}, Problem: "takes [..., K] with a class"})
	}
	k := s.Channels()
	classes := tensor.New(s.Dims()[:s.Rank()-1]...)
	parallel.For(len(classes.Data), 1<<12, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := logits.Data[i*k : (i+1)*k]
			best := 0
			for c, x := range row {
				if x > row[best] {
					best = c
				}
			}
			classes.Data[i] = float32(best)
		}
	})
	return classes
}
