package rescale

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/autograd/optest"
	"github.com/sshn-go/sshn/internal/golden"
)

func TestResizeIsPyTorchs(t *testing.T) {
	modes := map[string]Mode{"linear": Linear, "bilinear": Linear, "trilinear": Linear,
		"nearest": NearestFloor, "nearest-exact": Nearest, "bicubic": Cubic}
	for _, file := range []string{"linear1d", "bilinear", "bilinear_aa", "trilinear", "nearest", "bicubic", "bicubic_aa"} {
		tested := 0
		for _, c := range golden.Open(t, "interp_"+file) {
			t.Run(file+"/"+c.ID, func(t *testing.T) {
				x, gy := golden.ChannelsLast(c.Input("x")), golden.ChannelsLast(c.Upstream())
				y, gx := golden.ChannelsLast(c.Output64("y")), golden.ChannelsLast(c.Grad64("x"))
				size := y.Shape.Spatial()
				if !stepIsOfSizes(c.Attrs, x.Shape.Spatial(), size) {
					t.Skip("steps of 1/scale_factor, which do not fit the sizes, are not offered")
				}
				cfg := Config{modes[c.Attrs.Text("mode")], c.Attrs.Bool("align_corners"), c.Attrs.Bool("antialias")}

				tape := autograd.NewTape()
				leaf := tape.Leaf(x)
				out := Resize(leaf, size, cfg).Keep()
				require.Equal(t, y.Shape, out.Shape())
				tape.Backward(optest.Dot(out, tape.Const(gy)))
				// Some ten roundings, of 6e-8 each, of sums of magnitude up to 5.
				golden.Close(t, "y", out.Tensor().Data, y.Data, 2e-6, 1e-6)
				golden.Close(t, "gx", leaf.Grad().Data, gx.Data, 2e-6, 1e-6)
				tested++
			})
		}
		require.Greater(t, tested, 5, file)
	}
}

// stepIsOfSizes tells whether PyTorch stepped through the input by in/out, or
// by (in-1)/(out-1), as we always do.
func stepIsOfSizes(a golden.Attrs, in, out []int) bool {
	if a.Has("size") || a.Bool("recompute_scale_factor") || a.Bool("align_corners") {
		return true
	}
	factors := a.Floats("scale_factor")
	for i := range in {
		if float64(in[i])*factors[i%len(factors)] != float64(out[i]) {
			return false
		}
	}
	return true
}
