package kernel

// momentsPlain adds to sums, by channel, the sum of x - origin and then that of its
// square.
func momentsPlain(sums []float64, x, origin []float32) {
	channels := len(origin)
	s1, s2 := sums[:channels], sums[channels:][:channels]
	for ; len(x) >= 4*channels; x = x[4*channels:] {
		x0, x1, x2, x3 := x[:channels], x[channels:][:channels], x[2*channels:][:channels], x[3*channels:][:channels]
		for i, o := range origin {
			o := float64(o)
			d0, d1, d2, d3 := float64(x0[i])-o, float64(x1[i])-o, float64(x2[i])-o, float64(x3[i])-o
			s1[i] += d0 + d1 + (d2 + d3)
			s2[i] += d0*d0 + d1*d1 + (d2*d2 + d3*d3)
		}
	}
	for ; len(x) > 0; x = x[channels:] {
		for i, o := range origin {
			d := float64(x[i]) - float64(o)
			s1[i] += d
			s2[i] += d * d
		}
	}
}

// correlatePlain adds to sums, by channel, the sum of gy and then that of
// gy (x - mean).
func correlatePlain(sums []float64, gy, x, mean []float32) {
	channels := len(mean)
	s1, s2 := sums[:channels], sums[channels:][:channels]
	for ; len(gy) >= 2*channels; gy, x = gy[2*channels:], x[2*channels:] {
		g0, g1, x0, x1 := gy[:channels], gy[channels:][:channels], x[:channels], x[channels:][:channels]
		for i, m := range mean {
			a, b := float64(g0[i]), float64(g1[i])
			s1[i] += a + b
			s2[i] += a*float64(x0[i]-m) + b*float64(x1[i]-m)
		}
	}
	for i := range gy {
		s1[i] += float64(gy[i])
		s2[i] += float64(gy[i]) * float64(x[i]-mean[i])
	}
}

// normalisePlain computes y = (x - mean) scale + shift, by channel.
func normalisePlain(y, x, mean, scale, shift []float32) {
	channels := len(mean)
	for ; len(x) > 0; x, y = x[channels:], y[channels:] {
		y, x, scale, shift := y[:channels], x[:channels], scale[:channels], shift[:channels]
		for i, m := range mean {
			y[i] = (x[i]-m)*scale[i] + shift[i]
		}
	}
}

// denormalisePlain adds a gy + b (x - mean) + c to gx, or to 0, by channel.
func denormalisePlain(gx, gy, x, mean, a, b, c []float32, add bool) {
	channels := len(mean)
	for ; len(x) > 0; x, gy, gx = x[channels:], gy[channels:], gx[channels:] {
		gx, gy, x, a, b, c := gx[:channels], gy[:channels], x[:channels], a[:channels], b[:channels], c[:channels]
		for i, m := range mean {
			old := float32(0)
			if add {
				old = gx[i]
			}
			gx[i] = old + (a[i]*gy[i] + b[i]*(x[i]-m) + c[i])
		}
	}
}
