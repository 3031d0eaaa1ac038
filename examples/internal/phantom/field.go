package phantom

import (
	"math"
	"math/rand/v2"
)

// A field is smooth noise of about zero mean and unit variance: quadratic
// B-splines on a lattice of normal numbers. It repeats outside its box.
type field struct {
	spacing float64 // mm between lattice points
	n       [3]int
	values  []float64
}

// newField covers a box of the given size in mm from the origin.
func newField(rng *rand.Rand, spacing float64, size vec) *field {
	f := &field{spacing: spacing}
	for a, mm := range [3]float64{size.x, size.y, size.z} {
		f.n[a] = int(math.Ceil(mm/spacing)) + 3
	}
	f.values = make([]float64, f.n[0]*f.n[1]*f.n[2])
	// The weights' squares add up to 11/20 along an axis, in the mean.
	gain := math.Pow(20./11, 1.5)
	for i := range f.values {
		f.values[i] = rng.NormFloat64() * gain
	}
	return f
}

func (f *field) at(p vec) float64 {
	x, y, z := f.taps(p.x, 0), f.taps(p.y, 1), f.taps(p.z, 2)
	sum := 0.0
	for k, wz := range z.weight {
		plane := z.index[k] * f.n[1]
		for j, wy := range y.weight {
			sum += wz * wy * f.dot((plane+y.index[j])*f.n[0], &x.index, &x.weight)
		}
	}
	return sum
}

// slope returns the value and the gradient, per mm.
func (f *field) slope(p vec) (value float64, gradient vec) {
	x, y, z := f.taps(p.x, 0), f.taps(p.y, 1), f.taps(p.z, 2)
	for k, wz := range z.weight {
		plane := z.index[k] * f.n[1]
		for j, wy := range y.weight {
			row := (plane + y.index[j]) * f.n[0]
			v := f.dot(row, &x.index, &x.weight)
			value += wz * wy * v
			gradient.x += wz * wy * f.dot(row, &x.index, &x.slope)
			gradient.y += wz * y.slope[j] * v
			gradient.z += z.slope[k] * wy * v
		}
	}
	return value, gradient.over(f.spacing)
}

func (f *field) dot(row int, index *[3]int, w *[3]float64) float64 {
	v := f.values[row : row+f.n[0]]
	return w[0]*v[index[0]] + w[1]*v[index[1]] + w[2]*v[index[2]]
}

// taps are the three lattice points that matter along an axis.
type taps struct {
	index         [3]int
	weight, slope [3]float64
}

func (f *field) taps(x float64, axis int) taps {
	x /= f.spacing
	whole := math.Floor(x)
	t, i, n := x-whole, int(whole), f.n[axis]
	return taps{
		[3]int{wrap(i, n), wrap(i+1, n), wrap(i+2, n)},
		[3]float64{(1 - t) * (1 - t) / 2, .5 + t - t*t, t * t / 2},
		[3]float64{t - 1, 1 - 2*t, t},
	}
}

func wrap(i, n int) int {
	if uint(i) < uint(n) {
		return i
	}
	return ((i % n) + n) % n
}
