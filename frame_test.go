package sshn_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/sshn-go/sshn/tensor/volume"
)

// lying returns a scan of noise, 7 x 6 x 5 voxels of 0.9 x 1.2 x 2 mm, which
// lies obliquely.
func lying() *nifti.Volume {
	h := nifti.NewHeader(tensor.NewShape(5, 6, 7), [4][4]float64{{0.8, 0.3, 0.4, -3}, {-0.4, 1.1, 0.3, 5}, {0.1, -0.3, 1.9, 8}})
	x := tensor.Zeros(h.Shape())
	rng := nn.Stream(3, "noise")
	for i := range x.Data {
		x.Data[i] = rng.Float32()
	}
	return &nifti.Volume{Header: h, Data: x}
}

// orientations returns the 48 that there are.
func orientations() (all []string) {
	for _, a := range "RLAPSI" {
		for _, b := range "RLAPSI" {
			for _, c := range "RLAPSI" {
				name := string([]rune{a, b, c})
				if (volume.Frame{Orientation: name}).Check() == nil {
					all = append(all, name)
				}
			}
		}
	}
	return all
}

func predictor(t *testing.T, dims int, f volume.Frame) *sshn.Predictor {
	t.Helper()
	cfg := config(sshn.Stochastic)
	cfg.Network.Dims, cfg.Frame = dims, f
	p, err := model(t, cfg).At(pareto.Phi{0.5})
	require.NoError(t, err)
	return p
}

func TestTheReorientedScanGivesTheReorientedSegmentation(t *testing.T) {
	scan := lying()
	require.Len(t, orientations(), 48)
	for _, c := range []struct {
		dims  int
		frame volume.Frame
	}{
		{3, volume.Frame{Orientation: "RAS"}},
		{3, volume.Frame{Orientation: "LIA", Spacing: [3]float64{1, 1, 1.5}}},
		{2, volume.Frame{Orientation: "LIA", Spacing: [3]float64{1, 1, 0}}},
		{2, volume.Frame{Orientation: "PSR", Extents: [3]int{4, 8, 0}}},
	} {
		p := predictor(t, c.dims, c.frame)
		want, err := p.Segment(t.Context(), scan)
		require.NoError(t, err)
		require.Equal(t, scan.Data.Shape, want.Shape)
		found := map[float32]int{}
		for _, label := range want.Data {
			found[label]++
		}
		require.Greater(t, len(found), 1, "a segmentation that shows which way is which")
		for _, name := range orientations() {
			turn, err := volume.Reorient(scan.Header.Grid(), name)
			require.NoError(t, err)
			turned := &nifti.Volume{Header: nifti.NewHeader(turn.To.Shape, turn.To.Affine), Data: turn.Nearest(scan.Data, 0)}
			require.Equal(t, name, turned.Header.Orientation())
			got, err := p.Segment(t.Context(), turned)
			require.NoError(t, err)
			require.Equal(t, turn.Nearest(want, 0), got, "%s in %v", name, c.frame)
		}
	}
}

func TestAScanInTheFrameIsSegmentedAsItIs(t *testing.T) {
	scan := lying()
	g := scan.Header.Grid()
	want, err := predictor(t, 3, volume.Frame{}).Segment(t.Context(), scan)
	require.NoError(t, err)
	got, err := predictor(t, 3, volume.Frame{Orientation: g.Orientation(), Spacing: g.Spacing()}).Segment(t.Context(), scan)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestAScanThatDoesNotSayHowItLiesIsTakenAsItIs(t *testing.T) {
	scan := lying()
	path := filepath.Join(t.TempDir(), "scan.nii")
	require.NoError(t, nifti.WriteImageFile(path, scan.Header, scan.Data))
	clearForms(t, path)
	scan, err := nifti.ReadFile(path, nifti.Options{})
	require.NoError(t, err)
	want, err := predictor(t, 3, volume.Frame{}).Segment(t.Context(), scan)
	require.NoError(t, err)
	got, err := predictor(t, 3, volume.Frame{Orientation: "PIL"}).Segment(t.Context(), scan)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestScansThatDoNotFitTheFrame(t *testing.T) {
	scan := lying()
	_, err := predictor(t, 3, volume.Frame{Spacing: [3]float64{1e-9, 1, 1}}).Segment(t.Context(), scan)
	require.ErrorContains(t, err, "sshn: volume: resample: 7 x 6 x 5 voxels of [0.9 1.179 1.965] mm to [1e-09 1 1] mm would be more than 2^30")
	slice := &nifti.Volume{Header: nifti.NewHeader(tensor.NewShape(1, 6, 7), [4][4]float64{{1}, {0, 1}, {0, 0, 1}}), Data: tensor.New(1, 6, 7)}
	_, err = predictor(t, 2, volume.Frame{Orientation: "LIA"}).Segment(t.Context(), slice)
	require.EqualError(t, err, "sshn: a slice of 7 x 6 x 1 voxels in RAS does not lie as the slices that the model takes, whose first two axes are those of LIA")
	flat := &nifti.Volume{Header: nifti.NewHeader(tensor.NewShape(7, 1, 6), [4][4]float64{{1}, {0, 1}, {0, 0, 1}}), Data: tensor.New(7, 1, 6)}
	_, err = predictor(t, 2, volume.Frame{}).Segment(t.Context(), flat)
	require.EqualError(t, err, "sshn: a slice of 6 x 1 x 7 voxels in RAS does not lie as the slices that the model takes, whose first two axes are those of RAS")
	_, err = predictor(t, 2, volume.Frame{Orientation: "ALI"}).Segment(t.Context(), slice)
	require.NoError(t, err)

	cfg := config(sshn.Fixed)
	cfg.Frame.Orientation = "RAR"
	_, err = sshn.New(cfg)
	require.EqualError(t, err, `sshn: new model: volume: frame: orientation "RAR": expected one letter of each of RL, AP and SI, as in RAS`)
}

func TestAModelFileKeepsTheFrame(t *testing.T) {
	cfg := config(sshn.Fixed)
	cfg.Frame = volume.Frame{Orientation: "LIA", Spacing: [3]float64{1, 1, 0}}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	require.NoError(t, model(t, cfg).Save(path))
	m, err := sshn.Load(path)
	require.NoError(t, err)
	require.Equal(t, cfg.Frame, m.Config().Frame)
}

// clearForms makes the codes of qform and sform 0.
func clearForms(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	clear(text[252:256]) // as nifti1.h places them
	require.NoError(t, os.WriteFile(path, text, 0o666))
}
