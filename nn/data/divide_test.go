package data_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/nn/data"
)

func TestDivisionsAreSharesOrCounts(t *testing.T) {
	var subjects []string
	for i := range 40 {
		subjects = append(subjects, fmt.Sprint("s", i))
	}
	for text, want := range map[string][]int{
		"0.7/0.15/0.15": {28, 6, 6}, "28/6/6": {28, 6, 6}, "5/10/20": {5, 10, 20}, "0.98/0.01/0.01": {38, 1, 1},
		"0.53/0.235/0.235": {22, 9, 9}, "0.5/0.1/0.1": {20, 4, 4}, // of 21.2, 9.4 and 9.4 none is left over
	} {
		s, err := data.Divide(subjects, text, 1)
		require.NoError(t, err)
		require.Equal(t, want, []int{len(s.Train), len(s.Val), len(s.Test)}, text)
		require.NoError(t, s.Check(subjects))
	}
	few, err := data.Divide(subjects, "5/1/1", 1)
	require.NoError(t, err)
	whole, err := data.Divide(subjects, "38/1/1", 1)
	require.NoError(t, err)
	require.Subset(t, whole.Train, few.Train)
	require.NotEqual(t, whole.Train[:5], few.Train, "whom counts leave out is drawn, not the last by name")

	for text, want := range map[string][]int{"0.1/0.45/0.45": {1, 2, 1}, "0.1/0.3/0.6": {1, 1, 2}} {
		s, err := data.Divide(subjects[:4], text, 1)
		require.NoError(t, err)
		require.Equal(t, want, []int{len(s.Train), len(s.Val), len(s.Test)}, "%s: each part gets a subject", text)
	}
	_, err = data.Divide(subjects[:2], "1/1/1", 1)
	require.EqualError(t, err, "2 subjects: to train on, to choose by and to report on, 3 are needed")
	for text, want := range map[string]string{
		"1/1":       "three numbers are needed",
		"20/20/1":   "these are 41 subjects, and there are 40",
		"1/0/1":     "each part needs a subject at least",
		".5/.5/.5":  "shares add up to 1 at most",
		"1/1/Inf":   "counts such as 28/6/6",
		"1/1/-1":    "counts such as 28/6/6",
		".01/.5/.5": "shares add up to 1 at most",
	} {
		_, err := data.Divide(subjects, text, 1)
		require.ErrorContains(t, err, want, text)
	}
}
