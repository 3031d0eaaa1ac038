package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/sshn-go/sshn/tensor/volume"
)

// relaid returns a copy of a data set whose volumes lie as a frame says: labels
// are those of the nearest voxels.
func relaid(t *testing.T, dir string, f volume.Frame) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "relaid")
	require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	files, err := filepath.Glob(filepath.Join(to, "*", "*.nii.gz"))
	require.NoError(t, err)
	for _, path := range files {
		v := readVolume(t, path)
		move, err := f.Move(v.Header.Grid())
		require.NoError(t, err)
		h := nifti.NewHeader(move.To.Shape, move.To.Affine)
		if strings.Contains(path, "_seg") {
			ids := make([]int32, move.To.Shape.Len())
			for i, x := range move.Nearest(v.Data, 0).Data {
				ids[i] = int32(x)
			}
			require.NoError(t, nifti.WriteLabelsFile(path, h, ids))
			continue
		}
		require.NoError(t, nifti.WriteImageFile(path, h, move.Linear(v.Data, 0)))
	}
	return to
}

// measured returns the Dice that pareto finds at phi 0.5 on all subjects, the
// extents of the images that it did so on, and what it noted.
func measured(t *testing.T, model, dir string) (dice float64, extents []any, notes string) {
	t.Helper()
	stdout, stderr, code := call("pareto", "-model", model, "-data", dir, "-split", "all", "-phis", "0.5", "-json", "-pictures", filepath.Join(dir, "pictures"))
	require.Equal(t, cli.Success, code, stderr)
	curve := readJSON(t, stdout)["curve"].(map[string]any)
	return curve["points"].([]any)[0].(map[string]any)["dice"].(float64), curve["extents"].([]any), stderr
}

func TestDataThatLieOtherwiseAreMeasuredInTheModelsFrame(t *testing.T) {
	for dims, training := range map[int][]string{2: {"-steps", "40", "-rate", "1e-2"}, 3: {"-steps", "20", "-batch", "1"}} {
		dir := brains(t, 3, dims)
		model := trainTiny(t, dir, append(training, "-every", "20", "-plain", "-method", "fixed")...)
		want, extents, notes := measured(t, model, dir)
		require.Greater(t, want, 0.1, "a model that finds something")
		require.NotContains(t, notes, "note: ")

		turned := relaid(t, dir, volume.Frame{Orientation: "RPS"})
		got, same, notes := measured(t, model, turned)
		require.Equal(t, want, got)
		require.Equal(t, extents, same)
		require.Contains(t, notes, "note: the scan's axes run RPS")
		require.Contains(t, notes, "Dice is that of what comes back onto their own grids\n")
	}
}

func TestParetoFindsWhatSegmentAndEvaluateDo(t *testing.T) {
	dir := brains(t, 3, 3)
	model := trainTiny(t, dir, "-steps", "20", "-batch", "1", "-every", "20", "-plain", "-method", "fixed")
	finer := relaid(t, dir, volume.Frame{Orientation: "ASL", Spacing: [3]float64{5, 8, 3}})
	got, extents, notes := measured(t, model, finer)
	require.Equal(t, []any{28., 24., 20.}, extents, "those of the images that the model was trained on")
	require.Contains(t, notes, "note: its voxels of 5 x 8 x 3 mm are resampled to 8 x 8 x 8 mm")

	found := t.TempDir()
	scans, err := filepath.Glob(filepath.Join(finer, "*", "*_norm.nii.gz"))
	require.NoError(t, err)
	for _, scan := range scans {
		must(t, "segment", "-model", model, "-in", scan, "-out", filepath.Join(found, filepath.Base(filepath.Dir(scan))+".nii.gz"), "-phi", "0.5")
	}
	r := readJSON(t, must(t, "evaluate", "-truth", finer, "-pred", found, "-labels", "seg4", "-json"))
	mean := r["mean"].(map[string]any)["dice"].(float64)
	// Intensities are scaled before one interpolates and after the other, so a
	// voxel in a thousand may tip over.
	require.InDelta(t, mean, got, 1e-3)
	require.Greater(t, got, 0.1)
}
