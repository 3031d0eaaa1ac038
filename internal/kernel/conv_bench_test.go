package kernel

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func BenchmarkConv(b *testing.B) {
	for _, c := range []struct {
		n, in, out, k int
		size          []int
	}{
		{8, 32, 32, 3, []int{160, 192}}, {8, 64, 32, 3, []int{160, 192}}, {1, 32, 32, 3, []int{160, 192}}, {1, 64, 32, 3, []int{160, 192}},
		{8, 64, 64, 3, []int{80, 96}}, {1, 64, 64, 3, []int{80, 96}},
		{8, 1, 32, 3, []int{160, 192}}, {8, 3, 32, 3, []int{160, 192}}, {8, 32, 24, 1, []int{160, 192}},
		{1, 16, 16, 3, []int{96, 96, 96}}, {1, 32, 32, 3, []int{96, 96, 96}}, {1, 32, 32, 3, []int{48, 48, 48}},
		{1, 1, 16, 3, []int{96, 96, 96}}, {1, 32, 32, 1, []int{96, 96, 96}},
		{1, 64, 64, 3, []int{37, 37}}, {1, 64, 64, 3, []int{19, 19}}, {1, 64, 64, 3, []int{10, 12}},
		{1, 64, 64, 3, []int{5, 5}}, {8, 64, 64, 3, []int{2, 2}}, {8, 64, 64, 3, []int{1, 1}},
	} {
		g := Conv{N: c.n, In: [3]int{1, 1, 1}, Kernel: [3]int{1, 1, 1}, Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1},
			Cin: c.in, Cout: c.out, Groups: 1}
		var size []string
		for i, n := range c.size {
			a := 3 - len(c.size) + i
			g.In[a], g.Kernel[a], g.Pad[a] = n, c.k, c.k/2
			size = append(size, fmt.Sprint(n))
		}
		g.Out = g.In
		name := fmt.Sprintf("dims=%d/n=%d/in=%d/out=%d/size=%s", len(size), c.n, c.in, c.out, strings.Join(size, "x"))
		if c.k == 1 {
			name += "/k=1"
		}
		for _, pass := range []string{"forward", "input", "weight"} {
			b.Run(name+"/pass="+pass, func(b *testing.B) { benchmarkConv(b, &g, pass) })
		}
	}
}

func benchmarkConv(b *testing.B, c *Conv, pass string) {
	r := rand.New(rand.NewPCG(7, 8))
	x, y := random(r, c.N*volume(c.In)*c.Cin), random(r, c.N*volume(c.Out)*c.Cout)
	w, bias := random(r, c.weights()), random(r, c.Cout)
	for b.Loop() {
		switch pass {
		case "forward":
			c.Forward(y, c.One(x), w, bias, 1)
		case "input":
			c.InputGrad([]Grad{{X: x, C: c.Cin}}, y, w)
		case "weight":
			c.WeightGrad(w, c.One(x), y, false)
		}
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(2*float64(c.MACs())/seconds/1e9, "GFLOP/s")
	b.ReportMetric(4*float64(len(x)+len(y))/seconds/1e9, "GB/s")
}

func BenchmarkGEMM(b *testing.B) {
	for _, s := range []struct {
		name    string
		m, n, k int
		ta, tb  bool
	}{
		{"512", 512, 512, 512, false, false}, {"2048", 2048, 2048, 2048, false, false},
		{"512/transA", 512, 512, 512, true, false}, {"512/transB", 512, 512, 512, false, true},
		{"head/forward", 1, 110_000, 96, false, false}, {"head/input", 1, 96, 110_000, false, true},
		{"head/weight", 96, 110_000, 1, true, false},
	} {
		b.Run(s.name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(9, 10))
			x, y, z := random(r, s.m*s.k), random(r, s.k*s.n), random(r, s.m*s.n)
			lda, ldb := s.k, s.n
			if s.ta {
				lda = s.m
			}
			if s.tb {
				ldb = s.k
			}
			for b.Loop() {
				Gemm(z, x, y, s.m, s.n, s.k, s.ta, s.tb, lda, ldb, s.n, s.m > 1 && s.k == 1)
			}
			seconds := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(2*float64(s.m)*float64(s.n)*float64(s.k)/seconds/1e9, "GFLOP/s")
			b.ReportMetric(4*float64(len(x)+len(y)+len(z))/seconds/1e9, "GB/s")
		})
	}
}
