package loss

import (
	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// labelled is ce times the cross-entropy plus dice times the Dice loss. Its
// state is all that backward takes, so the logits may go after forward: the
// probabilities [positions, K], unless they are the input, and the slopes.
type labelled struct {
	kind          string
	ce, dice      float64 // 0: without
	probabilities bool    // the prediction is no logits
	Config
}

func (o labelled) String() string { return o.kind }

func (o labelled) Shape(in []tensor.Shape) tensor.Shape {
	x, labels := in[0], in[1]
	refuse := func(problem string, shapes ...tensor.Shape) {
		panic(&tensor.ShapeError{Op: o.kind, Shapes: shapes, Problem: problem})
	}
	if x.Rank() < 2 || x.Channels() == 0 {
		refuse("the prediction takes [N, spatial..., K]", x, labels)
	}
	if dims := x.Dims(); labels != tensor.NewShape(dims[:len(dims)-1]...) {
		refuse("labels take the prediction's shape without its channels", x, labels)
	}
	if n := len(o.Weights); o.Weights != nil && n != x.Channels() {
		refuse("one weight is wanted for each class", x, tensor.NewShape(n))
	}
	if o.dice > 0 && x.Channels() <= o.first() {
		refuse("there is no class beside the background", x, labels)
	}
	return tensor.Shape{}
}

func (labelled) Cost([]tensor.Shape) autograd.Cost { return autograd.Cost{} }
func (labelled) Needs(i int) bool                  { return i == 1 }
func (labelled) NeedsOutput() bool                 { return false }

func (o labelled) State(in []tensor.Shape) int {
	g := o.grid(in[0])
	if o.probabilities {
		return g.slopes()
	}
	return g.slopes() + in[0].Len()
}

// Forward and Backward without a state are never called.
func (labelled) Forward(tensor.Tensor, []tensor.Tensor) { panic("loss: Forward without state") }
func (labelled) Backward([]tensor.Tensor, tensor.Tensor, tensor.Tensor, []tensor.Tensor) {
	panic("loss: Backward without state")
}

func (o labelled) ForwardState(out tensor.Tensor, in []tensor.Tensor, state []float32) {
	g := o.grid(in[0].Shape)
	slopes, p := state[:g.slopes()], state[g.slopes():]
	buffer := borrow(g.chunks() * g.sums())
	defer giveBack(buffer)
	all := *buffer
	parallel.For(g.chunks(), 1, func(lo, hi int) {
		for c := lo; c < hi; c++ {
			o.sum(all[c*g.sums():(c+1)*g.sums()], g.chunk(c, in[0].Data, p, in[1].Data))
		}
	})
	for c := range g.chunks() {
		if at := all[c*g.sums()+wrongAt]; at > 0 {
			first, _ := g.rows(c)
			i := first + int(at) - 1
			panic(&LabelError{o.kind, in[1].Data[i], in[1].Shape, index(i, in[1].Shape), g.classes, o.Ignore})
		}
	}
	out.Data[0] = float32(o.conclude(g, all, slopes))
}

func (o labelled) BackwardState(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor, state []float32) {
	o.backward(gin, false, gout, in, state)
}

// BackwardAssign implements [autograd.Assigner].
func (o labelled) BackwardAssign(gin []tensor.Tensor, fresh []bool, gout, _ tensor.Tensor, in []tensor.Tensor, state []float32) {
	o.backward(gin, fresh[0], gout, in, state)
}

func (o labelled) backward(gin []tensor.Tensor, fresh bool, gout tensor.Tensor, in []tensor.Tensor, state []float32) {
	if gin[1].Data != nil {
		panic(&autograd.UseError{Op: o.kind, Shape: gin[1].Shape, Problem: "labels have no gradient: record them as a constant"})
	}
	if gin[0].Data == nil {
		return
	}
	g := o.grid(gin[0].Shape)
	slopes, p := state[:g.slopes()], state[g.slopes():]
	parallel.For(g.chunks(), 1, func(lo, hi int) {
		for c := lo; c < hi; c++ {
			o.gradient(g.chunk(c, gin[0].Data, p, in[1].Data), g.slopesOf(slopes, c), gout.Data[0], fresh)
		}
	})
}

// conclude adds up the sums of the chunks, in order; it returns the loss and
// writes its slopes.
func (o labelled) conclude(g grid, all []float64, slopes []float32) float64 {
	n := g.sums()
	loss, crossEntropy, weight := 0.0, 0.0, 0.0
	share := o.dice / float64(g.groups*(g.classes-o.first()))
	eps := orDefault(o.Epsilon, 1e-5)
	for group := range g.groups {
		total := all[group*g.perGroup*n:][:n]
		for c := 1; c < g.perGroup; c++ {
			for i, v := range all[(group*g.perGroup+c)*n:][:n] {
				total[i] += v
			}
		}
		crossEntropy += total[lossAt]
		weight += total[weightAt]
		predicted, both, truth := g.byClass(total)
		s := g.slopesOf(slopes, group*g.perGroup)
		clear(s.each)
		clear(s.both)
		for k := o.first(); k < g.classes && o.dice > 0; k++ {
			// D = A/B; p(k) raises B by 1, and A by 2 where k is the label.
			b := predicted[k] + truth[k] + eps
			d := (2*both[k] + eps) / b
			loss += share * (1 - d)
			s.each[k] = float32(share * d / b)
			s.both[k] = float32(-2 * share / b)
		}
	}
	unit := 0.0
	if o.ce > 0 && (o.Reduction == Sum || weight > 0) {
		unit = o.ce
		if o.Reduction == Mean {
			unit /= weight
		}
		loss += unit * crossEntropy
	}
	slopes[len(slopes)-1] = float32(unit)
	return loss
}

// first returns the first class that Dice counts.
func (o labelled) first() int {
	if o.Background {
		return 0
	}
	return 1
}

// weight returns the weight of a class.
func (o *labelled) weight(k int) float64 {
	if o.Weights == nil {
		return 1
	}
	return o.Weights[k]
}
