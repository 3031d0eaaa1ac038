package kernel

import (
	"math"
	"slices"
	"testing"
)

// The figures are those that autograd.Conv tells, for inputs, weights and
// gradients in [-1, 1]. A weight's gradient is a sum over pixels, not over taps
// and channels: of some 1600 products in the flat cases here.
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
			y, gx, gw := nans(len(s.y)), slices.Clone(s.gx0), slices.Clone(s.gw0)
			s.Forward(y, s.One(s.x), s.w, s.b, 1)
			s.InputGrad([]Grad{{X: gx, C: c.Cin, Add: true}}, s.gy, s.w)
			s.WeightGrad(gw, s.One(s.x), s.gy, true)
			for _, pass := range []struct {
				name string
				got  []float32
				want []float64
			}{{"output", y, s.y}, {"input gradient", gx, s.gx}, {"weight gradient", gw, s.gw}} {
				worst := 0.0
				for j, v := range pass.got {
					worst = max(worst, math.Abs(float64(v)-pass.want[j]))
				}
				t.Logf("%d channels, %v, %s, %s: %.1e", size.channels, c.In, name, pass.name, worst)
				if limit := limits[name]; !(worst <= limit) {
					t.Errorf("%d channels, %v, %s, %s: an error of %g, beyond %g", size.channels, c.In, name, pass.name, worst, limit)
				}
			}
		}
	}
}
