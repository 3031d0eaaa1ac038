package kernel

// Assembly cannot be preempted, so long slices are done in pieces that take a
// few microseconds.
const piece = 1 << 14

// Axpy adds a*x to y, element by element.
func Axpy(y, x []float32, a float32) {
	x = x[:len(y)]
	if !fast.available() {
		axpyPlain(y, x, a)
		return
	}
	reads(x)
	writes(y)
	for lo := 0; lo < len(y); lo += piece {
		axpyFast(&y[lo], &x[lo], min(piece, len(y)-lo), a)
	}
}

// Add adds x to y, element by element.
func Add(y, x []float32) {
	x = x[:len(y)]
	if !fast.available() {
		addPlain(y, x)
		return
	}
	reads(x)
	writes(y)
	for lo := 0; lo < len(y); lo += piece {
		addFast(&y[lo], &x[lo], min(piece, len(y)-lo))
	}
}

// Scale multiplies y by a.
func Scale(y []float32, a float32) {
	if !fast.available() {
		scalePlain(y, a)
		return
	}
	writes(y)
	for lo := 0; lo < len(y); lo += piece {
		scaleFast(&y[lo], min(piece, len(y)-lo), a)
	}
}

// Dot returns the sum of the products of x and y, in float32.
func Dot(x, y []float32) float32 {
	y = y[:len(x)]
	if !fast.available() {
		return dotPlain(x, y)
	}
	reads(x, y)
	sum := float32(0)
	for lo := 0; lo < len(x); lo += piece {
		sum += dotFast(&x[lo], &y[lo], min(piece, len(x)-lo))
	}
	return sum
}

// dotFour returns the inner products of y with four vectors that lie xs apart in x.
func dotFour(x []float32, xs int, y []float32) (sums [4]float32) {
	if !fast.available() {
		for i := range sums {
			sums[i] = dotPlain(x[i*xs:][:len(y)], y)
		}
		return sums
	}
	if len(y) == 0 {
		return sums
	}
	_ = x[3*xs+len(y)-1] // the assembly does not check
	reads(x[:len(y)], x[xs:][:len(y)], x[2*xs:][:len(y)], x[3*xs:][:len(y)], y)
	for lo := 0; lo < len(y); lo += piece {
		var part [4]float32
		dotFourFast(&part, &x[lo], xs*elem, &y[lo], min(piece, len(y)-lo))
		for i, s := range part {
			sums[i] += s
		}
	}
	return sums
}

// Combine adds to y a combination of k vectors that lie xs apart in x, with
// coefficients that lie as apart in a.
func Combine(y, x []float32, xs int, a []float32, as, k int) {
	if !fast.available() {
		combine(y, x, xs, a, as, k)
		return
	}
	if k == 0 || len(y) == 0 {
		return
	}
	_, _ = x[(k-1)*xs+len(y)-1], a[(k-1)*as] // the assembly does not check
	for i := range k {
		reads(x[i*xs:][:len(y)])
	}
	writes(y)
	for lo := 0; lo < len(y); lo += piece {
		n := min(piece, len(y)-lo)
		i := 0
		for ; i+4 <= k; i += 4 {
			axpy4Fast(&y[lo], &x[i*xs+lo], xs*elem, n, a[i*as], a[(i+1)*as], a[(i+2)*as], a[(i+3)*as])
		}
		for ; i < k; i++ {
			axpyFast(&y[lo], &x[i*xs+lo], n, a[i*as])
		}
	}
}
