package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPackingTransposes(t *testing.T) {
	onEveryLevel(t, func(t *testing.T) {
		if !fast.available() {
			t.Skip("nothing is packed for the plain loops")
		}
		r := rand.New(rand.NewPCG(11, 12))
		for k := range 35 {
			for n := range 33 {
				stride := k + n%3
				from := random(r, max(0, (n-1)*stride+k))
				all, to := guarded(r, 32*k, r.IntN(16))
				packTransposed(to, from, stride, n, 32)
				for i := range k {
					for j := range 32 {
						want := float32(0)
						if j < n {
							want = from[j*stride+i]
						}
						require.Equal(t, want, to[i*32+j], "[%d][%d] of %d x %d", i, j, k, n)
					}
				}
				copy(to, nans(len(to)))
				for i := range all {
					if all[i] == all[i] {
						t.Fatalf("%d x %d: wrote outside", k, n)
					}
				}
			}
		}
	})
}
