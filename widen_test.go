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
	require.Equal(t, all[steps/2:], at(-1)[steps/2:], "in the end the whole range is drawn from, with the same bits as from the first step on")
	require.NotEqual(t, all[0], at(-1)[0])
	require.Equal(t, at(0), at(0.6))

	cfg = config(sshn.Fixed)
	cfg.Prior = hyper.Point(0.25)
	for _, phis := range trainedAt(t, cfg, sshn.Training{Steps: 3, Batch: 1}) {
		require.Equal(t, []float64{0.25}, phis)
	}
}
