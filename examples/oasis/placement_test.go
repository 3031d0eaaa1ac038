package main

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/sshn-go/sshn/tensor/volume"
)

func readVolume(t *testing.T, path string) *nifti.Volume {
	t.Helper()
	v, err := nifti.ReadFile(path, nifti.Options{})
	require.NoError(t, err)
	return v
}

// segmented segments a scan and returns the labels and what was noted.
func segmented(t *testing.T, model, scan string) (*nifti.Volume, string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "seg.nii")
	_, stderr, code := call("segment", "-model", model, "-in", scan, "-out", out, "-phi", "0.5")
	require.Equal(t, cli.Success, code, stderr)
	return readVolume(t, out), stderr
}

func TestSegmentAnswersOnTheGridOfAnyScan(t *testing.T) {
	dir := brains(t, 3, 3)
	model := trainTiny(t, dir, "-labels", "seg4", "-batch", "1")
	path := filepath.Join(dir, "PHANTOM_PH1_0001_MR1", "aligned_norm.nii.gz")
	scan := readVolume(t, path)
	m, err := sshn.Load(model)
	require.NoError(t, err)
	require.Equal(t, volume.Frame{Orientation: scan.Header.Orientation(), Spacing: scan.Header.Spacing()}, m.Config().Frame)
	want, notes := segmented(t, model, path)
	require.NotContains(t, notes, "note: ")

	turned := func(orientation string) {
		t.Helper()
		turn, err := volume.Reorient(scan.Header.Grid(), orientation)
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "turned.nii")
		require.NoError(t, nifti.WriteImageFile(path, nifti.NewHeader(turn.To.Shape, turn.To.Affine), turn.Nearest(scan.Data, 0)))
		got, notes := segmented(t, model, path)
		require.Equal(t, turn.Nearest(want.Data, 0), got.Data)
		require.Equal(t, readVolume(t, path).Header.Grid(), got.Header.Grid())
		require.Contains(t, notes, "note: the scan's axes run "+orientation)
		require.NotContains(t, notes, "resampled")
	}
	turned("SPR")
	turned("RSP")

	finer, err := volume.Resample(scan.Header.Grid(), [3]float64{4, 8, 5})
	require.NoError(t, err)
	across, err := volume.Reorient(finer.To, "AIL")
	require.NoError(t, err)
	finer = finer.Then(across)
	fine := filepath.Join(t.TempDir(), "fine.nii")
	require.NoError(t, nifti.WriteImageFile(fine, nifti.NewHeader(finer.To.Shape, finer.To.Affine), finer.Linear(scan.Data, 0)))
	got, notes := segmented(t, model, fine)
	require.Equal(t, finer.To.Shape, got.Data.Shape)
	require.Contains(t, notes, "note: its voxels of 5 x 8 x 4 mm are resampled to 8 x 8 x 8 mm, as the model's images have, and the labels back\n")
}

func TestAScanThatDoesNotSayHowItLiesIsToldOf(t *testing.T) {
	dir := brains(t, 3, 2)
	model := trainTiny(t, dir)
	scan := readVolume(t, filepath.Join(dir, "PHANTOM_PH1_0001_MR1", "slice_norm.nii.gz"))
	path := filepath.Join(t.TempDir(), "scan.nii")
	require.NoError(t, nifti.WriteImageFile(path, scan.Header, scan.Data))
	want, _ := segmented(t, model, path)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	clear(text[252:256]) // the codes of qform and sform, as nifti1.h places them
	require.NoError(t, os.WriteFile(path, text, 0o666))
	got, notes := segmented(t, model, path)
	require.Equal(t, want.Data, got.Data)
	require.Contains(t, notes, "note: the file does not say how its voxels lie (sform and qform have code 0)\n"+
		"note: its axes are taken for "+scan.Header.Orientation()+", those of the model's images\n")
}

func TestTheFrameOfSlicesHasTheirAxesFirst(t *testing.T) {
	affine := [4][4]float64{{5, 0, 0}, {0, 0, -9}, {0, 7, 0}}
	for want, shape := range map[volume.Frame]tensor.Shape{
		{Orientation: "SPR", Spacing: [3]float64{7, 9, 0}}: tensor.NewShape(6, 6, 1),
		{Orientation: "RPS", Spacing: [3]float64{5, 9, 0}}: tensor.NewShape(6, 1, 6),
		{Orientation: "RSP", Spacing: [3]float64{5, 7, 0}}: tensor.NewShape(1, 6, 6),
	} {
		require.Equal(t, want, frameOf(nifti.NewHeader(shape, affine), 2))
	}
	require.Equal(t, volume.Frame{Orientation: "RSP", Spacing: [3]float64{5, 7, 9}}, frameOf(nifti.NewHeader(tensor.NewShape(6, 6, 6), affine), 3))
}

func TestScansOfOddSizesAndSpacings(t *testing.T) {
	dir := brains(t, 3, 3)
	model := trainTiny(t, dir, "-labels", "seg4", "-batch", "1")
	write := func(mm float64, voxels ...float32) string {
		path := filepath.Join(t.TempDir(), "scan.nii")
		x := tensor.New(3, 3, 3)
		copy(x.Data, voxels)
		require.NoError(t, nifti.WriteImageFile(path, nifti.NewHeader(x.Shape, [4][4]float64{{mm}, {0, mm}, {0, 0, mm}}), x))
		return path
	}
	for _, mm := range []float64{0.6, 1, 8, 30} {
		got, _ := segmented(t, model, write(mm, 1, 2, 3))
		require.Equal(t, tensor.NewShape(3, 3, 3), got.Data.Shape)
	}
	fails := func(path, want string) {
		t.Helper()
		out := filepath.Join(t.TempDir(), "seg.nii")
		_, stderr, code := call("segment", "-model", model, "-in", path, "-out", out, "-phi", "0.5")
		require.Equal(t, cli.Failure, code, stderr)
		require.Contains(t, stderr, "oasis: "+path+": ")
		require.Contains(t, stderr, want)
		require.NoFileExists(t, out)
	}
	fails(write(1e6), "3 x 3 x 3 voxels of [1e+06 1e+06 1e+06] mm to [8 8 8] mm would be more than 2^30")
	fails(write(0.002), "voxels of 0.002 x 0.002 x 0.002 mm, and the model's images have 8 x 8 x 8 mm, more than 16 times another length: is the unit of the header right?")
	fails(write(200), "voxels of 200 x 200 x 200 mm, and")
	_, notes := segmented(t, model, write(0.6, 1, 2, 3))
	require.Contains(t, notes, "note: its 3 x 3 x 3 voxels of 0.6 x 0.6 x 0.6 mm are 1.8 mm long: is the unit of the header right?\n")
	_, notes = segmented(t, model, write(0, 1, 2, 3))
	require.Contains(t, notes, "note: the sform gives the voxels no volume, and the file does not say otherwise how they lie\nnote: pixdim gives axis i no length: 1 mm are taken for it\n")
	fails(write(8, float32(math.NaN())), "1 of 27 intensities are not finite")
}
