package main

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
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
	_, err = patch("3", 3)
	require.EqualError(t, err, "-patch 3: 27 voxels are too few to train on; 64 at least are needed")
	for text, dims := range map[string]int{"32,32": 3, "32,32,32": 2, "0": 3, "a": 2} {
		_, err := patch(text, dims)
		require.ErrorContains(t, err, "-patch "+text+": extents such as 64,64")
	}
}

func TestPatchesAreNotNormedUnlessAsked(t *testing.T) {
	require.Equal(t, unet.Norm(""), (&trainCommand{}).usualNorm())
	require.Equal(t, unet.NoNorm, (&trainCommand{patch: "32"}).usualNorm())
	require.Equal(t, unet.GroupNorm, (&trainCommand{patch: "32", norm: "group"}).usualNorm())
}

func TestABudgetBelowOneIsALimit(t *testing.T) {
	require.Equal(t, pareto.Budget{MACs: 1}, (&segment{maxMACs: 0.5}).budget())
}

func TestMultiplyAddsAreReadAsTablesWriteThem(t *testing.T) {
	for text, want := range map[string]float64{"500e6": 500e6, "52 M": 52e6, "1.5G": 1.5e9, "800k": 8e5} {
		var s segment
		f := flag.NewFlagSet("", flag.ContinueOnError)
		s.flags(f)
		require.NoError(t, f.Set("max-macs", text))
		require.Equal(t, want, s.maxMACs)
		require.EqualError(t, f.Set("max-macs", "M"), "a number above 0 and below 1e+18, such as 500e6 or 500M, is needed; without the flag there is no such limit")
		require.Error(t, f.Set("max-macs", "5MM"))
		require.Error(t, f.Set("max-ms", "5M"))
	}
}
