package kernel

// Descent holds the numbers of one step of gradient descent, of the gradient
// d = scale g + Decay x:
//
//	x -= Step d, or with a velocity v
//	v = Keep v + Take d, x -= Step (Ahead v + Now d)
type Descent struct {
	Step, Decay            float32
	Keep, Take, Ahead, Now float32
}

// Move changes x and its velocity, which may be nil, in place, in one pass on
// one processor. The results have the same bits on all instruction sets, but for
// numbers below 2^-126.
func (d *Descent) Move(x []float32, scale float32, g, velocity []float32) {
	if len(g) != len(x) || velocity != nil && len(velocity) != len(x) {
		panic("kernel: descent of slices of different lengths")
	}
	if !fast.available() {
		d.movePlain(x, scale, g, velocity)
		return
	}
	reads(g)
	writes(x, velocity)
	for lo := 0; lo < len(x); lo += piece {
		n := min(piece, len(x)-lo)
		if velocity == nil {
			fast.maps.descend(&x[lo], &g[lo], n, scale, d.Step, d.Decay)
		} else {
			fast.maps.descendMomentum(&x[lo], &g[lo], &velocity[lo], n, scale, d.Step, d.Decay, d.Keep, d.Take, d.Ahead, d.Now)
		}
	}
}

// movePlain is in float32 between the operations: a product fused with a sum has
// other bits.
func (d *Descent) movePlain(x []float32, scale float32, g, velocity []float32) {
	for i, v := range x {
		step := float32(scale*g[i]) + float32(d.Decay*v)
		if velocity != nil {
			velocity[i] = float32(d.Keep*velocity[i]) + float32(d.Take*step)
			step = float32(d.Ahead*velocity[i]) + float32(d.Now*step)
		}
		x[i] = v - float32(d.Step*step)
	}
}

// DotWide returns the sum of the products of x and y in float64, on one
// processor. That of x with itself is finite if and only if every element is.
func DotWide(x, y []float32) float64 {
	y = y[:len(x)]
	if !fast.available() {
		return dotWidePlain(x, y)
	}
	reads(x, y)
	sum := 0.0
	for lo := 0; lo < len(x); lo += piece {
		sum += fast.maps.dotWide(&x[lo], &y[lo], min(piece, len(x)-lo))
	}
	return sum
}

// dotWidePlain keeps four sums, for an addition takes four cycles.
func dotWidePlain(x, y []float32) float64 {
	var a, b, c, d float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		x, y := x[i:i+4:i+4], y[i:i+4:i+4]
		a += float64(x[0]) * float64(y[0])
		b += float64(x[1]) * float64(y[1])
		c += float64(x[2]) * float64(y[2])
		d += float64(x[3]) * float64(y[3])
	}
	for ; i < len(x); i++ {
		a += float64(x[i]) * float64(y[i])
	}
	return a + b + (c + d)
}
