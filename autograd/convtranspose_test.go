package autograd

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

func TestTheCostOfATransposedConvolutionHoldsWhatItWorksIn(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // others may come too late to take scratch
	for _, c := range []struct{ extent, taps, stride, cin, cout, groups int }{
		{12, 2, 2, 32, 16, 1}, {12, 3, 1, 24, 24, 1}, {7, 3, 2, 6, 4, 2}, {19, 1, 1, 1, 33, 1},
	} {
		op := convTranspose{ConvTransposeConfig{Stride: Each(c.stride), Groups: c.groups}}
		in := []tensor.Tensor{tensor.New(2, c.extent, c.extent, c.cin), tensor.New(c.taps, c.taps, c.cin, c.cout/c.groups)}
		out := tensor.New(op.Shape(shapes(in)).Dims()...)
		gin := []tensor.Tensor{in[0].Clone(), in[1].Clone()}
		forward := parallel.Watch(func() { op.Forward(out, in) })
		backward := parallel.Watch(func() { op.Backward(gin, out, out, in) })
		require.LessOrEqual(t, forward, op.Cost(shapes(in)).Bytes, "%+v", c)
		require.LessOrEqual(t, backward, op.backwardBytes(shapes(in)), "%+v", c)
		require.Greater(t, 1.5*float64(forward+backward), float64(op.Cost(shapes(in)).Bytes+op.backwardBytes(shapes(in))), "%+v", c)
	}
}
