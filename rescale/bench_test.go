package rescale

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

func BenchmarkRescale(b *testing.B) {
	for _, s := range []struct {
		n, c     int
		from, to []int
	}{
		{8, 32, []int{160, 192}, []int{80, 96}},
		{8, 32, []int{160, 192}, []int{77, 91}},
		{8, 32, []int{80, 96}, []int{160, 192}},
		{8, 32, []int{77, 91}, []int{160, 192}},
		{1, 16, []int{96, 96, 96}, []int{48, 48, 48}},
		{1, 16, []int{96, 96, 96}, []int{37, 37, 37}},
		{1, 16, []int{48, 48, 48}, []int{96, 96, 96}},
		{1, 16, []int{37, 37, 37}, []int{96, 96, 96}},
		{8, 3, []int{128, 128}, []int{91, 91}},
		{1, 1, []int{160, 192, 224}, []int{128, 128, 128}},
	} {
		op := Op{Size: tensor.NewShape(s.to...)}
		x := tensor.New(append(append([]int{s.n}, s.from...), s.c)...)
		fill(x)
		in, gin := []tensor.Tensor{x}, []tensor.Tensor{x.Clone()}
		y := tensor.Zeros(op.Shape([]tensor.Shape{x.Shape}))
		fill(y)
		for _, pass := range []string{"forward", "backward"} {
			name := fmt.Sprintf("dims=%d/n=%d/c=%d/from=%s/to=%s/pass=%s", len(s.to), s.n, s.c, by(s.from), by(s.to), pass)
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					if pass == "forward" {
						op.Forward(y, in)
					} else {
						op.Backward(gin, y, tensor.Tensor{}, nil)
					}
				}
				bytes := 4 * (x.Shape.Len() + y.Shape.Len())
				b.ReportMetric(float64(bytes)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GB/s")
			})
		}
	}
	b.Run("copy", func(b *testing.B) { // what the others are to be measured by
		x := tensor.New(8, 160, 192, 32)
		fill(x)
		y := x.Clone()
		n := x.Shape.Len()
		for b.Loop() {
			parallel.For(n, (n-1)/runtime.GOMAXPROCS(0)+1, func(lo, hi int) { copy(y.Data[lo:hi], x.Data[lo:hi]) })
		}
		b.ReportMetric(float64(8*n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GB/s")
	})
}

func BenchmarkTables(b *testing.B) {
	k := axisKey{192, 91, Config{}}
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			tablesOf(k)
		}
	})
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			t := taps(k)
			t.Transpose()
		}
	})
}

// fill touches all of x: pages that nobody wrote are one page to a reader.
func fill(x tensor.Tensor) {
	for i := range x.Data {
		x.Data[i] = float32(i&15) / 16
	}
}

func by(size []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(size), "[]"), " ", "x")
}
