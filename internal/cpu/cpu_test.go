package cpu

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheVariableLowersTheLevelAndNeverRaisesIt(t *testing.T) {
	for _, c := range []struct {
		machine Level
		name    string
		want    Level
	}{
		{AVX512, "", AVX512}, {AVX512, "avx512", AVX512}, {AVX512, "avx2", AVX2}, {AVX512, "plain", Plain},
		{AVX2, "avx512", AVX2}, {Plain, "avx512", Plain}, {AVX2, "sse9", AVX2},
	} {
		require.Equal(t, c.want, lower(c.machine, c.name), "%v machine, variable %q", c.machine, c.name)
	}
}

func Example() {
	fmt.Println(Plain, AVX2, AVX512, Best <= AVX512)
	// Output: plain avx2 avx512 true
}
