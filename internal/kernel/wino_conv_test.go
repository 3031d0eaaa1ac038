package kernel

import (
	"runtime"
	"slices"
	"testing"

	"github.com/sshn-go/sshn/internal/cpu"
)

// winogradCases are geometries for which Winograd's passes cut their work in
// various ways.
func winogradCases() (cases []Conv) {
	conv := func(n int, in, kernel, pad [3]int, cin, cout int) {
		c := Conv{N: n, In: in, Kernel: kernel, Stride: [3]int{1, 1, 1}, Pad: pad, Dilation: [3]int{1, 1, 1}, Cin: cin, Cout: cout, Groups: 1}
		for a := range 3 {
			c.Out[a] = OutSize(in[a], kernel[a], 1, pad[a], 1)
		}
		cases = append(cases, c)
	}
	deep, flat := [3]int{3, 3, 3}, [3]int{1, 3, 3}
	conv(3, [3]int{1, 13, 10}, flat, [3]int{0, 1, 1}, 5, 18) // strips of several images in a block of work
	conv(1, [3]int{1, 6, 270}, flat, [3]int{0, 1, 1}, 3, 4)  // rows in parts
	conv(1, [3]int{1, 9, 8}, flat, [3]int{0, 0, 2}, 4, 3)    // other paddings
	conv(2, [3]int{4, 5, 6}, flat, [3]int{0, 1, 1}, 3, 4)    // planes that do not mix
	conv(1, [3]int{4, 5, 6}, flat, [3]int{1, 1, 1}, 3, 4)    // planes of padding
	conv(2, [3]int{winogradDepth + 3, 5, 4}, deep, [3]int{1, 1, 1}, 2, 3)
	conv(1, [3]int{5, 7, 4}, deep, [3]int{2, 1, 1}, 2, 17)
	conv(1, [3]int{5, 7, 4}, deep, [3]int{0, 1, 1}, 17, 2)
	conv(1, [3]int{7, 5, 9}, [3]int{5, 3, 3}, [3]int{2, 1, 1}, 2, 3)
	return cases
}

// withWinograd runs f with each algorithm wherever it can be used.
func withWinograd(t *testing.T, f func(t *testing.T)) {
	before := winogradAsked
	defer func() { winogradAsked = before }()
	algorithms := []string{"f2", "f4"}
	if raceDetector {
		algorithms = algorithms[1:] // it is slow, and both go the same way
	}
	for _, winogradAsked = range algorithms {
		t.Run(winogradAsked, f)
	}
}

func TestWinogradIsTheDefinition(t *testing.T) {
	withWinograd(t, TestConvolutionIsItsDefinition)
}

// What Winograd's passes do with the plain-Go twins of all their kernels.
func TestWinogradWithoutAssemblyIsTheDefinition(t *testing.T) {
	if runtime.GOARCH == "amd64" && cpu.Best == cpu.Plain {
		t.Skip("packing and adding of vectors have no twin to choose")
	}
	before := fast
	defer func() { fast = before }()
	fast = *plainTiles
	withWinograd(t, func(t *testing.T) {
		for _, s := range samples() {
			y, gx, gw := nans(len(s.y)), clone(s.gx0), clone(s.gw0)
			s.Forward(y, s.One(s.x), s.w, s.b, 1)
			s.InputGrad([]Grad{{gx, s.Cin, true}}, s.gy, s.w)
			s.WeightGrad(gw, s.One(s.x), s.gy, true)
			near(t, s.String()+" y", s.y, s.yScale, y)
			near(t, s.String()+" gx", s.gx, s.gxScale, gx)
			near(t, s.String()+" gw", s.gw, s.gwScale, gw)
		}
	})
}

func TestWinogradTakesSeveralInputsAndGradients(t *testing.T) {
	withWinograd(t, func(t *testing.T) {
		TestInputsSideBySideAreOneInput(t)
		TestEachInputHasItsGradient(t)
		TestGradientsOverwriteUnlessTheyAdd(t)
		TestTheLastWriteActivates(t)
	})
}

func TestWinogradHasTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	withWinograd(t, TestConvolutionHasTheSameBitsOnAnyNumberOfWorkers)
}

func TestWinogradAllocatesNoData(t *testing.T) {
	withWinograd(t, TestConvolutionAllocatesNoData)
}

func TestExactMeansWithoutWinograd(t *testing.T) {
	s := newSample(Conv{N: 1, In: [3]int{1, 9, 9}, Out: [3]int{1, 9, 9}, Kernel: [3]int{1, 3, 3}, Stride: [3]int{1, 1, 1},
		Pad: [3]int{0, 1, 1}, Dilation: [3]int{1, 1, 1}, Cin: 16, Cout: 16, Groups: 1})
	s.Exact = true
	y, gx, gw, _ := s.results()
	withWinograd(t, func(t *testing.T) {
		y1, gx1, gw1, _ := s.results()
		same(t, y, y1)
		same(t, gx, gx1)
		same(t, gw, gw1)
	})
}

func largest(scale []float64) []float64 {
	most := slices.Max(scale)
	same := make([]float64, len(scale))
	for i := range same {
		same[i] = most
	}
	return same
}
