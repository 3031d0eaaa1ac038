package result

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/pareto"
)

func sample() *File {
	return &File{
		Study: Study{Data: "cells", Structures: []string{"Cytoplasm", "Nucleus"}, Extents: []int{8, 8}, Train: 3, Test: 2, Steps: 2},
		Lines: []Line{{
			Network: "fixed 0.1 seed 1", Method: Fixed, Seed: 1, Lo: 0.1, Hi: 0.1, Phi: pareto.Phi{0.1},
			Subjects: []string{"a", "b"}, Dice: []Scores{{0.5, 0.75}, {math.NaN(), 0.25}},
			Params: 10, Weights: 10, MACs: 100, Bytes: 1000, Latency: 0.1, Steps: 2, Seconds: 3,
		}},
	}
}

func TestFileReadsWhatItWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.jsonl")
	want := sample()
	require.NoError(t, want.Save(path))
	got, err := Load(path)
	require.NoError(t, err)
	require.Equal(t, want.Study, got.Study)
	require.True(t, math.IsNaN(got.Lines[0].Dice[1][0]))
	got.Lines[0].Dice[1][0], want.Lines[0].Dice[1][0] = 0, 0 // NaN differs from itself
	require.Equal(t, want, got)

	_, err = Load(filepath.Join(t.TempDir(), "results.jsonl"))
	require.True(t, errors.Is(err, fs.ErrNotExist))
}

func TestMeansLeaveOutWhatNobodyHas(t *testing.T) {
	l := sample().Lines[0]
	require.Equal(t, []float64{0.625, 0.25}, l.Means())
	require.Equal(t, (0.625+0.25)/2, l.Mean())
	require.Equal(t, []float64{0.75, 0.25}, l.Structure(1))
}

func TestReadNamesTheBadLine(t *testing.T) {
	head := `{"study": {"data": "cells", "structures": ["x"]}}` + "\n"
	good := `{"network": "n", "method": "fixed", "phi": [0.1], "subjects": ["a"], "dice": [[0.5]]}`
	for text, want := range map[string]string{
		"":                 "empty file",
		"{}\n":             "line 1: expected",
		`{"points": []}`:   `line 1: json: unknown field "points"`,
		head + good[:20]:   "line 2: unexpected EOF",
		head + "{}":        "line 2: no network",
		head + good + good: "line 2: more than one JSON value",
		head + strings.Replace(good, "[[0.5]]", "[]", 1):          "line 2: 1 subjects and the Dice of 0",
		head + strings.Replace(good, "[[0.5]]", "[[0.5,0.5]]", 1): "line 2: subject a: 2 structures, the study has 1",
		head + strings.Replace(good, "[[0.5]]", "[[1.5]]", 1):     "line 2: subject a: a Dice of 1.5",
		head + strings.Replace(good, "[0.1]", "[]", 1):            "line 2: a phi of",
		head + strings.Replace(good, "[0.1]", "[-1]", 1):          "line 2: a phi of -1",
		head + strings.Repeat(" ", longest+1):                     "line 2: bufio.Scanner: token too long",
	} {
		_, err := Read(strings.NewReader(text))
		require.ErrorContains(t, err, want, "%.80q", text)
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	require.NoError(f, sample().Write(&b))
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		require.NoError(t, file.Write(&b))
		_, err = Read(&b)
		require.NoError(t, err)
	})
}
