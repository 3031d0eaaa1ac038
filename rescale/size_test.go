package rescale

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

func TestSizeIsTheCeilingOfTheRealProduct(t *testing.T) {
	for _, c := range []struct {
		phi  float64
		n    int
		want int
	}{
		{.05, 100, 5}, {.07, 100, 7}, {.1, 100, 10}, {.2, 100, 20}, {.3, 100, 30}, {.4, 100, 40},
		{.05, 160, 8}, {.07, 160, 12}, {.1, 160, 16}, {.2, 160, 32}, {.3, 160, 48}, {.4, 160, 64},
		{.5, 160, 80}, {.5, 5, 3}, {.25, 160, 40}, {.48, 160, 77}, {1. / 3, 3, 1}, {1. / 3, 160, 54},
		{float64(float32(.1)), 160, 16}, // a phi that was float32 once, a little over a tenth
		{1, 1, 1}, {1, 7, 7}, {1, 160, 160}, {1.5, 3, 5}, {2, 91, 182},
		{.05, 1, 1}, {.5, 1, 1}, {.5, 2, 1}, {.5, 3, 2}, {1e-9, 160, 1}, {1e-300, 1, 1},
	} {
		require.Equal(t, c.want, Size(c.n, c.phi), "%g of %d", c.phi, c.n)
	}
	// Hundredths, against integers.
	for n := 1; n <= 256; n++ {
		for percent := 1; percent <= 200; percent++ {
			require.Equal(t, (n*percent+99)/100, Size(n, float64(percent)/100), "%d %% of %d", percent, n)
		}
	}
}

func TestSizeRefusesWhatIsNoFactor(t *testing.T) {
	for text, f := range map[string]func(){
		"rescale: an axis of 4 pixels by phi = 0: the factor must be positive and finite":    func() { Size(4, 0) },
		"rescale: an axis of 4 pixels by phi = -0.5: the factor must be positive and finite": func() { Size(4, -.5) },
		"rescale: an axis of 4 pixels by phi = NaN: the factor must be positive and finite":  func() { Size(4, math.NaN()) },
		"rescale: an axis of 4 pixels by phi = +Inf: the factor must be positive and finite": func() { Size(4, math.Inf(1)) },
		"rescale: an axis of 0 pixels by phi = 0.5: there is nothing to rescale":             func() { Size(0, .5) },
		"rescale: an axis of 4 pixels by phi = 1e+300: the result is over 2^31-1 pixels":     func() { Size(4, 1e300) },
		"rescale of [1 4 5 2]: 3 factors for 2 spatial axes":                                 func() { Sizes(tensor.NewShape(1, 4, 5, 2), .5, .5, .5) },
		"rescale of [1 4 5 2]: 0 factors for 2 spatial axes":                                 func() { Sizes(tensor.NewShape(1, 4, 5, 2)) },
		"rescale of [4 5]: 1 factors for 0 spatial axes":                                     func() { Sizes(tensor.NewShape(4, 5), .5) },
	} {
		require.PanicsWithError(t, text, f)
	}
}

func TestSizesTakeOneFactorOrOnePerAxis(t *testing.T) {
	x := tensor.NewShape(8, 160, 192, 224, 16)
	require.Equal(t, []int{40, 48, 56}, Sizes(x, .25))
	require.Equal(t, []int{16, 192, 113}, Sizes(x, .1, 1, .503))
}
