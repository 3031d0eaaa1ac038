package data

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

var letters = []string{"a", "b", "c", "d", "e", "f", "g", "h"}

func TestSplitDividesSubjectsWhateverTheirOrder(t *testing.T) {
	s, err := NewSplit(letters, 2, 3, 7)
	require.NoError(t, err)
	require.Len(t, s.Train, 3)
	require.Len(t, s.Val, 2)
	require.Len(t, s.Test, 3)
	all, err := s.Part("all")
	require.NoError(t, err)
	require.ElementsMatch(t, letters, all)
	require.NoError(t, s.Check(letters))

	backwards := slices.Clone(letters)
	slices.Reverse(backwards)
	again, err := NewSplit(backwards, 2, 3, 7)
	require.NoError(t, err)
	require.Equal(t, s, again)
	require.Equal(t, "h", backwards[0], "the argument is left as it was")

	differs := false
	for seed := range uint64(5) {
		other, err := NewSplit(letters, 2, 3, 8+seed)
		require.NoError(t, err)
		differs = differs || !slices.Equal(s.Test, other.Test)
	}
	require.True(t, differs, "the seed decides")
}

func TestSplitIsReadAsItWasSaved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "split.json")
	for _, held := range []int{0, 2} {
		s, err := NewSplit(letters, held, held, 1<<63+1) // beyond the whole numbers of a float64
		require.NoError(t, err)
		require.NoError(t, s.Save(path))
		got, err := LoadSplit(path)
		require.NoError(t, err)
		require.Equal(t, s, got)
	}
}

func TestSplitRefuses(t *testing.T) {
	for _, c := range []struct {
		subjects  []string
		val, test int
		want      string
	}{
		{letters, 4, 4, "split: 4 and 4 of 8 subjects set aside leaves none to train on"},
		{letters, -1, 0, "split: -1 and 0 of 8 subjects set aside leaves none to train on"},
		{letters, math.MaxInt, math.MaxInt, fmt.Sprintf("split: %d and %[1]d of 8 subjects set aside leaves none to train on", math.MaxInt)},
		{[]string{"a", "b", "a"}, 1, 1, `split: subject "a" is named twice`},
	} {
		_, err := NewSplit(c.subjects, c.val, c.test, 0)
		require.EqualError(t, err, c.want)
	}
	s := Split{Train: []string{"a"}, Test: []string{"z"}}
	require.EqualError(t, s.Check(letters), `split: subject "z" is not in the data set of 8`)
	_, err := s.Part("tests")
	require.EqualError(t, err, `split: no part "tests"; there are train, val, test and all`)
}

func TestHostileSplitFilesGiveErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "split.json")
	for text, want := range map[string]string{
		``:                                `EOF`,
		`null`:                            `no subject to train on`,
		`{}`:                              `no subject to train on`,
		`[1]`:                             `json: cannot unmarshal array into Go value of type data.Split`,
		`{"train": ["a"]`:                 `unexpected EOF`,
		`{"train": ["a"]} x`:              `expected the end of the file after the split`,
		`{"train": ["a"]} {}`:             `expected the end of the file after the split`,
		`{"train": ["a"], "vall": ["b"]}`: `json: unknown field "vall"`,
		`{"train": ["a"], "val": ["a"]}`:  `subject "a" is named twice`,
		`{"train": ["a", "a"]}`:           `subject "a" is named twice`,
		`{"seed": -1, "train": ["a"]}`:    `json: cannot unmarshal number -1 into Go struct field Split.seed of type uint64`,
		`{"train": "a"}`:                  `json: cannot unmarshal string into Go struct field Split.train of type []string`,
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		_, err := LoadSplit(path)
		require.EqualError(t, err, "split: "+path+": "+want, "%s", text)
	}
	_, err := LoadSplit(path + ".none")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, path+".none")
}
