package tensor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// String prints the shape and the elements. A tensor of more than 64 elements
// prints what a debugger asks first instead: least, mean and greatest element,
// and how many are not finite. Of one without elements it is the shape.
func (t Tensor) String() string {
	if len(t.Data) != t.Shape.Len() {
		return fmt.Sprintf("%v without data", t.Shape)
	}
	if len(t.Data) == 0 {
		return t.Shape.String()
	}
	if len(t.Data) > 64 {
		return t.summary()
	}
	var b strings.Builder
	b.WriteString(t.Shape.String())
	b.WriteByte(' ')
	t.print(&b, 0, 0)
	return b.String()
}

func (t Tensor) summary() string {
	lo, hi := math.Inf(1), math.Inf(-1)
	var sum float64
	odd := 0
	for _, x := range t.Data {
		v := float64(x)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			odd++
			continue
		}
		lo, hi, sum = min(lo, v), max(hi, v), sum+v
	}
	if odd == len(t.Data) {
		return fmt.Sprintf("%v none of %d finite", t.Shape, odd)
	}
	text := fmt.Sprintf("%v min %.4g mean %.4g max %.4g", t.Shape, lo, sum/float64(len(t.Data)-odd), hi)
	if odd > 0 {
		text += fmt.Sprintf(", %d not finite", odd)
	}
	return text
}

// print writes the elements under the first axis-many indices, which begin at
// element at, and returns where they end.
func (t Tensor) print(b *strings.Builder, axis, at int) int {
	if axis == t.Shape.Rank() {
		b.WriteString(strconv.FormatFloat(float64(t.Data[at]), 'g', 5, 32))
		return at + 1
	}
	b.WriteByte('[')
	for i := range t.Shape.Dim(axis) {
		if i > 0 {
			b.WriteByte(' ')
		}
		at = t.print(b, axis+1, at)
	}
	b.WriteByte(']')
	return at
}
