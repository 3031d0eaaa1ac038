package sshn_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/pareto"
)

func TestEvaluateFindsWhatMeasureDoes(t *testing.T) {
	m, samples, phi := model(t, config(sshn.SSHN)), discs(3, 17, 13), pareto.Phi{0.4}
	curve, err := m.Measure(context.Background(), samples, []pareto.Phi{phi}, nil)
	require.NoError(t, err)
	p, err := m.At(phi)
	require.NoError(t, err)
	e, err := p.Evaluate(context.Background(), samples)
	require.NoError(t, err)
	point := curve.Points[0]
	require.Equal(t, point.Dice, e.Dice.Mean().Mean)
	require.Equal(t, []string{"a", "b", "c"}, e.Dice.Subjects)
	require.Equal(t, point.MACs, e.MACs)
	require.Equal(t, point.Bytes, e.Bytes)
	require.Positive(t, e.Latency.Median)

	samples[1].Labels.Data[5] = 7
	_, err = p.Evaluate(context.Background(), samples)
	require.ErrorContains(t, err, "subject b: element 5 has the label 7")
}

func TestTransferKeepsTheWeightsAndMovesTheMaps(t *testing.T) {
	image, of, at := discs(1, 17, 13)[0].Image, pareto.Phi{0.2}, pareto.Phi{0.5}
	for _, method := range sshn.Methods {
		cfg := config(method)
		if method == sshn.Fixed {
			cfg.Prior = hyper.Point(of[0])
		}
		m := model(t, cfg)
		p, err := m.Transfer(of, of)
		require.NoError(t, err)
		got, err := p.Classes(image)
		require.NoError(t, err)
		require.Equal(t, classes(t, m, of, image), got, "%s: to its own phi", method)

		frozen, err := m.Freeze(of)
		require.NoError(t, err)
		moved, err := m.Factors(at)
		require.NoError(t, err)
		p, err = m.Transfer(of, at)
		require.NoError(t, err)
		got, err = p.Classes(image)
		require.NoError(t, err)
		if method == sshn.FiLM { // whose condition stays that of the weights
			continue
		}
		tape := autograd.NewTape()
		x := tape.Const(image.Clone().Reshape(1, 17, 13, 1))
		scale(x.Tensor().Data)
		want, err := metric.Argmax(frozen.Forward(tape, x, moved).Tensor())
		require.NoError(t, err)
		require.Equal(t, want.Data, got.Data, "%s", method)
	}
	m := model(t, config(sshn.SSHN))
	_, err := m.Transfer(of, pareto.Phi{-1})
	require.ErrorContains(t, err, "phi -1 is not a factor")
}

// scale makes the least element 0 and the greatest 1, as the default Scale.
func scale(x []float32) {
	lo, hi := x[0], x[0]
	for _, v := range x {
		lo, hi = min(lo, v), max(hi, v)
	}
	for i, v := range x {
		x[i] = (v - lo) / (hi - lo)
	}
}
