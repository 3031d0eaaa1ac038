package tensor

import (
	"math"
	"strconv"
)

// MaxRank is the largest number of axes of a shape: N D H W C.
const MaxRank = 5

// Shape is the extent of each axis, outermost first. It is a value: two shapes
// are equal if == says so, and a shape may be a map's key. The zero Shape is
// that of a scalar, which holds one element. An axis may be empty.
type Shape struct {
	rank int8
	dims [MaxRank]int
}

// NewShape returns the shape with the given extents. It panics with a
// [*ShapeError] if there are more than [MaxRank] of them, if one is negative,
// or if the number of elements does not fit an int.
func NewShape(dims ...int) Shape {
	var s Shape
	if len(dims) > MaxRank {
		panic(&ShapeError{Op: "shape", Problem: "rank " + strconv.Itoa(len(dims)) + " is over " + strconv.Itoa(MaxRank)})
	}
	s.rank = int8(copy(s.dims[:], dims))
	n := 1
	for _, d := range dims {
		if d < 0 {
			panic(&ShapeError{Op: "shape", Shapes: []Shape{s}, Problem: "an extent is negative"})
		}
		if d > 0 && n > math.MaxInt/d {
			panic(&ShapeError{Op: "shape", Shapes: []Shape{s}, Problem: "the number of elements overflows int"})
		}
		n *= max(d, 1)
	}
	return s
}

// Rank returns the number of axes.
func (s Shape) Rank() int { return int(s.rank) }

// Dim returns the extent of an axis; axis -1 is the last. It panics with a
// [*ShapeError] if there is no such axis.
func (s Shape) Dim(axis int) int { return s.dims[s.axis(axis)] }

// With returns s with the extent of one axis replaced; axis -1 is the last.
func (s Shape) With(axis, extent int) Shape {
	dims := s.dims
	dims[s.axis(axis)] = extent
	return NewShape(dims[:s.rank]...)
}

// Len returns the number of elements, the product of the extents.
func (s Shape) Len() int {
	n := 1
	for _, d := range s.dims[:s.rank] {
		n *= d
	}
	return n
}

// Dims returns the extents in a new slice.
func (s Shape) Dims() []int { return append([]int(nil), s.dims[:s.rank]...) }

// Channels returns the extent of the last axis, 1 for a scalar.
func (s Shape) Channels() int {
	if s.rank == 0 {
		return 1
	}
	return s.dims[s.rank-1]
}

// Spatial returns the extents between the first axis and the last: D H W of
// [N D H W C], H W of [N H W C]. The slice is new, and empty for rank 2 or less.
func (s Shape) Spatial() []int {
	if s.rank < 3 {
		return nil
	}
	return append([]int(nil), s.dims[1:s.rank-1]...)
}

// Index returns the position in row-major order of the element at index. It
// panics with a [*ShapeError] if index has another rank or lies outside.
func (s Shape) Index(index ...int) int {
	at := 0
	for i, x := range index {
		if len(index) != int(s.rank) || uint(x) >= uint(s.dims[i]) {
			s.badIndex(index)
		}
		at = at*s.dims[i] + x
	}
	if len(index) != int(s.rank) {
		s.badIndex(index)
	}
	return at
}

func (s Shape) badIndex(index []int) {
	text := "["
	for i, x := range index {
		if i > 0 {
			text += " "
		}
		text += strconv.Itoa(x)
	}
	panic(&ShapeError{Op: "index", Shapes: []Shape{s}, Problem: "no element " + text + "]"})
}

// String prints the extents as in [8 160 192 32].
func (s Shape) String() string {
	b := []byte{'['}
	for i, d := range s.dims[:s.rank] {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(d), 10)
	}
	return string(append(b, ']'))
}

func (s Shape) axis(axis int) int {
	a := axis
	if a < 0 {
		a += int(s.rank)
	}
	if a < 0 || a >= int(s.rank) {
		panic(&ShapeError{Op: "shape", Shapes: []Shape{s}, Problem: "no axis " + strconv.Itoa(axis)})
	}
	return a
}
