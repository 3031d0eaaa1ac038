package main

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// place makes a segmentation of 5 x 1 x 1 voxels of 2 x 1 x 1 mm, and the
// folders that its path needs.
func place(t *testing.T, path string, shift float64, labels ...uint8) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	affine := [4][4]float64{{2, 0, 0, shift}, {0, 1}, {0, 0, 1}, {3: 1}}
	h := nifti.NewHeader(tensor.NewShape(1, 1, len(labels)), affine)
	require.NoError(t, nifti.WriteLabelsFile(path, h, labels))
}

const table = "0 Unknown 0 0 0 0\n3 Cortex 1 2 3 0\n9 Thalamus 4 5 6 0\n"

// judgement makes a truth of two subjects and predictions: the first is partly
// right in one structure and misses the other, the second is right.
func judgement(t *testing.T) (truth, prediction string) {
	dir := t.TempDir()
	truth, prediction = filepath.Join(dir, "truth"), filepath.Join(dir, "pred")
	place(t, filepath.Join(truth, "a", "aligned_seg4.nii.gz"), 0, 3, 3, 0, 0, 9)
	place(t, filepath.Join(truth, "a", "aligned_norm.nii.gz"), 0, 1, 2, 3, 4, 5)
	place(t, filepath.Join(truth, "b.nii"), 0, 0, 3, 3, 3, 0)
	place(t, filepath.Join(truth, "c.nii"), 0, 0, 3, 3, 3, 0)
	require.NoError(t, os.WriteFile(filepath.Join(truth, "seg4_labels.txt"), []byte(table), 0o666))
	place(t, filepath.Join(prediction, "a.nii.gz"), 0, 0, 3, 3, 3, 0)
	place(t, filepath.Join(prediction, "b", "result.nii"), 0, 0, 3, 3, 3, 0)
	return truth, prediction
}

func TestEvaluateByHand(t *testing.T) {
	truth, prediction := judgement(t)
	stdout, stderr, code := call("evaluate", "-truth", truth, "-pred", prediction, "-tolerance", "2")
	require.Equal(t, cli.Success, code, stderr)
	require.Contains(t, stderr, "note: 1 of 3 subjects of "+truth+" have no prediction and are left out: c\n")
	require.Contains(t, stderr, "note: no prediction has 1 of the 2 structures: the predictions hold only the labels 0, 3\n")
	// Cortex of a: surfaces 0 2 and 2 6 mm, so 2 0 there and 0 4 back. The
	// diagonal is that of 10 x 1 x 1 mm.
	require.Equal(t, strings.Join([]string{
		"structure          Dice  HD95 mm  ASSD mm  NSD at 2 mm      VS    subjects  missed",
		"Cortex            0.700     1.90     0.75        0.875   0.900           2       0",
		"Thalamus          0.000    10.10    10.10        0.000   0.000           1       1",
		"mean of subjects  0.600     3.47     2.90        0.688   0.700           2       1",
		"deviation         0.566     4.91     4.10        0.442   0.424",
		"",
		"subject            Dice  HD95 mm  ASSD mm  NSD at 2 mm      VS  structures  missed",
		"a                 0.200     6.95     5.80        0.375   0.400           2       1",
		"b                 1.000     0.00     0.00        1.000   1.000           1       0",
		"",
	}, "\n"), stdout)
}

func TestEvaluateAsCSVAndJSON(t *testing.T) {
	truth, prediction := judgement(t)
	lines, err := csv.NewReader(strings.NewReader(must(t, "evaluate", "-truth", truth, "-pred", prediction, "-csv"))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{
		{"a", "3", "Cortex", "2", "3", "0.4"},
		{"a", "9", "Thalamus", "1", "0", "0"},
		{"b", "3", "Cortex", "3", "3", "1"},
	}, [][]string{lines[1][:6], lines[2][:6], lines[3][:6]})
	require.Equal(t, []string{"0", "0", "1", "1"}, lines[3][6:])
	require.Equal(t, []string{"dice", "hd95_mm", "assd_mm", "nsd", "vs"}, lines[0][5:])

	r := readJSON(t, must(t, "evaluate", "-truth", truth, "-pred", prediction, "-json"))
	require.Equal(t, []any{"c"}, r["without_prediction"])
	require.Equal(t, 1.0, r["tolerance_mm"])
	thalamus := r["structures"].([]any)[1].(map[string]any)
	require.Equal(t, "Thalamus", thalamus["name"])
	require.Equal(t, 1.0, thalamus["missed"])
	require.Equal(t, map[string]any{"dice": 0., "hd95_mm": thalamus["mean"].(map[string]any)["assd_mm"], "assd_mm": math.Sqrt(102), "nsd": 0., "vs": 0.}, thalamus["mean"])
	require.Len(t, r["subjects"].([]any)[0].(map[string]any)["structures"], 2)
}

func TestEvaluateFindsTheFilesOfBrains(t *testing.T) {
	dir := brains(t, 2, 3)
	text := must(t, "evaluate", "-truth", dir, "-pred", dir, "-labels", "seg35")
	require.Contains(t, text, "\nLeft-Thalamus                  1.000     0.00     0.00        1.000   1.000           2       0\n")
	require.Contains(t, text, "PHANTOM_PH1_0002_MR1")
	require.NotContains(t, text, "NaN")

	kept := filepath.Join(t.TempDir(), "seg35_labels.txt")
	names, err := os.ReadFile(filepath.Join(dir, "seg35_labels.txt"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(kept, names, 0o666))
	require.Equal(t, text, must(t, "evaluate", "-truth", dir, "-pred", dir, "-labels", kept))

	_, stderr, code := call("evaluate", "-truth", dir, "-pred", dir)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "subject PHANTOM_PH1_0001_MR1: which files are to be compared?")
}

func TestPredictionsOfOtherLabelsAreNoted(t *testing.T) {
	dir, prediction := brains(t, 2, 3), t.TempDir()
	for _, subject := range []string{"PHANTOM_PH1_0001_MR1", "PHANTOM_PH1_0002_MR1"} {
		require.NoError(t, os.Mkdir(filepath.Join(prediction, subject), 0o777))
		require.NoError(t, os.Rename(filepath.Join(dir, subject, "aligned_seg4.nii.gz"), filepath.Join(prediction, subject, "aligned_seg4.nii.gz")))
	}
	_, stderr, code := call("evaluate", "-truth", dir, "-pred", prediction, "-labels", "seg35")
	require.Equal(t, cli.Success, code, stderr)
	require.Regexp(t, `note: no prediction has \d+ of the \d+ structures: the predictions hold only the labels 0, 2 to 4\n`, stderr)
	require.Equal(t, []string{"0", "3 to 5", "7"}, runs([]int{0, 3, 4, 5, 7}))
}

func TestASubjectWithoutStructuresDoesNotCount(t *testing.T) {
	dir := t.TempDir()
	place(t, filepath.Join(dir, "empty.nii"), 0, 0, 0)
	text := must(t, "evaluate", "-truth", dir, "-pred", dir)
	require.Contains(t, text, "\nmean of subjects      -        -        -            -       -           1       0\n")
	r := readJSON(t, must(t, "evaluate", "-truth", dir, "-pred", dir, "-json"))
	require.Nil(t, r["mean"])
}

func TestASliceBesideAVolumeIsNotMistakenForIt(t *testing.T) {
	truth, prediction := judgement(t)
	want := must(t, "evaluate", "-truth", truth, "-pred", prediction)
	place(t, filepath.Join(truth, "a", "slice_seg4.nii"), 0, 1) // one voxel; the prediction has five
	require.Equal(t, want, must(t, "evaluate", "-truth", truth, "-pred", prediction))
}

func TestSegmentationsThatCannotBeCompared(t *testing.T) {
	fails := func(want string, change func(truth, prediction string), more ...string) {
		t.Helper()
		truth, prediction := judgement(t)
		change(truth, prediction)
		stdout, stderr, code := call(append([]string{"evaluate", "-truth", truth, "-pred", prediction}, more...)...)
		require.Equal(t, cli.Failure, code, stderr)
		require.Empty(t, stdout)
		require.Contains(t, stderr, want)
	}
	in := filepath.Join
	fails("a.nii.gz: 4 x 1 x 1 voxels, but 5 x 1 x 1 in", func(_, p string) { place(t, in(p, "a.nii.gz"), 0, 1, 2, 3, 4) })
	fails("a.nii.gz: voxels lie up to 1 mm from those of", func(_, p string) { place(t, in(p, "a.nii.gz"), 1, 3, 0, 0, 0, 0) })
	fails("a.nii.gz: labels that the table lacks: 7, 8", func(_, p string) { place(t, in(p, "a.nii.gz"), 0, 3, 7, 7, 8, 0) })
	fails("pred: 1 of 3 subjects are not in", func(_, p string) { place(t, in(p, "z.nii.gz"), 0, 1) })
	fails("no .nii or .nii.gz in this folder", func(_, p string) {
		require.NoError(t, os.RemoveAll(p))
		require.NoError(t, os.Mkdir(p, 0o777))
	})
	fails("subject a: which files are to be compared?", func(truth, _ string) { place(t, in(truth, "a", "slice_seg4.nii"), 0, 1, 0, 0, 0, 0) })
	fails("a.nii.gz: ", func(_, p string) {
		require.NoError(t, os.WriteFile(in(p, "a.nii.gz"), []byte("garbage that is no scan"), 0o666))
	})
	fails("there are tables for [seg4]", func(_, _ string) {}, "-labels", "seg7")
	fails("pred: a folder is expected, and this is a file", func(_, p string) {
		require.NoError(t, os.RemoveAll(p))
		require.NoError(t, os.WriteFile(p, nil, 0o666))
	})
	fails("no such file or directory", func(_, p string) { require.NoError(t, os.RemoveAll(p)) })
}
