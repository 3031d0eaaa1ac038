package kernel

// mapKernels are the vector kernels of an instruction set for what is done once
// to each element, or to each row. Their twins in plain Go say what they do.
type mapKernels struct {
	leaky                      func(y, x *float32, n int, slope float32, kept uint32)
	leakyBackSet, leakyBackAdd func(gx, gy, y *float32, n int, slope float32, kept uint32)
	rectify                    func(gy, y *float32, sums *float64, rows, width int, slope float32, kept uint32)
	sumRows                    func(x *float32, sums *float64, rows, width int)

	adam            func(theta, g, m, v *float32, n int, scale, rise1, rise2, rate, correction, epsilon, decay, shrink float32)
	adamLargest     func(theta, g, m, v, largest *float32, n int, scale, rise1, rise2, rate, correction, epsilon, decay, shrink float32)
	descend         func(x, g *float32, n int, scale, step, decay float32)
	descendMomentum func(x, g, velocity *float32, n int, scale, step, decay, keep, take, ahead, now float32)
	dotWide         func(x, y *float32, n int) float64

	softmaxRows                        func(y, x *float32, largest, sums *float64, rows, channels int)
	addLogs                            func(y, x *float64, n int)
	labelGradientSet, labelGradientAdd func(gx, p, each *float32, common *float64, labels *float32, scale float32, rows, channels int)

	powers func(x, shift *float32, n int, exponent float64)

	moments                        func(x, origin *float32, sums, squares *float64, rows, width int)
	correlate                      func(gy, x, mean *float32, sums, products *float64, rows, width int)
	correlateRectified             func(gy, y, x, mean *float32, sums, products *float64, rows, width int, slope float32, kept uint32)
	normalise                      func(y, x, mean, scale, shift *float32, rows, width int)
	normaliseRectified             func(y, x, mean, scale, shift *float32, rows, width int, slope float32, kept uint32)
	denormaliseSet, denormaliseAdd func(gx, gy, x, mean, a, b, c *float32, rows, width int)
}
