package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
)

// A mosaic is a convolution of several inputs, some of them resampled, beside
// the sample whose input is all that made into one map.
type mosaic struct {
	*sample
	parts []Input
}

var mosaics = sync.OnceValue(func() (all []mosaic) {
	r := rand.New(rand.NewPCG(5, 6))
	for i, size := range [][3]int{{1, 1, 1}, {1, 2, 2}, {1, 3, 2}, {1, 1, 37}, {1, 7, 7}, {1, 37, 7}, {3, 2, 7}, {2, 7, 3}} {
		for j, channels := range [][]int{{8}, {3, 5}, {32, 32}, {16, 1}, {1, 2, 15}, {4, 8}} {
			c := Conv{N: 1 + i%2, In: size, Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1}, Cout: 7 + 10*(j%3), Groups: 1}
			var parts []Input
			for k, n := range channels {
				p := Input{C: n}
				from := size
				if (i+j+k)%2 == 0 { // from a smaller or a larger map
					from = [3]int{size[0], (size[1] + 1) / 2, 2*size[2] - 1 - (i+j)%2*size[2]/2}
					p.From = &Resampling{N: c.N, C: n}
					for a := range from {
						p.From.Axes[a] = someTaps(r, from[a], size[a], 3)
					}
				}
				p.X = random(r, c.N*volume(from)*n)
				parts = append(parts, p)
				c.Cin += n
			}
			if c.Cin%4 == 0 && j == 5 {
				c.Groups, c.Cout = 4, 20
			}
			taps := 3
			if (i+j)%5 == 2 {
				taps = 1
			}
			for a := range 3 {
				c.Kernel[a] = min(taps, 2*size[a]-1)
				c.Pad[a] = c.Kernel[a] / 2
				if c.Kernel[a] == 3 && (i+a+j)%4 == 3 {
					c.Stride[a], c.Dilation[a] = 2, 1+j%2
				}
				c.Out[a] = OutSize(size[a], c.Kernel[a], c.Stride[a], c.Pad[a], c.Dilation[a])
				if c.Out[a] < 1 {
					c.Dilation[a], c.Out[a] = 1, OutSize(size[a], c.Kernel[a], c.Stride[a], c.Pad[a], 1)
				}
			}
			all = append(all, mosaic{newSampleOf(c, sideBySide(&c, parts)), parts})
		}
	}
	return all
})

// sideBySide makes one map of the parts.
func sideBySide(c *Conv, parts []Input) []float32 {
	x := make([]float32, c.N*volume(c.In)*c.Cin)
	first := 0
	for _, p := range parts {
		whole := p.X
		if p.From != nil {
			whole = make([]float32, c.N*volume(c.In)*p.C)
			p.From.Apply(whole, p.X, false)
		}
		for i := range len(whole) / p.C {
			copy(x[i*c.Cin+first:], whole[i*p.C:][:p.C])
		}
		first += p.C
	}
	return x
}

func (m mosaic) String() string {
	s := m.sample.String()
	for _, p := range m.parts {
		s += fmt.Sprintf("/%d", p.C)
		if p.From != nil {
			s += "r"
		}
	}
	return s
}

func nans(n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(math.NaN())
	}
	return s
}

func TestInputsSideBySideAreOneInput(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for _, m := range mosaics() {
			t.Run(m.String(), func(t *testing.T) {
				y, gw := nans(len(m.y)), clone(m.gw0)
				m.Forward(y, m.parts, m.w, m.b, 1)
				near(t, "y", m.y, m.yScale, y)
				m.WeightGrad(gw, m.parts, m.gy, true)
				near(t, "gw", m.gw, m.gwScale, gw)
				if !fast.available() || m.Groups > 1 {
					return
				}
				// As if the maps were too large to be made one first.
				y, gw = nans(len(m.y)), clone(m.gw0)
				m.forwardFast(y, m.parts, m.w, m.b, 1)
				near(t, "y block by block", m.y, m.yScale, y)
				m.weightGradFast(gw, m.parts, m.gy, true)
				near(t, "gw block by block", m.gw, m.gwScale, gw)
			})
		}
	})
}

func TestEachInputHasItsGradient(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for i, m := range mosaics() {
			t.Run(m.String(), func(t *testing.T) {
				grads, pixels := make([]Grad, len(m.parts)), m.N*volume(m.In)
				first := 0
				for j, p := range m.parts {
					grads[j] = Grad{X: nans(pixels * p.C), C: p.C, Add: (i+j)%2 == 0}
					for o := 0; grads[j].Add && o < pixels; o++ {
						copy(grads[j].X[o*p.C:][:p.C], m.gx0[o*m.Cin+first:])
					}
					if len(m.parts) > 1 && (i+j)%3 == 0 {
						grads[j].X = nil
					}
					first += p.C
				}
				m.InputGrad(grads, m.gy, m.w)
				first = 0
				for j, g := range grads {
					for at, v := range g.X {
						whole := at/g.C*m.Cin + first + at%g.C
						want := m.gx[whole]
						if !g.Add {
							want -= float64(m.gx0[whole])
						}
						near(t, fmt.Sprint("gx of ", j), []float64{want}, []float64{m.gxScale[whole]}, []float32{v})
					}
					first += g.C
				}
			})
		}
	})
}

func TestGradientsOverwriteUnlessTheyAdd(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for _, s := range samples() {
			gx, gw := nans(len(s.gx)), nans(len(s.gw))
			s.InputGrad([]Grad{{X: gx, C: s.Cin}}, s.gy, s.w)
			s.WeightGrad(gw, s.One(s.x), s.gy, false)
			for i, v := range s.gx0 {
				gx[i] += v
			}
			for i, v := range s.gw0 {
				gw[i] += v
			}
			near(t, s.String()+" gx", s.gx, s.gxScale, gx)
			near(t, s.String()+" gw", s.gw, s.gwScale, gw)
		}
	})
}

func TestTheLastWriteActivates(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		for _, slope := range []float32{0, 0.01, 0.5} {
			for _, s := range samples() {
				y, want := nans(len(s.y)), make([]float64, len(s.y))
				s.Forward(y, s.One(s.x), s.w, s.b, slope)
				for i, v := range s.y {
					want[i] = max(v, float64(slope)*v)
				}
				near(t, s.String(), want, s.yScale, y)
			}
		}
	})
}

func TestReLUKeepsInfinityAndNaN(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	c := Conv{N: 1, In: [3]int{1, 1, 5}, Out: [3]int{1, 1, 5}, Kernel: [3]int{1, 1, 1}, Stride: [3]int{1, 1, 1},
		Dilation: [3]int{1, 1, 1}, Cin: 1, Cout: 1, Groups: 1}
	onEveryLevel(t, func(t *testing.T) {
		y := make([]float32, 5)
		c.Forward(y, c.One([]float32{inf, -inf, nan, -1, 2}), []float32{1}, nil, 0)
		if y[0] != inf || y[1] != 0 || y[2] == y[2] || y[3] != 0 || y[4] != 2 {
			t.Fatalf("ReLU of Inf, -Inf, NaN, -1, 2 is %g", y)
		}
		c.Forward(y, c.One([]float32{inf, -inf, nan, -1, 2}), []float32{1}, nil, 0.5)
		if y[0] != inf || y[1] != -inf || y[2] == y[2] || y[3] != -0.5 || y[4] != 2 {
			t.Fatalf("LeakyReLU of Inf, -Inf, NaN, -1, 2 is %g", y)
		}
	})
}
