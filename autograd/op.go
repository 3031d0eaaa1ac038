package autograd

import (
	"fmt"
	"strings"

	"github.com/sshn-go/sshn/tensor"
)

// An Op is a differentiable operation: a small immutable value, as a struct
// with the attributes (stride, axis, slope) of the operation. [Apply] records
// one; a user's own Op is recorded as the library's are.
type Op interface {
	// Shape returns the shape of the output for inputs of the given shapes.
	// It checks them and panics with a *tensor.ShapeError if they do not fit.
	Shape(in []tensor.Shape) tensor.Shape

	// Forward computes all of out. What out holds before is unspecified.
	Forward(out tensor.Tensor, in []tensor.Tensor)

	// Backward adds to gin[i] the gradient of the loss by input i, given that
	// by the output, gout. A gin without Data is not wanted. Several gin may be
	// the same memory, where one value was given twice; else they share none.
	Backward(gin []tensor.Tensor, gout, out tensor.Tensor, in []tensor.Tensor)

	// Cost returns the cost of Forward: multiply-adds, and the bytes of
	// working memory that it takes beyond inputs and output.
	Cost(in []tensor.Shape) Cost
}

// Frugal is what an Op implements whose Backward does not read all of its
// inputs and output. What it does not need arrives there without Data, and its
// memory is reused earlier.
type Frugal interface {
	// Needs reports whether Backward reads input i, and whether the output.
	Needs(i int) bool
	NeedsOutput() bool
}

// Stateful is what an Op implements whose Forward computes something that
// Backward wants again, as means and deviations. The tape then calls these
// methods in place of Forward and Backward.
type Stateful interface {
	// State returns the number of float32 that the state takes.
	State(in []tensor.Shape) int
	ForwardState(out tensor.Tensor, in []tensor.Tensor, state []float32)
	BackwardState(gin []tensor.Tensor, gout, out tensor.Tensor, in []tensor.Tensor, state []float32)
}

// Assigner is what an Op implements that can write a gradient where nothing was
// added yet, so that the tape need not clear it first. The tape then calls this
// in place of Backward or BackwardState.
type Assigner interface {
	// BackwardAssign is Backward, but where fresh[i] holds it writes gin[i],
	// which holds anything before. state is that of a Stateful, else nil. It
	// leaves gout as it is.
	BackwardAssign(gin []tensor.Tensor, fresh []bool, gout, out tensor.Tensor, in []tensor.Tensor, state []float32)
}

// Working is what an [Assigner] implements whose backward takes working memory
// beyond its arguments. It gets it as state, if it is no Stateful.
type Working interface {
	// Working returns the number of float32 that the backward takes.
	Working(in []tensor.Shape) int
}

// greedy is an Op whose backward takes other memory beside its arguments than its
// Cost says of forward.
type greedy interface{ backwardBytes(in []tensor.Shape) int64 }

// spoiler is an [Assigner] of ours that may change the gradient by its output,
// which is copied first where somebody may read it afterwards: that of a loss, or
// of a value that was kept only after it was computed. The books lack the copy.
type spoiler interface{ spoils() bool }

// Cost is what work takes: of an operation (without its inputs and output), or
// of a whole tape.
type Cost struct {
	MACs  int64 // multiply-adds; 1 MAC is 2 FLOPs
	Bytes int64 // memory held at most
}

// Name returns the name of an operation for people: what its String method
// says if it has one, else the name of its type in lower case.
func Name(op Op) string {
	if s, ok := op.(fmt.Stringer); ok {
		return s.String()
	}
	name := strings.TrimPrefix(fmt.Sprintf("%T", op), "*")
	return strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
}

func needs(op Op, i int) bool {
	f, ok := op.(Frugal)
	return !ok || f.Needs(i)
}

func needsOutput(op Op) bool {
	f, ok := op.(Frugal)
	return !ok || f.NeedsOutput()
}
