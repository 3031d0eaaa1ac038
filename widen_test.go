package sshn_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/hyper"
)

// trainedAt returns the phis of each step of a training.
func trainedAt(t *testing.T, cfg sshn.Config, training sshn.Training) (steps [][]float64) {
	training.Dir = t.TempDir()
	_, err := model(t, cfg).Train(t.Context(), discs(4, 8, 8), training)
	require.NoError(t, err)
	f, err := os.Open(filepath.Join(training.Dir, "log.jsonl"))
	require.NoError(t, err)
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var entry struct{ Note string }
		require.NoError(t, json.Unmarshal(lines.Bytes(), &entry))
		var phis []float64
		for _, m := range regexp.MustCompile(`phi ([\d.e-]+)`).FindAllStringSubmatch(entry.Note, -1) {
			phi, err := strconv.ParseFloat(m[1], 64)
			require.NoError(t, err)
			phis = append(phis, phi)
		}
		steps = append(steps, phis)
	}
	return steps
}

func TestTheRangeOfPhiGrowsFromItsMiddle(t *testing.T) {
	const steps, dust = 20, 1e-4 // of phis in a log
	cfg := config(sshn.Stochastic)
	cfg.Prior = hyper.Uniform(0.1, 0.5)
	all := trainedAt(t, cfg, sshn.Training{Steps: steps, Batch: 1, Widen: 0.5})
	require.Len(t, all, steps)
	for step, phis := range all {
		require.Len(t, phis, 4)
		share := min(1, 0.1+0.9*float64(step)/(0.5*steps))
		for part, phi := range phis { // each in its quarter of the range of the step
			lo := 0.3 + 0.4*share*(float64(part)/4-0.5)
			require.InDelta(t, lo+0.4*share/8, phi, 0.4*share/8+dust, "step %d, part %d", step, part)
		}
	}
	at := func(widen float64) [][]float64 {
		return trainedAt(t, cfg, sshn.Training{Steps: steps, Batch: 1, Widen: widen})
	}
	require.Equal(t, all[steps/2:], at(-1)[steps/2:], "in the end the whole range is drawn from, as it is from the first step on without")
	require.NotEqual(t, all[0], at(-1)[0])
	require.Equal(t, at(0), at(0.6))

	// Nothing tells how much of a training is over that only patience ends.
	patient := trainedAt(t, cfg, sshn.Training{Patience: 1, Every: 5, Batch: 1, Val: discs(1, 8, 8)})
	require.Equal(t, at(-1)[:5], patient[:5])

	cfg = config(sshn.Fixed)
	cfg.Prior = hyper.Point(0.25)
	for _, phis := range trainedAt(t, cfg, sshn.Training{Steps: 3, Batch: 1}) {
		require.Equal(t, []float64{0.25}, phis)
	}
}

func TestTrainingsThatWidenAlikeAreTheSame(t *testing.T) {
	cfg := config(sshn.SSHN)
	training := sshn.Training{Steps: 2, Batch: 1, Every: 1, Dir: t.TempDir(), Resume: true}
	run := func(method sshn.Method, widen float64) error {
		cfg.Method, training.Widen = method, widen
		_, err := model(t, cfg).Train(t.Context(), discs(2, 8, 8), training)
		return err
	}
	require.NoError(t, run(sshn.SSHN, 0))
	training.Steps = 3
	require.NoError(t, run(sshn.SSHN, 0.6))
	require.ErrorContains(t, run(sshn.SSHN, 0.5), "widen was 0.6, is 0.5")
	require.ErrorContains(t, run(sshn.SSHN, -1), "widen was 0.6, is absent")
	require.EqualError(t, run(sshn.SSHN, 1.5), "sshn: train: Widen 1.5: a share of at most 1 is possible")

	training.Dir = t.TempDir()
	require.NoError(t, run(sshn.Fixed, 0))
	require.NoError(t, run(sshn.Fixed, -2), "one phi has no range")
}
