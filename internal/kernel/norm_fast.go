package kernel

// moments adds to sums, by channel, the sum of x - origin and then that of its
// square.
func moments(sums []float64, x, origin []float32) {
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
// gy (x - mean). Of a slope other than 1 it first multiplies gy by it where y <= 0.
func correlate(sums []float64, gy, y, x, mean []float32, slope float32) {
	if !fast.available() {
		if slope != 1 {
			leakyBackPlain(gy, gy, y, slope, false)
		}
		correlatePlain(sums, gy, x, mean)
		return
	}
	reads(gy, x, mean)
	if slope == 1 {
		sumWide(sums, len(mean), len(x), mean, func(at, column, rows, width int, sums []float64, mean []float32) {
			fast.maps.correlate(&gy[at], &x[at], &mean[column], &sums[column], &sums[len(sums)/2+column], rows, width)
		})
		return
	}
	reads(y)
	writes(gy)
	sumWide(sums, len(mean), len(x), mean, func(at, column, rows, width int, sums []float64, mean []float32) {
		fast.maps.correlateRectified(&gy[at], &y[at], &x[at], &mean[column], &sums[column], &sums[len(sums)/2+column], rows, width, slope, kept(slope))
	})
}

// normalise computes y = (x - mean) scale + shift, by channel, and then its LeakyReLU
// of that slope, unless it is 1.
func normalise(y, x, mean, scale, shift []float32, slope float32) {
	if !fast.available() {
		normalisePlain(y, x, mean, scale, shift)
		if slope != 1 {
			leakyPlain(y, y, slope)
		}
		return
	}
	reads(x, mean, scale, shift)
	writes(y)
	eachWide(len(mean), len(x), [4][]float32{mean, scale, shift}, func(at, column, rows, width int, l [4][]float32) {
		if slope == 1 {
			fast.maps.normalise(&y[at], &x[at], &l[0][column], &l[1][column], &l[2][column], rows, width)
		} else {
			fast.maps.normaliseRectified(&y[at], &x[at], &l[0][column], &l[1][column], &l[2][column], rows, width, slope, kept(slope))
		}
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
