package golden

import "github.com/sshn-go/sshn/tensor"

// ChannelsLast permutes N, C, spatial axes to N, spatial axes, C. An array of
// two axes or fewer stays as it is.
func ChannelsLast[A tensor.Tensor | Array](x A) A {
	r := rank(x)
	if r < 3 {
		return x
	}
	axes := append([]int{0}, span(2, r)...)
	return permute(x, append(axes, 1))
}

// ConvWeight permutes out, in/groups, taps to taps, in/groups, out.
func ConvWeight[A tensor.Tensor | Array](w A) A {
	return permute(w, append(span(2, rank(w)), 1, 0))
}

// ConvTransposeWeight permutes in, out/groups, taps to taps, in, out/groups.
func ConvTransposeWeight[A tensor.Tensor | Array](w A) A {
	return permute(w, append(span(2, rank(w)), 0, 1))
}

// LinearWeight permutes out, in to in, out.
func LinearWeight[A tensor.Tensor | Array](w A) A { return permute(w, []int{1, 0}) }

func rank[A tensor.Tensor | Array](x A) int {
	switch x := any(x).(type) {
	case Array:
		return x.Shape.Rank()
	default:
		return x.(tensor.Tensor).Shape.Rank()
	}
}

// permute copies x so that its axis axes[i] becomes axis i.
func permute[A tensor.Tensor | Array](x A, axes []int) A {
	var y any
	switch x := any(x).(type) {
	case Array:
		s, data := gather(x.Shape, x.Data, axes)
		y = Array{s, data}
	case tensor.Tensor:
		s, data := gather(x.Shape, x.Data, axes)
		y = tensor.Tensor{Shape: s, Data: data}
	}
	return y.(A)
}

func gather[T any](s tensor.Shape, x []T, axes []int) (tensor.Shape, []T) {
	dims := make([]int, len(axes))
	for i, a := range axes {
		dims[i] = s.Dim(a)
	}
	y := make([]T, 0, len(x))
	from := make([]int, len(axes))
	var walk func(axis int)
	walk = func(axis int) {
		if axis == len(axes) {
			y = append(y, x[s.Index(from...)])
			return
		}
		for i := range dims[axis] {
			from[axes[axis]] = i
			walk(axis + 1)
		}
	}
	walk(0)
	return tensor.NewShape(dims...), y
}

// span returns lo, lo+1, ..., hi-1.
func span(lo, hi int) []int {
	var s []int
	for i := lo; i < hi; i++ {
		s = append(s, i)
	}
	return s
}
