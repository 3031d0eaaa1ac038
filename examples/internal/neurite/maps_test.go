package neurite

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sshn-go/sshn/examples/internal/phantom"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/stretchr/testify/require"
)

// synthetic makes subjects from maps, coarsely.
func synthetic(t *testing.T, maps []Map, dims, n int) string {
	dir := t.TempDir()
	require.NoError(t, Make(t.Context(), dir, Recipe{Subjects: n, Dims: dims, Seed: 1, Maps: maps, Phantom: phantom.Config{Spacing: 8}}, nil))
	return dir
}

func TestSubjectsAreMadeFromLabelMaps(t *testing.T) {
	maps, err := FindMaps(made(t, 3, 2))
	require.NoError(t, err)
	require.Equal(t, []string{subject(1), subject(2)}, []string{maps[0].Name, maps[1].Name})
	dir := synthetic(t, maps, 3, 3)
	first, second, other := "SYNTH_PHANTOM_PH1_0001_MR1", "SYNTH_PHANTOM_PH1_0001_MR2", "SYNTH_PHANTOM_PH1_0002_MR1"
	require.Equal(t, []string{first, second, other, "seg35_labels.txt", "seg4_labels.txt", "subjects.txt"}, names(t, dir))
	require.Equal(t, []string{"aligned_norm.nii.gz", "aligned_seg35.nii.gz", "aligned_seg4.nii.gz"}, names(t, filepath.Join(dir, first)))
	for _, labels := range []string{"seg4", "seg35"} {
		s, err := Open(dir, Kind{Labels: labels})
		require.NoError(t, err)
		require.NoError(t, s.Check(nil))
		require.Equal(t, 3, s.Len())
		require.Equal(t, []string{first, other}, data.Subjects(s), "sessions of one person are one subject")
		require.Equal(t, 2, data.Of(s, []string{first}).Len())
		x, err := s.Load(1)
		require.NoError(t, err)
		require.Equal(t, first, x.Subject)
	}
	a, err := os.ReadFile(filepath.Join(dir, first, "aligned_norm.nii.gz"))
	require.NoError(t, err)
	b, err := os.ReadFile(filepath.Join(dir, second, "aligned_norm.nii.gz"))
	require.NoError(t, err)
	require.NotEqual(t, a, b)

	// A subject of a name is the same whatever else is made.
	alone := synthetic(t, maps[1:], 3, 1)
	a, err = os.ReadFile(filepath.Join(alone, other, "aligned_norm.nii.gz"))
	require.NoError(t, err)
	b, err = os.ReadFile(filepath.Join(dir, other, "aligned_norm.nii.gz"))
	require.NoError(t, err)
	require.Equal(t, a, b)

	err = Make(t.Context(), dir, Recipe{Subjects: 1, Dims: 3, Maps: maps}, nil)
	require.ErrorContains(t, err, "not among the 1 to be made: "+second+", "+other+"; make those too")
}

func TestMapsOfOnePersonGiveSessionsOfOne(t *testing.T) {
	maps := []Map{{Name: "a_MR1"}, {Name: "b"}, {Name: "a_MR2"}}
	var names []string
	for _, o := range (Recipe{Subjects: 5, Dims: 3, Maps: maps}).orders() {
		names = append(names, o.name)
	}
	require.Equal(t, []string{"SYNTH_a_MR1", "SYNTH_a_MR3", "SYNTH_b_MR1", "SYNTH_b_MR2", "SYNTH_a_MR2"}, names)
}

func TestLooseLabelMapsHaveFreeSurfersLabels(t *testing.T) {
	dir := t.TempDir()
	fails := func(text string) {
		t.Helper()
		_, err := FindMaps(dir)
		require.ErrorContains(t, err, "find label maps: ")
		require.ErrorContains(t, err, text)
	}
	fails("neither seg35_labels.txt, as in the layout of neurite-OASIS, nor .nii or .nii.gz files")
	h := nifti.NewHeader(tensor.NewShape(28, 24, 20), Recipe{Phantom: phantom.Config{Spacing: 8}, Dims: 3}.affine())
	write := func(name string, label int) {
		ids := make([]int, 28*24*20)
		ids[28*24*20/2] = label
		require.NoError(t, nifti.WriteLabelsFile(filepath.Join(dir, name), h, ids))
	}
	write("ann.nii.gz", 10)
	write("bob.nii", 99)
	maps, err := FindMaps(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"ann", "bob"}, []string{maps[0].Name, maps[1].Name})
	s := synthetic(t, maps[:1], 2, 2)
	require.Contains(t, names(t, s), "SYNTH_ann_MR2")
	err = Make(t.Context(), t.TempDir(), Recipe{Subjects: 2, Dims: 3, Maps: maps, Phantom: phantom.Config{Spacing: 8}}, nil)
	require.ErrorContains(t, err, "bob.nii: labels that stand for no structure of FreeSurfer's aseg: 99 (")

	write("ann.nii", 10)
	fails("ann.nii and ann.nii.gz would be one subject")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "seg35_labels.txt"), []byte("1 Tumour 0 0 0 0\n"), 0o666))
	fails("seg35_labels.txt: Tumour, label 1, is no structure of FreeSurfer's aseg")
}

func TestPersonsAreNamesWithoutSessions(t *testing.T) {
	got := persons([]string{"OAS1_0001_MR2", "b", "OAS1_0001_MR1", "b_MR", "b_MRx", "_MR1", "OAS1_0001_MR10"})
	require.Equal(t, []string{"OAS1_0001_MR2", "b", "OAS1_0001_MR2", "b_MR", "b_MRx", "_MR1", "OAS1_0001_MR2"}, got)
}
