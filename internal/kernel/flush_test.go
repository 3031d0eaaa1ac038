package kernel

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAssemblyTakesTinyNumbersAsZero(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		tiny, one := []float32{math.SmallestNonzeroFloat32 * 1e6}, []float32{1}
		want := tiny[0]
		if fast.available() {
			want = 0
		}
		require.Equal(t, want, Dot(tiny, one), "an operand")
		half := []float32{0x1p-126}
		if want = 0x1p-127; fast.available() {
			want = 0
		}
		require.Equal(t, want, Dot(half, []float32{0.5}), "a result")
		require.NotZero(t, tiny[0]*one[0], "not in what follows")
	})
}

// However a function ends, Go's arithmetic is as it was before.
func TestAssemblyLeavesTheControlRegisterAsItWas(t *testing.T) {
	files, err := filepath.Glob("asm_*.s")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		sets, functions := 0, 0
		previous := [2]string{}
		for line := range strings.Lines(string(data)) {
			word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch {
			case word == "TEXT":
				functions++
			case word == "VLDMXCSR" && strings.Contains(rest, "control_flush"):
				require.Equal(t, "TEXT", previous[1], name)
				sets++
			case word == "RET":
				require.Equal(t, [2]string{"control_ieee", "VZEROUPPER"}, previous, name)
			}
			if strings.Contains(rest, "control_ieee") {
				word = "control_ieee"
			}
			if word != "" {
				previous = [2]string{previous[1], word}
			}
		}
		require.Equal(t, functions, sets, name)
	}
}
