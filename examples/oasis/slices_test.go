package main

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
)

func TestSegmentDrawsScanTruthAndTwoPhis(t *testing.T) {
	dir := t.TempDir()
	model := volumeModel(t, dir, 2, 2)
	in := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, nifti.WriteImageFile(in("scan.nii"), header(12, 10, 16), grey(12, 10, 16)))
	size := func(flags ...string) (width, height int) {
		must(t, append([]string{"segment", "-model", model, "-in", in("scan.nii"), "-out", in("out.nii"), "-phi", "0.5", "-picture", in("p.png")}, flags...)...)
		f, err := os.Open(in("p.png"))
		require.NoError(t, err)
		defer f.Close()
		c, err := png.DecodeConfig(f)
		require.NoError(t, err)
		return c.Width, c.Height
	}
	two, _ := size()
	require.NoError(t, os.Rename(in("out.nii"), in("seg.nii")))
	const column = 16*19 + 12 // 19 pixels for a voxel make 16 of them longer than 300; and the gap
	four, height := size("-truth", in("seg.nii"), "-beside", "0.2")
	require.Equal(t, 2*column, four-two)
	require.GreaterOrEqual(t, height, (10+12+12)*19)

	fails := func(h *nifti.Header, x tensor.Tensor, want string) {
		t.Helper()
		require.NoError(t, nifti.WriteImageFile(in("truth.nii"), h, x))
		_, stderr, code := call("segment", "-model", model, "-in", in("scan.nii"), "-out", in("other.nii"), "-phi", "0.5", "-picture", in("p.png"), "-truth", in("truth.nii"))
		require.Equal(t, cli.Failure, code)
		require.Contains(t, stderr, "oasis: -truth "+in("truth.nii")+": "+want+"\n")
		require.NoFileExists(t, in("other.nii"))
	}
	fails(header(12, 10, 15), grey(12, 10, 15), "15 x 10 x 12 voxels, and the scan has 16 x 10 x 12")
	half := grey(12, 10, 16)
	half.Data[0] = 0.5
	fails(header(12, 10, 16), half, "expected labels, found 0.5 at voxel (0, 0, 0)")
	fails(nifti.NewHeader(tensor.NewShape(12, 10, 16), [4][4]float64{{1, 0, 0, 3}, {0, 1}, {0, 0, 1}}), grey(12, 10, 16), "its voxels lie up to 3 mm from those of the scan")
}

func TestLabelsOfTheTruthThatTheModelDoesNotKnowAreNoted(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	args := []string{"segment", "-model", volumeModel(t, dir, 2, 2), "-in", in("scan.nii"), "-out", in("out.nii"), "-phi", "0.5", "-picture", in("p.png"), "-truth"}
	require.NoError(t, nifti.WriteImageFile(in("scan.nii"), header(3, 2, 2), grey(3, 2, 2)))
	for want, labels := range map[string][]uint8{"": {0, 3, 42, 0, 0, 0}, "note: -truth " + in("truth.nii") + ": the model does not know the labels 1 to 2, 41, which are magenta": {0, 1, 2, 3, 41, 42}} {
		require.NoError(t, nifti.WriteLabelsFile(in("truth.nii"), header(3, 2, 2), append(labels, 0, 0, 0, 0, 0, 0)))
		_, stderr, code := call(append(args, in("truth.nii"))...)
		require.Equal(t, cli.Success, code, stderr)
		require.Equal(t, want != "", strings.Contains(stderr, "note: "), stderr)
		require.Contains(t, stderr, want)
	}
	_, stderr, code := call(append(args, in("scan.nii"))...)
	require.Equal(t, cli.Misuse, code)
	require.Contains(t, stderr, "oasis: -truth "+in("scan.nii")+": this is the scan itself\n")
	_, stderr, code = call(append(args, in("nowhere.nii"))...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "oasis: -truth: open "+in("nowhere.nii")+": no such file")
}

func TestSegmentDoesNotWriteOverTheTruth(t *testing.T) {
	dir := t.TempDir()
	model := volumeModel(t, dir, 2, 2)
	scan, truth := filepath.Join(dir, "scan.nii"), filepath.Join(dir, "truth.nii")
	for _, path := range []string{scan, truth} {
		require.NoError(t, nifti.WriteImageFile(path, header(4, 4, 4), grey(4, 4, 4)))
	}
	_, stderr, code := call("segment", "-model", model, "-in", scan, "-out", truth, "-phi", "0.5", "-picture", filepath.Join(dir, "p.png"), "-truth", truth)
	require.Equal(t, cli.Misuse, code)
	require.Contains(t, stderr, "oasis: -out "+truth+": this is the truth itself\n")
	require.Equal(t, grey(4, 4, 4), readVolume(t, truth).Data)
}

// until is done when a file is there.
type until struct {
	context.Context
	path string
}

func (c until) Err() error {
	if _, err := os.Stat(c.path); err == nil {
		return context.Canceled
	}
	return nil
}

func TestAnInterruptBeforeThePictureTellsThatTheLabelsAreThere(t *testing.T) {
	dir := t.TempDir()
	model := volumeModel(t, dir, 2, 2)
	scan, out, picture := filepath.Join(dir, "scan.nii"), filepath.Join(dir, "seg.nii"), filepath.Join(dir, "p.png")
	require.NoError(t, nifti.WriteImageFile(scan, header(4, 4, 4), grey(4, 4, 4)))
	var stdout, stderr bytes.Buffer
	code := run(until{t.Context(), out}, []string{"segment", "-model", model, "-in", scan, "-out", out, "-phi", "0.5", "-picture", picture, "-beside", "0.2"}, &stdout, &stderr)
	require.Equal(t, cli.Interrupted, code)
	require.Contains(t, stderr.String(), "oasis: stopped; "+out+" was written, "+picture+" was not\n")
	require.Equal(t, tensor.NewShape(4, 4, 4), readVolume(t, out).Data.Shape)
	require.NoFileExists(t, picture)
}
