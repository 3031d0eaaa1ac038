package kernel

import (
	"math"
	"testing"
)

// The figures are those that autograd.ConvConfig tells, for inputs, weights and
// gradients in [-1, 1].
func TestErrorsStayUnderTheFiguresThatAreDocumented(t *testing.T) {
	if !fast.available() {
		t.Skip("without vectors there is no Winograd")
	}
	before := winogradAsked
	defer func() { winogradAsked = before }()
	limits := map[string]float64{"off": 1e-4, "f2": 4e-5, "f4": 1.6e-4}
	for _, size := range []struct{ channels, d, n int }{{32, 1, 40}, {64, 1, 24}, {32, 8, 8}, {64, 5, 6}} {
		c := Conv{N: 1, In: [3]int{size.d, size.n, size.n}, Kernel: [3]int{3, 3, 3}, Stride: [3]int{1, 1, 1}, Pad: [3]int{1, 1, 1},
			Dilation: [3]int{1, 1, 1}, Cin: size.channels, Cout: size.channels, Groups: 1}
		if size.d == 1 {
			c.Kernel[0], c.Pad[0] = 1, 0
		}
		c.Out = c.In
		s := newSample(c)
		for _, name := range []string{"off", "f2", "f4"} {
			winogradAsked = name
			y := nans(len(s.y))
			s.Forward(y, s.One(s.x), s.w, s.b, 1)
			worst := 0.0
			for i, v := range y {
				worst = max(worst, math.Abs(float64(v)-s.y[i]))
			}
			t.Logf("%d channels, %v, %s: %.1e", size.channels, c.In, name, worst)
			if !(worst <= limits[name]) {
				t.Errorf("%d channels, %v, %s: an error of %g, beyond %g", size.channels, c.In, name, worst, limits[name])
			}
		}
	}
}
