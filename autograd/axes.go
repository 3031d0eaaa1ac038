package autograd

import (
	"fmt"
	"slices"

	"github.com/sshn-go/sshn/tensor"
)

// Axes holds a number for each spatial axis, outermost first. Numbers beyond
// the axes that a map has are not looked at, so Each(2) fits 1, 2 and 3 axes.
type Axes [3]int

// Each returns the same number for every axis.
func Each(n int) Axes { return Axes{n, n, n} }

// mostStep bounds strides, padding and dilation, so that places along an axis,
// which they lead to, are integers.
const mostStep = 1 << 30

// trailing moves the numbers of the axes that there are to the end, where the
// kernels, which always take three, expect them; absent holds for the others
// and where the number is 0.
func (a Axes) trailing(axes, absent int) [3]int {
	all := [3]int{absent, absent, absent}
	for i, n := range a[:axes] {
		if n != 0 {
			all[3-axes+i] = n
		}
	}
	return all
}

// extents is trailing for the extents of s from an axis on.
func extents(s tensor.Shape, first, axes int) [3]int {
	all := [3]int{1, 1, 1}
	for i := range axes {
		all[3-axes+i] = s.Dim(first + i)
	}
	return all
}

// mapShape returns [n, spatial..., channels] from extents as the kernels have
// them.
func mapShape(n int, spatial [3]int, axes, channels int) tensor.Shape {
	dims := append([]int{n}, spatial[3-axes:]...)
	return tensor.NewShape(append(dims, channels)...)
}

// refuse panics with a *tensor.ShapeError for an operation on in.
func refuse(op string, in []tensor.Shape, format string, a ...any) {
	panic(&tensor.ShapeError{Op: op, Shapes: slices.Clone(in), Problem: fmt.Sprintf(format, a...)})
}

// given returns the optional inputs that are there after those that must be:
// the zero Value is none.
func given(required []Value, optional ...Value) []Value {
	for _, x := range optional {
		if x != (Value{}) {
			required = append(required, x)
		}
	}
	return required
}
