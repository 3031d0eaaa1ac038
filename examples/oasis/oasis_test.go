package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/stretchr/testify/require"
)

// call runs the program and returns what it printed and its exit code.
func call(args ...string) (stdout, stderr string, code int) {
	var out, err bytes.Buffer
	code = run(context.Background(), args, &out, &err)
	return out.String(), err.String(), code
}

// must runs the program, which has to succeed, and returns what it printed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, code := call(args...)
	require.Equal(t, success, code, stderr)
	return stdout
}

// brains makes coarse procedural brains, of 20 x 24 (x 28) voxels.
func brains(t *testing.T, n, dims int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	must(t, "make-data", "-out", dir, "-n", fmt.Sprint(n), "-dims", fmt.Sprint(dims), "-spacing", "8")
	return dir
}

// small are flags for a network that trains in no time.
var small = []string{"-width", "4", "-levels", "3", "-batch", "2"}

// trainTiny trains for a few steps and returns the model's file.
func trainTiny(t *testing.T, dir string, more ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "run")
	must(t, append(append([]string{"train", "-data", dir, "-out", out, "-steps", "4", "-every", "2"}, small...), more...)...)
	return filepath.Join(out, modelFile)
}

func readJSON(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &m), text)
	return m
}

func TestSlicesFromBrainsToSegmentation(t *testing.T) {
	dir := brains(t, 6, 2)
	for _, method := range []string{"sshn", "fixed", "stochastic", "film"} {
		model := trainTiny(t, dir, "-labels", "seg24", "-method", method)
		split, err := data.LoadSplit(filepath.Join(filepath.Dir(model), splitFile))
		require.NoError(t, err)
		require.Equal(t, []int{4, 1, 1}, []int{len(split.Train), len(split.Val), len(split.Test)})

		r := readJSON(t, must(t, "pareto", "-model", model, "-data", dir, "-json"))
		m, err := sshn.Load(model)
		require.NoError(t, err)
		require.Len(t, m.Config().Labels, 25)
		require.Equal(t, sshn.Label{ID: 2, Name: "Left-Cerebral-Cortex", Colour: "#cd3e4e"}, m.Config().Labels[2])
		require.Len(t, r["curve"], len(m.Curve), "the curve that is printed is saved")
		require.Equal(t, method == "fixed", len(m.Curve) == 1)
		for _, name := range []string{"curve.svg", "curve.png", "curve.csv", "curve.json"} {
			require.FileExists(t, filepath.Join(filepath.Dir(model), name))
		}
		segmentSubject(t, dir, model, "-phi", "0.4")
	}
}

func TestVolumesFromBrainsToSegmentation(t *testing.T) {
	dir := brains(t, 3, 3)
	model := trainTiny(t, dir, "-labels", "seg35", "-split", "1/1/1", "-batch", "1", "-block", "16")
	out := must(t, "pareto", "-model", model, "-data", dir, "-phis", "0.2,0.5", "-split", "all", "-pictures", filepath.Join(dir, "pictures"))
	require.Contains(t, out, "Chosen: phi ")
	require.Contains(t, out, "from Dice 0 at ")
	require.FileExists(t, filepath.Join(dir, "pictures", "phi-0.2.png"))
	segmentSubject(t, dir, model, "-max-mb", "100")

	// Each slice of a volume is an image to a model of slices.
	slices := trainTiny(t, brains(t, 3, 2))
	require.Contains(t, segmentSubject(t, dir, slices, "-phi", "0.3"), " for each of 28 slices, ")
}

// segmentSubject segments the first subject's scan and checks that the result
// lies on its grid and holds labels of the model.
func segmentSubject(t *testing.T, dir, model string, flags ...string) string {
	t.Helper()
	scans, err := filepath.Glob(filepath.Join(dir, "*", "*_norm.nii.gz"))
	require.NoError(t, err)
	out := filepath.Join(t.TempDir(), "seg.nii.gz")
	text := must(t, append([]string{"segment", "-model", model, "-in", scans[0], "-out", out}, flags...)...)

	scan, err := nifti.ReadFile(scans[0], nifti.Options{})
	require.NoError(t, err)
	seg, err := nifti.ReadFile(out, nifti.Options{})
	require.NoError(t, err)
	require.Equal(t, scan.Data.Shape, seg.Data.Shape)
	want, source := scan.Header.Affine()
	got, from := seg.Header.Affine()
	require.Equal(t, want, got)
	require.Equal(t, source, from)
	require.Equal(t, nifti.Uint8, seg.Header.DataType())
	ids, err := seg.Labels()
	require.NoError(t, err)
	m, err := sshn.Load(model)
	require.NoError(t, err)
	known := map[int32]bool{}
	for _, l := range m.Config().Labels {
		known[int32(l.ID)] = true
	}
	for _, id := range ids {
		require.True(t, known[id], id)
	}
	return text
}

func TestBudgetChoosesFromTheSavedCurve(t *testing.T) {
	dir := brains(t, 3, 2)
	model := trainTiny(t, dir)
	scan := filepath.Join(dir, "PHANTOM_PH1_0001_MR1", "slice_norm.nii.gz")
	to := filepath.Join(t.TempDir(), "seg.nii")
	args := []string{"segment", "-model", model, "-in", scan, "-out", to, "-json"}

	_, stderr, code := call(append(args, "-max-macs", "1e9")...)
	require.Equal(t, failure, code)
	require.Contains(t, stderr, "holds no curve to choose by; the subcommand pareto measures it")

	must(t, "pareto", "-model", model, "-data", dir, "-split", "all", "-phis", "0.1:0.5:5")
	m, err := sshn.Load(model)
	require.NoError(t, err)
	for _, p := range m.Curve {
		best, err := pareto.Best(m.Curve, pareto.Budget{MACs: p.MACs})
		require.NoError(t, err)
		r := readJSON(t, must(t, append(args, "-max-macs", fmt.Sprint(p.MACs))...))
		require.Equal(t, best.Phi[0], r["phi"])
		require.Equal(t, float64(best.MACs), r["macs"], "the scan is of the curve's extents")
		require.LessOrEqual(t, r["macs"], float64(p.MACs))
	}
	_, stderr, code = call(append(args, "-max-macs", "1000")...)
	require.Equal(t, failure, code)
	require.Contains(t, stderr, "no point fits a budget of 1 k MACs: the least needed is ")
	require.Contains(t, stderr, "(phi 0.1)")
}

func TestDemoLeavesModelCurveAndPictures(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	text := must(t, "-out", out, "-n", "4", "-steps", "1", "-width", "2", "-batch", "1", "-labels", "seg24")
	require.Contains(t, text, "Chosen: phi ")
	m, err := sshn.Load(filepath.Join(out, modelFile))
	require.NoError(t, err)
	pictures, err := filepath.Glob(filepath.Join(out, "phi-*.png"))
	require.NoError(t, err)
	require.Len(t, pictures, len(m.Curve))

	// The command that it ends with works.
	_, line, found := strings.Cut(text, program("segment"))
	require.True(t, found)
	line, _, _ = strings.Cut(line, "\n")
	must(t, append([]string{"segment"}, strings.Fields(line)...)...)
	require.FileExists(t, filepath.Join(out, "seg.nii.gz"))
}

// An interrupter is a console that interrupts at its first line.
type interrupter struct {
	bytes.Buffer
	interrupt func()
}

func (i *interrupter) Write(b []byte) (int, error) {
	i.interrupt()
	return i.Buffer.Write(b)
}

func TestInterruptedTrainingGoesOnToTheSameModel(t *testing.T) {
	dir := brains(t, 4, 2)
	whole := trainTiny(t, dir, "-steps", "6")

	out := filepath.Join(t.TempDir(), "run")
	args := append([]string{"train", "-data", dir, "-out", out, "-steps", "6", "-every", "2"}, small...)
	ctx, cancel := context.WithCancel(t.Context())
	stderr := &interrupter{interrupt: cancel}
	var stdout bytes.Buffer
	require.Equal(t, interrupted, run(ctx, args, &stdout, stderr), stderr.String())
	require.Empty(t, stdout.String())
	require.NoFileExists(t, filepath.Join(out, modelFile))
	require.FileExists(t, filepath.Join(out, "last.safetensors"))

	_, text, code := call(args...)
	require.Equal(t, failure, code)
	require.Contains(t, text, "last.safetensors is there already: -resume goes on with that training")

	// The command that it ended with goes on.
	_, line, found := strings.Cut(stderr.String(), "oasis: stopped after step 1; to go on: "+program("train"))
	require.True(t, found, stderr.String())
	must(t, append([]string{"train"}, strings.Fields(line)...)...)
	want, err := os.ReadFile(whole)
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(out, modelFile))
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got), "the models have the same bits")
}

func TestInterruptedMakeDataLeavesNoListOfSubjects(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	require.Equal(t, interrupted, run(ctx, []string{"make-data", "-out", dir, "-n", "3", "-spacing", "8"}, &stdout, &stderr))
	require.NoFileExists(t, filepath.Join(dir, "subjects.txt"))
}
