package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRealBrainsTrain(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "ptbp-oasis")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no real scans in ../shared/data/ptbp-oasis beside the module")
	}
	out := filepath.Join(t.TempDir(), "run")
	r := readJSON(t, must(t, "train", "-data", dir, "-labels", "seg4", "-split", "2/1/1", "-out", out,
		"-steps", "2", "-width", "4", "-levels", "3", "-batch", "1", "-json"))
	require.Equal(t, 5., r["classes"])
	require.Equal(t, 2., r["steps"])
	segmentSubject(t, dir, r["model"].(string), "-phi", "0.25")
}
