package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/sshn-go/sshn/tensor/volume"
)

// volumeModel saves an untrained model of volumes of 1 mm and returns its file.
func volumeModel(t *testing.T, dir string, widths ...int) string {
	t.Helper()
	m, err := sshn.New(sshn.Config{
		Method:  sshn.Stochastic,
		Network: unet.Config{Dims: 3, In: 1, Out: 3, Widths: widths},
		Labels:  []sshn.Label{{ID: 0, Name: "Unknown"}, {ID: 3, Name: "Left-Cerebral-Cortex"}, {ID: 42, Name: "Right-Cerebral-Cortex"}},
		Frame:   volume.Frame{Orientation: "RAS", Spacing: [3]float64{1, 1, 1}},
	})
	require.NoError(t, err)
	path := filepath.Join(dir, "model.safetensors")
	require.NoError(t, m.Save(path))
	return path
}

func header(d, h, w int) *nifti.Header {
	return nifti.NewHeader(tensor.NewShape(d, h, w), [4][4]float64{{1}, {0, 1}, {0, 0, 1}})
}

func grey(d, h, w int) tensor.Tensor {
	x := tensor.New(d, h, w)
	rng := nn.Stream(1, "grey")
	for i := range x.Data {
		x.Data[i] = float32(rng.IntN(100))
	}
	return x
}

// file returns a scan of 6 x 5 x 4 voxels as a file, whose bytes an edit changes.
func file(t *testing.T, edit func(b []byte) []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, nifti.WriteImage(&b, header(4, 5, 6), grey(4, 5, 6)))
	return edit(b.Bytes())
}

// The places of fields are those of nifti1.h.
func dims(b []byte, n ...int16) []byte {
	binary.Encode(b[40:], binary.LittleEndian, n)
	return b
}

func TestHostileVolumesEndInOneSentence(t *testing.T) {
	dir := t.TempDir()
	model := volumeModel(t, dir, 2, 2)
	zip := func(b []byte) []byte {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		w.Write(b)
		w.Close()
		return z.Bytes()
	}
	for name, c := range map[string]struct {
		edit func(b []byte) []byte
		want string
	}{
		"four axes": {func(b []byte) []byte { return dims(b, 4, 6, 5, 2, 2) }, "expected one volume of three axes, found 2 along axis 4 (time)"},
		"colours":   {func(b []byte) []byte { b[70], b[72] = 128, 24; return b }, "RGB24"},
		"not a number": {func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[352:], math.Float32bits(float32(math.NaN())))
			return b
		}, "scan.nii: 1 of 120 intensities are not finite"},
		"nothing":         {func(b []byte) []byte { clear(b[352:]); return b }, "all voxels are 0"},
		"cut":             {func(b []byte) []byte { return b[:500] }, "6 x 5 x 4 voxels of float32: expected 480 bytes, found 148"},
		"zipped and cut":  {func(b []byte) []byte { z := zip(b); return z[:len(z)/2] }, "6 x 5 x 4 voxels of float32: "},
		"a lie":           {func(b []byte) []byte { return dims(b, 3, 100, 50, 40) }, "100 x 50 x 40 voxels of float32: expected 800000 bytes, found 480"},
		"a great lie":     {func(b []byte) []byte { return dims(b, 3, 2000, 2000, 10) }, "200 MB are allowed (-max-mb): in the smallest tiles, of 16 x 16 x 10 voxels, "},
		"the greatest":    {func(b []byte) []byte { return dims(b, 3, 32767, 32767, 32767) }, "32767 x 32767 x 32767 voxels of [1 1 1] mm to [1 1 1] mm would be more than 2^30"},
		"less than it is": {func(b []byte) []byte { return dims(b, 3, -6, 5, 4) }, "expected dim[1] from 1, found -6"},
		"only a header":   {func(b []byte) []byte { return b[:200] }, "header: expected 348 bytes, found 200"},
	} {
		path, out := filepath.Join(dir, "scan.nii"), filepath.Join(dir, "seg.nii")
		require.NoError(t, os.WriteFile(path, file(t, c.edit), 0o666))
		_, stderr, code := call("segment", "-model", model, "-in", path, "-out", out, "-phi", "0.5", "-max-mb", "200")
		require.Equal(t, cli.Failure, code, "%s: %s", name, stderr)
		lines := strings.Split(strings.TrimSpace(stderr), "\n")
		last := lines[len(lines)-1]
		require.Equal(t, 1, strings.Count(stderr, "oasis: "), name)
		require.True(t, strings.HasPrefix(last, "oasis: "+path+": "), "%s: %s", name, last)
		require.Contains(t, last, c.want, name)
		require.NoFileExists(t, out)
	}
}

func TestARefusalTellsHowMuchMemoryWouldDo(t *testing.T) {
	dir := t.TempDir()
	scan, seg := filepath.Join(dir, "scan.nii"), filepath.Join(dir, "seg.nii")
	require.NoError(t, nifti.WriteImageFile(scan, header(8, 16, 2400), grey(8, 16, 2400)))
	require.NoError(t, nifti.WriteLabelsFile(seg, header(8, 16, 2400), make([]uint8, 8*16*2400)))
	picture := []string{"-picture", filepath.Join(dir, "p.png"), "-truth", seg, "-beside", "0.2"}
	needs := map[bool]int{}
	for _, flags := range [][]string{nil, picture} {
		args := append([]string{"segment", "-model", volumeModel(t, dir, 2, 2), "-in", scan, "-out", filepath.Join(dir, "out.nii"), "-phi", "0.5", "-max-mb"}, "30")
		args = append(args, flags...)
		_, stderr, code := call(args...)
		require.Equal(t, cli.Failure, code)
		var need int
		_, err := fmt.Sscanf(stderr[strings.Index(stderr, "oasis: "):], "oasis: "+scan+": at least %d MB of memory are needed, and 30 MB are allowed (-max-mb): ", &need)
		require.NoError(t, err, stderr)
		require.Equal(t, flags != nil, strings.Contains(stderr, " and the labels of the picture (-truth, -beside: 2 MB); the whole volume of 2400 x 16 x 8 at once"), stderr)
		needs[flags != nil] = need
		for mb, want := range map[int]int{need: cli.Success, need - 1: cli.Failure} {
			args[10] = fmt.Sprint(mb)
			_, stderr, code := call(args...)
			require.Equal(t, want, code, "%d MB: %s", mb, stderr)
		}
	}
	require.InDelta(t, 2.5, needs[true]-needs[false], 1)
}

func TestVolumesOfOddShapesAreSegmented(t *testing.T) {
	dir := t.TempDir()
	model := volumeModel(t, dir, 2, 2)
	for _, e := range [][3]int{{3, 3, 3}, {4, 400, 400}, {400, 4, 400}, {2, 2, 9000}} {
		path, out := filepath.Join(dir, "scan.nii"), filepath.Join(dir, "seg.nii")
		require.NoError(t, nifti.WriteImageFile(path, header(e[0], e[1], e[2]), grey(e[0], e[1], e[2])))
		args := []string{"segment", "-model", model, "-in", path, "-out", out, "-phi", "0.5"}
		_, stderr, code := call(append(args, "-max-mb", "60")...)
		require.Equal(t, cli.Success, code, stderr)
		require.Equal(t, e[0]*e[1]*e[2] > 100_000, strings.Contains(stderr, " tiles of "), stderr)
		require.Equal(t, tensor.NewShape(e[:]...), readVolume(t, out).Data.Shape)

		_, stderr, code = call(args...)
		require.Equal(t, cli.Success, code, stderr)
		require.Contains(t, stderr, "the whole volume at once: ")
		require.Contains(t, stderr, "(half of what is free; -max-mb sets it): ")
	}
}
