package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/internal/lockfile"
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
	require.Equal(t, cli.Success, code, stderr)
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

		r := readJSON(t, must(t, "pareto", "-model", filepath.Dir(model), "-data", dir, "-json"))
		m, err := sshn.Load(model)
		require.NoError(t, err)
		require.Len(t, m.Config().Labels, 25)
		require.Equal(t, sshn.Label{ID: 2, Name: "Left-Cerebral-Cortex", Colour: "#cd3e4e"}, m.Config().Labels[2])
		curve := r["curve"].(map[string]any)
		require.Len(t, curve["points"], len(m.Curve.Points), "the curve that is printed is saved")
		require.Equal(t, true, r["kept"])
		require.Equal(t, method == "fixed", len(m.Curve.Points) == 1)
		require.Equal(t, []any{24., 20.}, curve["extents"])
		require.Equal(t, "val", m.Curve.Split)
		require.Equal(t, 1, m.Curve.Subjects)
		// Coarse brains have few voxels of the small structures.
		require.Equal(t, 24, len(curve["structures"].([]any))+len(r["left_out"].([]any)))
		require.Contains(t, r["left_out"], "Left-Choroid-Plexus")
		for _, name := range []string{"curve.svg", "curve.png", "curve.csv", "curve.json"} {
			require.FileExists(t, filepath.Join(filepath.Dir(model), name))
		}
		segmentSubject(t, dir, model, "-phi", "0.5")
	}
}

func TestVolumesFromBrainsToSegmentation(t *testing.T) {
	dir := brains(t, 3, 3)
	model := trainTiny(t, dir, "-labels", "seg35", "-split", "1/1/1", "-batch", "1", "-patch", "16,12,20")
	out := must(t, "pareto", "-model", model, "-data", dir, "-phis", "0.2,0.5", "-split", "all", "-pictures", filepath.Join(dir, "pictures"))
	require.Contains(t, out, "Chosen: phi ")
	require.Contains(t, out, "from Dice 0 at ")
	require.FileExists(t, filepath.Join(dir, "pictures", "phi-0.2.png"))
	require.Contains(t, segmentSubject(t, dir, model, "-max-mb", "100"), ", the whole volume at once; all in all it took ")
	require.Equal(t, readJSON(t, segmentSubject(t, dir, model, "-max-mb", "2000", "-json"))["phi"], readJSON(t, segmentSubject(t, dir, model, "-json"))["phi"])
	require.Contains(t, segmentSubject(t, dir, model, "-phi", "0.5", "-max-mb", tight(t, dir, model)), " tiles of ")

	// Each slice of a volume is an image to a model of slices.
	slices := trainTiny(t, brains(t, 3, 2))
	require.Contains(t, segmentSubject(t, dir, slices, "-phi", "0.3"), " for each of 28 slices; ")
}

// tight returns megabytes that suffice for the first subject by tiles alone.
func tight(t *testing.T, dir, model string) string {
	t.Helper()
	m, err := sshn.Load(model)
	require.NoError(t, err)
	scans, err := filepath.Glob(filepath.Join(dir, "*", "*_norm.nii.gz"))
	require.NoError(t, err)
	scan, err := nifti.ReadFile(scans[0], nifti.Options{})
	require.NoError(t, err)
	whole, err := m.Tiling(scan.Data.Shape.Dims(), pareto.Phi{0.5}, 0)
	require.NoError(t, err)
	return fmt.Sprint((footprint + 4*float64(2*len(scan.Data.Data)+len(m.Source().Params().Data)) + float64(whole.Bytes) - 1) / 1e6)
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

	for _, flags := range [][]string{nil, {"-max-macs", "1e9"}} {
		_, stderr, code := call(append(args, flags...)...)
		require.Equal(t, cli.Failure, code)
		require.Contains(t, stderr, "holds no curve to choose by; the subcommand pareto measures it, or -phi tells what to take")
	}

	must(t, "pareto", "-model", model, "-data", dir, "-split", "all", "-phis", "0.1:0.5:5")
	m, err := sshn.Load(model)
	require.NoError(t, err)
	for _, p := range m.Curve.Points {
		best, err := pareto.Best(m.Curve.Points, pareto.Budget{MACs: p.MACs})
		require.NoError(t, err)
		r := readJSON(t, must(t, append(args, "-max-macs", fmt.Sprint(p.MACs))...))
		require.Equal(t, false, r["estimated"])
		require.Equal(t, best.Phi[0], r["phi"])
		require.Equal(t, float64(best.MACs), r["macs"], "the scan is of the curve's extents")
		require.LessOrEqual(t, r["macs"], float64(p.MACs))
	}
	best, err := pareto.Best(m.Curve.Points, pareto.Budget{})
	require.NoError(t, err)
	require.Equal(t, best.Phi[0], readJSON(t, must(t, args...))["phi"], "without a budget the most accurate")
	_, stderr, code := call(append(args, "-max-macs", "1000")...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "no point fits a budget of 1 k MACs: the least needed is ")
	require.Contains(t, stderr, "(phi 0.1)")

	// Of images of other extents, costs are worked out and Dice is an estimate.
	volume := filepath.Join(brains(t, 1, 3), "PHANTOM_PH1_0001_MR1", "aligned_norm.nii.gz")
	large := append([]string{"segment", "-model", model, "-in", volume, "-out", to}, "-max-ms", "1e6")
	_, stderr, code = call(large...)
	require.Equal(t, cli.Success, code)
	require.Empty(t, stderr, "the slices of this volume have the extents of the curve's")
	m.Curve.Extents = []int{48, 20}
	require.NoError(t, m.Save(model))
	_, stderr, code = call(large...)
	require.Equal(t, cli.Success, code)
	require.Contains(t, stderr, "note: the curve was measured on images of 20 x 48 voxels, and this scan has 20 x 24: MACs and memory are those of this scan, but Dice and milliseconds are estimates")
	require.Equal(t, true, readJSON(t, must(t, append(large, "-json")...))["estimated"])
}

func TestACurveReplacesAnotherOnlyWhenToldTo(t *testing.T) {
	dir := brains(t, 6, 2)
	model := trainTiny(t, dir)
	measure := func(flags ...string) (sshn.Curve, string) {
		text := must(t, append([]string{"pareto", "-model", model, "-data", dir}, flags...)...)
		m, err := sshn.Load(model)
		require.NoError(t, err)
		return m.Curve, text
	}
	drawn := func(name string) string { return filepath.Join(filepath.Dir(model), name) }

	curve, text := measure("-split", "test", "-phis", "0.5")
	require.Zero(t, curve)
	require.Contains(t, text, model+" holds no curve yet, and is as it was, for phi is chosen by val and not by test; -keep puts this one in.\n")
	require.FileExists(t, drawn("curve-test.svg"))
	require.NoFileExists(t, drawn("curve.svg"))

	first, text := measure("-phis", "0.2,0.5", "-per-structure")
	require.Len(t, first.Points, 2)
	require.Contains(t, text, model+" holds this curve now")
	require.Contains(t, text, "\nDice of each structure, the mean over subjects, by phi:\nstructure ")
	require.FileExists(t, drawn("curve.svg"))

	curve, text = measure("-phis", "0.3")
	require.Equal(t, first, curve)
	require.Contains(t, text, model+" is as it was, with its curve of val (1 subject, 2 phis); -keep replaces that by this one.\n")
	curve, text = measure("-split", "test", "-phis", "0.3", "-keep")
	require.Contains(t, text, "\nIt was measured on test, so that phi is chosen by those subjects now, and none is left to report on.\n")
	require.Equal(t, "test", curve.Split)
	require.Len(t, curve.Points, 1)

	// What cannot be drawn is told all the same.
	require.NoError(t, os.Remove(drawn("curve-test.svg")))
	require.NoError(t, os.Mkdir(drawn("curve-test.svg"), 0o777))
	stdout, stderr, code := call("pareto", "-model", model, "-data", dir, "-split", "test", "-phis", "0.3")
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stdout, "By this alone one would choose phi 0.3")
	require.Contains(t, stderr, "curve-test.svg: expected a regular file or none")
	require.NoError(t, os.Remove(drawn("curve-test.svg")))

	goOn := func(steps string) {
		must(t, append([]string{"train", "-data", dir, "-out", filepath.Dir(model), "-steps", steps, "-resume"}, small...)...)
	}
	goOn("4") // as many as there were
	curve, _ = measure("-split", "test", "-phis", "0.3")
	require.Len(t, curve.Points, 1)
	require.FileExists(t, drawn("curve.svg"))

	// A training that goes on makes another model, of which nothing is known.
	goOn("6")
	curve, _ = measure("-split", "test", "-phis", "0.3")
	require.Zero(t, curve)
	require.NoFileExists(t, drawn("curve.svg"))
}

func TestOnlyATrainingThatIsThereGoesOn(t *testing.T) {
	dir := brains(t, 4, 2)
	fails := func(want string, args ...string) {
		t.Helper()
		_, stderr, code := call(append([]string{"train", "-data", dir, "-steps", "4"}, args...)...)
		require.Equal(t, cli.Failure, code)
		require.Contains(t, stderr, want)
	}
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	fails("-resume: there is no "+filepath.Join(nowhere, lastFile)+" to go on from; without -resume a new training begins", "-out", nowhere, "-resume")
	require.NoDirExists(t, nowhere)

	model := trainTiny(t, dir)
	out := filepath.Dir(model)
	fails("there are tables for [seg24 seg4]", "-out", out, "-labels", "seg99")
	resumed := append([]string{"train", "-data", dir, "-out", out, "-steps", "4", "-resume"}, small...)
	_, notes, code := call(append(resumed, "-split", "1/2/1")...)
	require.Equal(t, cli.Success, code, notes)
	require.Contains(t, notes, "note: -split 1/2/1 does not count: the training goes on with the division that it began with, 2/1/1, which "+filepath.Join(out, splitFile)+" holds\n")
	require.Contains(t, notes, "training on the 4 labels of seg4 of slices: 2 subjects to train on, 1 to choose the weights by, 1 to report on\n")
	_, notes, _ = call(append(resumed, "-split", "2/1/1")...)
	require.NotContains(t, notes, "-split")
	require.Contains(t, notes, "\nnote: nothing was left to train: the model is that of before, after 4 steps\n")
	fails("last.safetensors is of another run: network.widths was [4,4,4], is [6,6,6]\n", "-out", out, "-resume", "-levels", "3", "-batch", "2", "-width", "6")
	require.NoError(t, os.Remove(filepath.Join(out, lastFile)))
	fails(model+" is there already: another -out begins a new training", "-out", out)
}

func TestAFolderIsOfOneTrainingAtATime(t *testing.T) {
	dir, out := brains(t, 6, 2), t.TempDir()
	release, err := lockfile.Take(out)
	require.NoError(t, err)
	defer release()
	for _, args := range [][]string{{"train", "-data", dir, "-out", out, "-steps", "1"}, {"-out", out, "-steps", "1"}} {
		_, stderr, code := call(args...)
		require.Equal(t, cli.Failure, code)
		require.Contains(t, stderr, out+": another run is at work there")
	}
	require.NoFileExists(t, filepath.Join(out, splitFile), "nothing was written beside the other's")
	require.NoDirExists(t, filepath.Join(out, "data"))
}

func TestDemoLeavesModelCurveAndPictures(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	text := must(t, "-out", out, "-n", "4", "-steps", "1", "-width", "2", "-batch", "1", "-labels", "seg24")
	require.Contains(t, text, "Chosen: phi ")
	m, err := sshn.Load(filepath.Join(out, modelFile))
	require.NoError(t, err)
	pictures, err := filepath.Glob(filepath.Join(out, "phi-*.png"))
	require.NoError(t, err)
	require.Len(t, pictures, len(m.Curve.Points))

	// The command that it ends with works.
	_, line, found := strings.Cut(text, program("segment"))
	require.True(t, found)
	line, _, _ = strings.Cut(line, "\n")
	must(t, append([]string{"segment"}, strings.Fields(line)...)...)
	require.FileExists(t, filepath.Join(out, "seg.nii.gz"))

	// One that cannot make its data, or is stopped before they are there, leaves
	// what this one made.
	_, stderr, code := call("-out", out, "-n", "3")
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "not among the 3 to be made")
	require.FileExists(t, filepath.Join(out, modelFile))

	// Another begins its training by removing it, so that nothing of it stays if
	// that is interrupted; what users made stays.
	theirs := filepath.Join(out, "phi-of-mine.png")
	require.NoError(t, os.WriteFile(theirs, nil, 0o666))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout bytes.Buffer
	require.Equal(t, cli.Interrupted, run(ctx, []string{"-out", out, "-n", "4"}, &stdout, &interrupter{interrupt: cancel}))
	for _, name := range []string{modelFile, "curve.svg", "curve.json", filepath.Base(pictures[0])} {
		require.NoFileExists(t, filepath.Join(out, name))
	}
	require.FileExists(t, theirs)
	require.FileExists(t, filepath.Join(out, "seg.nii.gz"))

	// A model that no demonstration made is not removed.
	out = t.TempDir()
	require.NoError(t, m.Save(filepath.Join(out, modelFile)))
	_, stderr, code = call("-out", out, "-n", "4")
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "is there already, and not of a demonstration: choose another -out")
}

// An interrupter is a console that interrupts at the first line of a step.
type interrupter struct {
	bytes.Buffer
	interrupt func()
}

func (i *interrupter) Write(b []byte) (int, error) {
	if bytes.HasPrefix(b, []byte("step ")) {
		i.interrupt()
	}
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
	require.Equal(t, cli.Interrupted, run(ctx, args, &stdout, stderr), stderr.String())
	require.Empty(t, stdout.String())
	require.NoFileExists(t, filepath.Join(out, modelFile))
	require.FileExists(t, filepath.Join(out, "last.safetensors"))

	_, text, code := call(args...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, text, "last.safetensors is there already: -resume goes on with that training")

	_, text, code = call("pareto", "-model", out, "-data", dir)
	require.Equal(t, cli.Misuse, code)
	require.Contains(t, text, "its training is not finished, and goes on with train -resume -out "+out+"\n")

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
	require.Equal(t, cli.Interrupted, run(ctx, []string{"make-data", "-out", dir, "-n", "3", "-spacing", "8"}, &stdout, &stderr))
	require.NoFileExists(t, filepath.Join(dir, "subjects.txt"))
	require.Equal(t, "oasis: stopped after 0 of 3 subjects; the same command makes all of them\n", stderr.String())
}

func TestTheCommandThatGoesOnCanBePasted(t *testing.T) {
	c := &trainCommand{}
	f := flag.NewFlagSet("", flag.ContinueOnError)
	c.flags(f)
	require.NoError(t, f.Parse([]string{"-data", "Ann's $data", "-out", "o", "-minutes", "2"}))
	require.Equal(t, program("train")+` -data='Ann'\''s $data' -minutes=2 -out=o -resume=true`, c.again())
}
