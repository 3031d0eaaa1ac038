package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPatchesAreGivenTheFastestAxisFirst(t *testing.T) {
	for text, want := range map[string][]int{"": {64, 64, 64}, "32": {32, 32, 32}, "64,48,10": {10, 48, 64}} {
		got, err := patch(text, 3)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	whole, err := patch("", 2)
	require.NoError(t, err)
	require.Nil(t, whole)
	for text, dims := range map[string]int{"32,32": 3, "32,32,32": 2, "0": 3, "a": 2} {
		_, err := patch(text, dims)
		require.ErrorContains(t, err, "-patch "+text+": extents such as 64,64")
	}
}
