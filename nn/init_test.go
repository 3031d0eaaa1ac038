package nn

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/golden"
	"github.com/sshn-go/sshn/tensor"
)

// The references' y: fan-in, fan-out, gain, then bounds and deviations.
func TestInitialisersHaveTheBoundsOfPyTorch(t *testing.T) {
	for _, c := range golden.Open(t, "init_fans") {
		out := c.Attrs.Ints("shape")
		shape := tensor.NewShape(append(append([]int(nil), out[2:]...), out[1], out[0])...)
		y := c.Output64("y").Data
		in, outFan := fans(shape)
		require.Equal(t, y[0], in, c.ID)
		require.Equal(t, y[1], outFan, c.ID)
		require.InDelta(t, y[7], math.Sqrt(3)*xavier(shape), 1e-12, c.ID)
		require.InDelta(t, y[8], xavier(shape), 1e-12, c.ID)
		slope := 0.0
		switch c.Attrs.Text("nonlinearity") {
		case "relu":
		case "leaky_relu":
			if c.Attrs.Has("param") {
				slope = c.Attrs.Float("param")
			} else {
				slope = 0.01
			}
		default:
			continue // gains of other activations are not Kaiming's
		}
		// Both sides are float64 throughout, so 1e-12 is rounding.
		require.InDelta(t, y[3], math.Sqrt(3)*kaiming(slope, FanIn, shape), 1e-12, c.ID)
		require.InDelta(t, y[4], math.Sqrt(3)*kaiming(slope, FanOut, shape), 1e-12, c.ID)
		require.InDelta(t, y[5], kaiming(slope, FanIn, shape), 1e-12, c.ID)
		require.InDelta(t, y[6], kaiming(slope, FanOut, shape), 1e-12, c.ID)
	}
}

func TestInitialisersDrawFromTheirDistributions(t *testing.T) {
	shape := tensor.NewShape(3, 3, 32, 64)
	for name, c := range map[string]struct {
		init      Init
		deviation float64
		uniform   bool
	}{
		"Kaiming normal":  {KaimingNormal(0, FanIn), math.Sqrt(2. / (9 * 32)), false},
		"Kaiming uniform": {KaimingUniform(0, FanOut), math.Sqrt(2. / (9 * 64)), true},
		"Xavier normal":   {XavierNormal, math.Sqrt(2. / (9 * 96)), false},
		"Xavier uniform":  {XavierUniform, math.Sqrt(2. / (9 * 96)), true},
	} {
		x := tensor.Zeros(shape)
		c.init(Stream(1, name), x)
		var sum, squares, most float64
		for _, v := range x.Data {
			sum, squares, most = sum+float64(v), squares+float64(v)*float64(v), max(most, math.Abs(float64(v)))
		}
		n := float64(len(x.Data))
		// The deviation of a sample of 18,432 is known to 1/√(2n) = 0.5 %: five of those.
		require.InEpsilon(t, c.deviation, math.Sqrt(squares/n), 0.027, name)
		require.InDelta(t, 0, sum/n, 5*c.deviation/math.Sqrt(n), name)
		if c.uniform {
			require.LessOrEqual(t, most, math.Sqrt(3)*c.deviation*(1+1e-6), name)
			require.Greater(t, most, 1.7*c.deviation, name)
		} else {
			require.Greater(t, most, 3*c.deviation, name)
		}
	}
	require.PanicsWithError(t, "initialise of [3]: fans take a weight [taps..., Cin, Cout]", func() { XavierNormal(Stream(1, ""), tensor.New(3)) })
}
