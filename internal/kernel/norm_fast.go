package kernel

// moments adds to sums, by channel, the sum of x - origin and then that of its
// square.
func moments(sums []float64, _, x, origin []float32) {
	if !fast.available() {
		momentsPlain(sums, x, origin)
		return
	}
	reads(x, origin)
	sumWide(sums, len(origin), len(x), origin, func(at, column, rows, width int, sums []float64, origin []float32) {
		fast.maps.moments(&x[at], &origin[column], &sums[column], &sums[len(sums)/2+column], rows, width)
	})
}

// correlate adds to sums, by channel, the sum of gy and then that of
// gy (x - mean).
func correlate(sums []float64, gy, x, mean []float32) {
	if !fast.available() {
		correlatePlain(sums, gy, x, mean)
		return
	}
	reads(gy, x, mean)
	sumWide(sums, len(mean), len(x), mean, func(at, column, rows, width int, sums []float64, mean []float32) {
		fast.maps.correlate(&gy[at], &x[at], &mean[column], &sums[column], &sums[len(sums)/2+column], rows, width)
	})
}

// normalise computes y = (x - mean) scale + shift, by channel.
func normalise(y, x, mean, scale, shift []float32) {
	if !fast.available() {
		normalisePlain(y, x, mean, scale, shift)
		return
	}
	reads(x, mean, scale, shift)
	writes(y)
	eachWide(len(mean), len(x), [4][]float32{mean, scale, shift}, func(at, column, rows, width int, l [4][]float32) {
		fast.maps.normalise(&y[at], &x[at], &l[0][column], &l[1][column], &l[2][column], rows, width)
	})
}

// denormalise adds a gy + b (x - mean) + c to gx, or to 0, by channel.
func denormalise(gx, gy, x, mean, a, b, c []float32, add bool) {
	if !fast.available() {
		denormalisePlain(gx, gy, x, mean, a, b, c, add)
		return
	}
	reads(gy, x, mean, a, b, c)
	writes(gx)
	f := fast.maps.denormaliseSet
	if add {
		f = fast.maps.denormaliseAdd
	}
	eachWide(len(mean), len(x), [4][]float32{mean, a, b, c}, func(at, column, rows, width int, l [4][]float32) {
		f(&gx[at], &gy[at], &x[at], &l[0][column], &l[1][column], &l[2][column], &l[3][column], rows, width)
	})
}
