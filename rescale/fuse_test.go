package rescale_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/internal/cpu"
	"github.com/sshn-go/sshn/rescale"
	"github.com/sshn-go/sshn/tensor"
)

// halve is a user's own operation: max(x, x/2), which others may do in passing.
type halve struct{}

func (halve) Shape(in []tensor.Shape) tensor.Shape { return in[0] }
func (halve) Cost([]tensor.Shape) autograd.Cost    { return autograd.Cost{} }
func (halve) Slope() (float32, bool)               { return 0.5, true }
func (halve) Forward(y tensor.Tensor, x []tensor.Tensor) {
	for i, v := range x[0].Data {
		y.Data[i] = max(v, v/2)
	}
}
func (halve) Backward(gx []tensor.Tensor, gy, y tensor.Tensor, _ []tensor.Tensor) {
	for i, g := range gy.Data {
		if y.Data[i] <= 0 {
			g /= 2
		}
		gx[0].Data[i] += g
	}
}

// A decoder is the place in a U-Net where everything stands side by side that
// can be fused. Its leaves are low, skip, w, b, v and c.
type decoder struct {
	name   string
	leaves []tensor.Tensor
	record func(in []autograd.Value) autograd.Value
}

func leaky(slope float64) func(autograd.Value) autograd.Value {
	return func(x autograd.Value) autograd.Value { return autograd.LeakyReLU(x, slope) }
}

func decoders() []decoder {
	same := autograd.ConvConfig{Same: true}
	up := func(x, like autograd.Value) autograd.Value {
		return rescale.Resize(x, like.Shape().Spatial(), rescale.Config{})
	}
	var all []decoder
	add := func(name string, low, skip []int, f func(low, skip, w, b, v, c autograd.Value) autograd.Value) {
		rng := rand.New(rand.NewPCG(3, uint64(len(all))))
		taps := []int{3, 3, 3}[:len(low)-2]
		channels := low[len(low)-1] + skip[len(skip)-1]
		var leaves []tensor.Tensor
		for _, dims := range [][]int{low, skip, append(append([]int{}, taps...), channels, 5), {5}, append(append([]int{}, taps...), 5, 3), {3}} {
			x := tensor.New(dims...)
			for i := range x.Data {
				x.Data[i] = float32(rng.NormFloat64())
			}
			leaves = append(leaves, x)
		}
		all = append(all, decoder{name, leaves, func(in []autograd.Value) autograd.Value {
			return f(in[0], in[1], in[2], in[3], in[4], in[5])
		}})
	}
	plain := func(act func(autograd.Value) autograd.Value) func(low, skip, w, b, v, c autograd.Value) autograd.Value {
		return func(low, skip, w, b, v, c autograd.Value) autograd.Value {
			x := autograd.Concat(-1, skip, up(low, skip))
			return autograd.Conv(act(autograd.Conv(x, w, b, same)), v, c, same)
		}
	}
	for _, size := range [][2][]int{
		{{2, 1, 4}, {2, 2, 3}}, {{1, 4, 3}, {1, 7, 3}},
		{{2, 3, 2, 3}, {2, 7, 5, 2}}, {{1, 1, 1, 33}, {1, 2, 1, 32}}, {{1, 19, 37, 7}, {1, 37, 91, 9}},
		{{1, 2, 1, 3, 4}, {1, 3, 3, 7, 4}}, {{2, 37, 91, 7}, {2, 75, 181, 9}},
	} {
		add(fmt.Sprint("sizes ", size), size[0], size[1], plain(leaky(0.01)))
	}
	low, skip := []int{1, 5, 4, 3}, []int{1, 9, 7, 4}
	add("relu", low, skip, plain(leaky(0)))
	add("slope 1", low, skip, plain(leaky(1)))
	add("negative slope", low, skip, plain(leaky(-0.5)))
	add("own operation", low, skip, plain(func(x autograd.Value) autograd.Value { return autograd.Apply(halve{}, x) }))
	add("two activations", low, skip, plain(func(x autograd.Value) autograd.Value { return leaky(0.5)(leaky(0.25)(x)) }))
	add("no bias", low, skip, func(low, skip, w, b, v, c autograd.Value) autograd.Value {
		x := autograd.Concat(-1, up(low, skip), skip)
		return autograd.Conv(leaky(0.1)(autograd.Conv(x, w, autograd.Value{}, same)), v, autograd.Value{}, same)
	})
	add("read twice", low, skip, func(low, skip, w, b, v, c autograd.Value) autograd.Value {
		u := up(low, skip)
		y := autograd.Conv(autograd.Concat(-1, skip, u), w, b, same)
		z := autograd.Conv(leaky(0.1)(y), v, c, same)
		return autograd.Concat(-1, z, y, u)
	})
	add("kept", low, skip, func(low, skip, w, b, v, c autograd.Value) autograd.Value {
		x := autograd.Concat(-1, skip, up(low, skip)).Keep()
		y := leaky(0.1)(autograd.Conv(x, w, b, same)).Keep()
		return autograd.Conv(y, v, c, same)
	})
	add("the same map twice", []int{1, 9, 7, 3}, []int{1, 9, 7, 3}, func(low, skip, w, b, v, c autograd.Value) autograd.Value {
		skip = autograd.Add(skip, low)
		return autograd.Conv(leaky(0.1)(autograd.Conv(autograd.Concat(-1, skip, skip), w, b, same)), v, c, same)
	})
	add("a map and its view", []int{1, 9, 7, 3}, []int{1, 9, 7, 3}, func(low, skip, w, b, v, c autograd.Value) autograd.Value {
		skip = autograd.Add(skip, low)
		x := autograd.Concat(-1, skip, autograd.Reshape(skip, 1, 9, 7, 3))
		return autograd.Conv(leaky(0.1)(autograd.Conv(x, w, b, same)), v, c, same)
	})
	add("stride", low, skip, func(low, skip, w, b, v, c autograd.Value) autograd.Value {
		x := autograd.Concat(-1, skip, up(low, skip))
		y := autograd.Conv(x, w, b, autograd.ConvConfig{Stride: autograd.Each(2), Pad: autograd.Each(1)})
		return autograd.Conv(leaky(0.1)(y), v, c, same)
	})
	return all
}

// run returns y and the gradients of the leaves that are wanted.
func (d decoder) run(fuse bool, wanted func(i int) bool) (y tensor.Tensor, gradients []tensor.Tensor, bytes int64, list string) {
	tape := autograd.NewTape()
	tape.Fuse(fuse)
	var in []autograd.Value
	for i, x := range d.leaves {
		if wanted(i) {
			in = append(in, tape.Leaf(x))
		} else {
			in = append(in, tape.Const(x))
		}
	}
	out := d.record(in).Keep()
	loss := autograd.Sum(autograd.Mul(out, out))
	bytes = tape.TrainingCost(loss).Bytes
	tape.Backward(loss)
	for i, v := range in {
		if wanted(i) {
			gradients = append(gradients, v.Grad())
		}
	}
	return out.Tensor(), gradients, bytes, tape.String()
}

func TestAFusedRunGivesTheNumbersOfAnUnfusedOne(t *testing.T) {
	for _, d := range decoders() {
		t.Run(d.name, func(t *testing.T) {
			for _, wanted := range []func(int) bool{
				func(int) bool { return true },
				func(i int) bool { return i == 0 },
				func(i int) bool { return i == 1 },
				func(i int) bool { return i >= 2 },
			} {
				y, g, _, list := d.run(true, wanted)
				want, wantG, _, wantList := d.run(false, wanted)
				require.Equal(t, wantList, list, "what was recorded stays as it was")
				closeTo(t, want, y)
				for i := range g {
					closeTo(t, wantG[i], g[i])
				}
			}
		})
	}
}

// closeTo allows for sums of up to 2000 products in another order.
func closeTo(t *testing.T, want, got tensor.Tensor) {
	t.Helper()
	greatest := 0.0
	for _, v := range want.Data {
		greatest = max(greatest, float64(v), -float64(v))
	}
	require.InDeltaSlice(t, want.Data, got.Data, 2e-6*greatest)
}

func TestFusingSparesTheMapsThatAreReadOnce(t *testing.T) {
	if cpu.Best == cpu.Plain {
		t.Skip("plain loops lay the maps side by side after all")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // each worker has scratch of its own
	d := decoders()[6]                              // of large maps: small ones are laid side by side too
	_, _, fused, _ := d.run(true, func(int) bool { return true })
	_, _, unfused, _ := d.run(false, func(int) bool { return true })
	require.Less(t, float64(fused), 0.8*float64(unfused))
}
