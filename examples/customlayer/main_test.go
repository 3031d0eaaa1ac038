package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sshn-go/sshn/autograd/optest"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor/safetensors"
	"github.com/stretchr/testify/require"
)

func TestGradientOfCustomLayerMatchesDifferences(t *testing.T) {
	var b strings.Builder
	// The error of central differences falls with h²: 7e-5 at the least h here.
	require.Less(t, check(&b), 2e-4)
	require.Contains(t, b.String(), "residual.conv.weight [3 3 4 4]\n")
	require.Contains(t, b.String(), "152 weights, predicted from phi by 1392\n")
}

func TestSnake(t *testing.T) {
	optest.Run(t, []optest.Case{{
		Name: "Snake", Op: Snake{A: 1.5}, In: optest.Shapes([]int{2, 7, 3}),
		Reference: func(in [][]float64) []float64 {
			y := make([]float64, len(in[0]))
			for i, x := range in[0] {
				y[i] = x + math.Pow(math.Sin(1.5*x), 2)/1.5
			}
			return y
		},
	}})
}

func TestANetworkOfOnesOwnIsTrainedFrozenAndSaved(t *testing.T) {
	var b strings.Builder
	path := filepath.Join(t.TempDir(), "denoiser.safetensors")
	theta, err := own(t.Context(), &b, path)
	require.NoError(t, err)
	// Noise of deviation 0.5 has a mean square of 0.25.
	layout := nn.NewLayout()
	rest, _ := measure(NewDenoiser(layout.Builder(2), 8), theta, 0.25)
	require.Less(t, rest, float32(0.1), b.String())

	f, err := safetensors.Open(path)
	require.NoError(t, err)
	defer f.Close()
	weight, err := f.Tensor("body.conv.weight")
	require.NoError(t, err)
	for p := range layout.Params() {
		if p.Name == "body.conv.weight" {
			require.Equal(t, theta.Tensor(p).Data, weight.Data)
		}
	}
}

// The README shows the layer as it is here.
func TestTheReadmeShowsTheLayer(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	source, err := os.ReadFile("residual.go")
	require.NoError(t, err)
	_, code, found := strings.Cut(string(source), "\n)\n\n")
	require.True(t, found)
	require.Contains(t, string(readme), code)
}
