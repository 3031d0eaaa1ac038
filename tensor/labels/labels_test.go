package labels

import (
	"bytes"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadTakesCommentsTabsAndTransparency(t *testing.T) {
	table, err := Read(strings.NewReader("\ufeff# a comment\r\n\r\n\t7\tA#b\t1\t2\t3\t0\r\n 2 Ö 255 0 10 255 # remark\n   #5 x\n1000 last 0 0 0 1"))
	require.NoError(t, err)
	require.Equal(t, []Entry{
		{7, "A#b", color.NRGBA{1, 2, 3, 255}},
		{2, "Ö", color.NRGBA{255, 0, 10, 0}},
		{1000, "last", color.NRGBA{0, 0, 0, 254}},
	}, table.Entries())
	e, ok := table.Lookup(2)
	require.True(t, ok)
	require.Equal(t, "Ö", e.Name)
	_, ok = table.Lookup(3)
	require.False(t, ok)
	require.Equal(t, color.NRGBA{}, table.Colour(3))
	require.Equal(t, 3, table.Len())
}

func TestErrorsNameFileAndLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seg.txt")
	for text, want := range map[string]string{
		"0 a 0 0 0":                  ":1: expected 6 columns, id name R G B A, found 5",
		"# x\n\n0 a 0 0 0 0 0":       ":3: expected 6 columns, id name R G B A, found 7",
		"x a 0 0 0 0":                `:1: expected an integer as id, found "x"`,
		"-1 a 0 0 0 0":               ":1: label -1: expected one from 0 to 2147483647",
		"2147483648 a 0 0 0 0":       ":1: label 2147483648: expected one from 0 to 2147483647",
		"3 a 0 256 0 0":              `:1: label 3: expected G from 0 to 255, found "256"`,
		"3 a 0 0 0 -1":               `:1: label 3: expected A from 0 to 255, found "-1"`,
		"3 a 0 0 0 0\n3 b 0 0 0 0":   ":2: label 3 stands twice, as a and b",
		"3 \xff 0 0 0 0":             `:1: label 3: expected a name in UTF-8 without spaces, found "\xff"`,
		strings.Repeat("x", 100_000): ":1: bufio.Scanner: token too long",
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		_, err := ReadFile(path)
		require.EqualError(t, err, path+want)
		_, err = Read(strings.NewReader(text))
		require.EqualError(t, err, "colour table"+want)
	}
	_, err := New(Entry{ID: 1, Name: "two words"})
	require.EqualError(t, err, `colour table: label 1: expected a name in UTF-8 without spaces, found "two words"`)
	_, err = New(Entry{ID: 1})
	require.EqualError(t, err, `colour table: label 1: expected a name in UTF-8 without spaces, found ""`)
}

func TestMirrorPairsSidesAndKeepsTheRest(t *testing.T) {
	var entries []Entry
	for i, name := range []string{
		"Unknown", "Left-Caudate", "Right-Caudate", "3rd-Ventricle", "ctx-lh-insula", "ctx-rh-insula", "Left-Vessel",
		"7Networks_LH_Vis", "7Networks_RH_Vis", "rh.V1", "lh.V1", "Leftover", "Rightover", "Twin-Left", "Twin-Right", "Twin-Right",
	} {
		entries = append(entries, Entry{ID: i, Name: name})
	}
	table, err := New(entries...)
	require.NoError(t, err)
	require.Equal(t, map[int]int{0: 0, 1: 2, 2: 1, 3: 3, 4: 5, 5: 4, 6: 6, 7: 8, 8: 7, 9: 10, 10: 9, 11: 11, 12: 12, 13: 13, 14: 14, 15: 15}, table.Mirror())
}

func TestRealTablesRoundTripAndPair(t *testing.T) {
	data := "../../../shared/data/"
	for name, pairs := range map[string]int{
		"labelmaps/seg35_labels.txt": 16, "labelmaps/seg24_labels.txt": 11, "labelmaps/seg4_labels.txt": 0, "ptbp-oasis/seg4_labels.txt": 0,
	} {
		if _, err := os.Stat(data + name); err != nil {
			t.Skip("no real tables in ../shared/data beside the module")
		}
		table, err := ReadFile(data + name)
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "copy.txt")
		require.NoError(t, table.WriteFile(path))
		again, err := ReadFile(path)
		require.NoError(t, err)
		require.True(t, table.Equal(again))
		moved := 0
		mirror := table.Mirror()
		for id, other := range mirror {
			require.Equal(t, id, mirror[other])
			if id < other {
				moved++
			}
		}
		require.Equal(t, pairs, moved, name)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("0 Unknown 0 0 0 0\n# c\n1 Left-A 1 2 3 4\n2\tRight-A\t1 2 3 255")
	f.Add("\ufeff1 a\u00a0b 1 2 3 4")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		mirror := table.Mirror()
		for id, other := range mirror {
			require.Equal(t, id, mirror[other])
		}
		var b bytes.Buffer
		require.NoError(t, table.Write(&b))
		again, err := Read(&b)
		require.NoError(t, err)
		require.True(t, table.Equal(again))
	})
}
