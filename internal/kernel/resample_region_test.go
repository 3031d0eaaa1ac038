package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARegionIsAPartOfTheResampledMap(t *testing.T) {
	g := rand.New(rand.NewPCG(9, 10))
	onEveryLevel(t, func(t *testing.T) {
		eachResampling(g, func(name string, a *Resampling) {
			x, y := a.random(g)
			a.Apply(y, x, false)
			_, out := a.sizes()
			image, stride := g.IntN(a.N), a.C+g.IntN(3)
			var from, count [3]int
			for i := range from {
				from[i] = g.IntN(out[i])
				count[i] = 1 + g.IntN(out[i]-from[i])
			}
			to := nans((volume(count)-1)*stride + a.C)
			a.Region(to, stride, x, image, from, count)
			for i := range volume(count) {
				p, at := unravel(i, count), image
				for k := range p {
					at = at*out[k] + from[k] + p[k]
				}
				for c := range a.C {
					require.InDelta(t, y[at*a.C+c], to[i*stride+c], 1e-4, name) // weights up to 2, a few terms
				}
				for c := i*stride + a.C; c < min((i+1)*stride, len(to)); c++ {
					require.NotEqual(t, to[c], to[c], "what lies between pixels")
				}
			}
		})
	})
}
