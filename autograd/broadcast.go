package autograd

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

const (
	chunk = 1 << 14 // elements that one worker takes at once
	tile  = 512     // elements that a loop handles at once, in the first cache
)

// broadcastShape returns the shape of which a and b are stretches: aligned at
// their last axes, extents are equal or one of them is 1 or absent.
func broadcastShape(op string, in []tensor.Shape) tensor.Shape {
	full, other := in[0], in[1]
	if full.Rank() < other.Rank() {
		full, other = other, full
	}
	for axis := -1; axis >= -other.Rank(); axis-- {
		m, n := full.Dim(axis), other.Dim(axis)
		if m != n && m != 1 && n != 1 {
			refuse(op, in, "extents %d and %d of axis %d do not broadcast", in[0].Dim(axis), in[1].Dim(axis), axis)
		}
		if m == 1 {
			full = full.With(axis, n)
		}
	}
	return full
}

// A grid walks an array in order, and with it two operands that broadcast to
// its shape. Neighbouring axes that the operands pass alike are one axis, so
// equal shapes make one long axis, and a vector of channels makes two.
type grid struct {
	rank int
	n    [tensor.MaxRank]int    // extents, innermost first
	step [2][tensor.MaxRank]int // of an operand along an axis: 0 where it is broadcast
}

func newGrid(full tensor.Shape, operands ...tensor.Shape) grid {
	g := grid{n: [tensor.MaxRank]int{1}}
	stride := [2]int{1, 1}
	for axis := -1; axis >= -full.Rank(); axis-- {
		n := full.Dim(axis)
		if n == 1 {
			continue
		}
		var step [2]int
		merge := g.rank > 0
		for k, s := range operands {
			if axis >= -s.Rank() && s.Dim(axis) == n {
				step[k] = stride[k]
				stride[k] *= n
			}
			merge = merge && step[k] == g.step[k][g.rank-1]*g.n[g.rank-1]
		}
		if merge {
			g.n[g.rank-1] *= n
			continue
		}
		g.n[g.rank] = n
		for k := range step {
			g.step[k][g.rank] = step[k]
		}
		g.rank++
	}
	g.rank = max(g.rank, 1)
	return g
}

// walk calls f for the elements [lo, hi) of the array, n <= tile of them at a
// time that lie along the innermost axis: the first one's place in the array,
// at, and in the operands, i and j.
func (g *grid) walk(lo, hi int, f func(at, i, j, n int)) {
	var index [tensor.MaxRank]int
	i, j, rest := 0, 0, lo
	for a := range g.rank {
		if g.n[a] == 0 {
			return
		}
		index[a] = rest % g.n[a]
		rest /= g.n[a]
		i += index[a] * g.step[0][a]
		j += index[a] * g.step[1][a]
	}
	for at := lo; at < hi; {
		n := min(g.n[0]-index[0], hi-at, tile)
		f(at, i, j, n)
		at += n
		index[0] += n
		i += n * g.step[0][0]
		j += n * g.step[1][0]
		for a := 0; a+1 < g.rank && index[a] == g.n[a]; a++ {
			index[a] = 0
			index[a+1]++
			i += g.step[0][a+1] - g.n[a]*g.step[0][a]
			j += g.step[1][a+1] - g.n[a]*g.step[1][a]
		}
	}
}

// take returns n elements of operand k from place at on, in buf if the operand
// is broadcast along the innermost axis.
func (g *grid) take(k int, x []float32, at, n int, buf []float32) []float32 {
	if g.step[k][0] != 0 {
		return x[at : at+n]
	}
	v := x[at]
	for c := range buf[:n] {
		buf[c] = v
	}
	return buf[:n]
}

// A term computes values of the array that are to be summed, as walk's f, into
// buf unless they are there already.
type term func(at, i, j, n int, buf []float32) []float32

// fold sums the array along the axes in which operand 0, of the given length,
// is broadcast, and hands the sums to done, which may change but not keep them.
// The array is cut along its outermost axis of either kind; as how often
// depends on its shape alone and the parts are added in order, so do the bits.
func (g *grid) fold(length int, t term, done func(sums []float64)) {
	c := g.cut(length)
	buffer := parallel.Scratch(2 * length * c.parts)
	defer parallel.Release(buffer)
	// Scratch is aligned beyond what float64 asks for.
	sums := unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(buffer))), length*c.parts)
	clear(sums)
	slice := c.reduced * c.size
	parallel.For(c.kept*c.parts, max(1, chunk*c.parts/max(slice, 1)), func(lo, hi int) {
		if c.parts == 1 {
			g.add(sums, lo*slice, hi*slice, t)
			return
		}
		for task := lo; task < hi; task++ {
			k, p := task/c.parts, task%c.parts
			g.add(sums[p*length:][:length], k*slice+c.reduced*p/c.parts*c.size, k*slice+c.reduced*(p+1)/c.parts*c.size, t)
		}
	})
	for p := 1; p < c.parts; p++ {
		for i, v := range sums[p*length:][:length] {
			sums[i] += v
		}
	}
	done(sums[:length])
}

// A cut says how fold divides an array [kept, reduced, size...]: along kept,
// and along reduced in so many parts.
type cut struct{ kept, reduced, size, parts int }

func (g *grid) cut(length int) cut {
	c := cut{kept: 1, reduced: 1, size: 1, parts: 1}
	a := g.rank - 1
	if g.step[0][a] != 0 {
		c.kept = g.n[a]
		a--
	}
	if a >= 0 {
		c.reduced = g.n[a]
	}
	for a--; a >= 0; a-- {
		c.size *= g.n[a]
	}
	// A part is at least four times as long as its sums.
	c.parts = max(1, min(c.reduced/4, c.reduced*c.size/chunk))
	return c
}

// foldBytes is the memory that fold takes.
func (g *grid) foldBytes(length int) int64 { return 8 * int64(length) * int64(g.cut(length).parts) }

// add adds the elements [lo, hi) of the array to sums.
func (g *grid) add(sums []float64, lo, hi int, t term) {
	buf := parallel.Scratch(tile)
	defer parallel.Release(buf)
	g.walk(lo, hi, func(at, i, j, n int) {
		x := t(at, i, j, n, buf)
		if g.step[0][0] != 0 {
			s := sums[i:][:len(x)]
			for c, v := range x {
				s[c] += float64(v)
			}
			return
		}
		sum := 0.0
		for _, v := range x {
			sum += float64(v)
		}
		sums[i] += sum
	})
}
