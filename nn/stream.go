package nn

import (
	"hash/fnv"
	"math/rand/v2"
)

// Stream returns the random stream of a seed, a purpose ("augment", "prior")
// and counters (epoch, step, item). Streams of other arguments are independent,
// so what is drawn for one item does not depend on which goroutine drew what
// before, and the state to save is the seed and the counters.
func Stream(seed uint64, purpose string, counters ...uint64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	a, b := mix(seed), mix(h.Sum64()^uint64(len(counters)))
	for _, c := range counters {
		a, b = mix(a^c), mix(b+c)
	}
	return rand.New(rand.NewPCG(a, b))
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a
// bijection in which each bit of x changes each bit of the result half the time.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
