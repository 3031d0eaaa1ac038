package main

import (
	"path/filepath"
	"testing"

	"github.com/sshn-go/sshn/nn/data"
	"github.com/stretchr/testify/require"
)

// Of three maps with two subjects each, every part of the split gets both of
// one.
func TestSubjectsFromLabelMapsTrainWithoutSharingAnAnatomy(t *testing.T) {
	maps := brains(t, 4, 3)
	dir := filepath.Join(t.TempDir(), "data")
	r := readJSON(t, must(t, "make-data", "-from", maps, "-maps", "1,3-4", "-contrast", "any", "-out", dir, "-n", "6", "-spacing", "8", "-json"))
	require.EqualValues(t, 3, r["maps"])
	model := trainTiny(t, dir, "-labels", "seg24", "-split", "1/1/1")
	split, err := data.LoadSplit(filepath.Join(filepath.Dir(model), splitFile))
	require.NoError(t, err)
	all, err := split.Part("all")
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"SYNTH_PHANTOM_PH1_0001_MR1", "SYNTH_PHANTOM_PH1_0003_MR1", "SYNTH_PHANTOM_PH1_0004_MR1"}, all)
}

func TestPlacesAreListsAndRanges(t *testing.T) {
	got, err := places("1,3,5-8", 8)
	require.NoError(t, err)
	require.Equal(t, []int{1, 3, 5, 6, 7, 8}, got)
	for text, want := range map[string]string{
		"x": "places such as 1-16 or 1,3,5-8 are possible", "": "places such as", "1-": "places such as",
		"0-2": "0-2 does not lie from 1 to 8, the maps that there are", "7-9": "7-9 does not", "3-2": "3-2 does not",
		"1,1-2": "1 stands twice",
	} {
		_, err := places(text, 8)
		require.ErrorContains(t, err, want)
	}
}
