package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuickstartLearnsCells(t *testing.T) {
	var b strings.Builder
	require.NoError(t, run(t.Context(), &b))
	text := b.String()
	require.Contains(t, text, "\nchosen: phi ")
	_, drawn, _ := strings.Cut(text[strings.Index(text, "\nchosen"):], "\n.")
	require.Contains(t, drawn, "oo@", "a cell with its nucleus was found")
}
