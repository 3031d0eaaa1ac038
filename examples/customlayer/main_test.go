package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGradientOfCustomLayerMatchesDifferences(t *testing.T) {
	var b strings.Builder
	// The error of central differences falls with h²: 7e-5 at the least h here.
	require.Less(t, run(&b), 2e-4)
	require.Contains(t, b.String(), "residual.conv.weight [3 3 4 4]\n")
	require.Contains(t, b.String(), "152 weights, predicted from phi by 1392\n")
}
