package autograd

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// square is y = x², whose backward reads x and not y.
type square struct{}

func (square) Shape(in []tensor.Shape) tensor.Shape { return in[0] }
func (square) Cost(in []tensor.Shape) Cost          { return Cost{MACs: int64(in[0].Len()), Bytes: 1000} }
func (square) Needs(int) bool                       { return true }
func (square) NeedsOutput() bool                    { return false }
func (square) Forward(out tensor.Tensor, in []tensor.Tensor) {
	for i, x := range in[0].Data {
		out.Data[i] = x * x
	}
}
func (square) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	for i, x := range in[0].Data {
		gin[0].Data[i] += 2 * x * gout.Data[i]
	}
}

// total is y = sum of x, all of every input, which need not agree in shape.
type total struct{}

func (total) Shape([]tensor.Shape) tensor.Shape { return tensor.Shape{} }
func (total) Cost([]tensor.Shape) Cost          { return Cost{} }
func (total) Needs(int) bool                    { return false }
func (total) NeedsOutput() bool                 { return false }
func (total) Forward(out tensor.Tensor, in []tensor.Tensor) {
	out.Data[0] = 0
	for _, x := range in {
		for _, v := range x.Data {
			out.Data[0] += v
		}
	}
}
func (total) Backward(gin []tensor.Tensor, gout, _ tensor.Tensor, in []tensor.Tensor) {
	for k, g := range gin {
		if in[k].Data != nil {
			panic("total was handed an input that it does not need")
		}
		for i := range g.Data {
			g.Data[i] += gout.Data[0]
		}
	}
}

// scaled is y = a x with state: it keeps a in its state.
type scaled struct{ square }

func (scaled) State([]tensor.Shape) int { return 1 }
func (scaled) Needs(int) bool           { return false }
func (scaled) ForwardState(out tensor.Tensor, in []tensor.Tensor, state []float32) {
	state[0] = 3
	for i, x := range in[0].Data {
		out.Data[i] = state[0] * x
	}
}
func (scaled) BackwardState(gin []tensor.Tensor, gout, _ tensor.Tensor, _ []tensor.Tensor, state []float32) {
	for i, g := range gout.Data {
		gin[0].Data[i] += state[0] * g
	}
}

var three = []float32{1, 2, 3}

func TestNothingRunsBeforeAValueIsRead(t *testing.T) {
	tape := NewTape()
	x := tensor.From([]float32{1, 2, 3}, 3)
	y := Apply(square{}, tape.Leaf(x))
	x.Data[0] = 5
	require.Equal(t, []float32{25, 4, 9}, y.Tensor().Data)
	x.Data[0] = 7
	require.Equal(t, []float32{25, 4, 9}, y.Tensor().Data)
}

func TestGradientsAddUp(t *testing.T) {
	tape := NewTape()
	x := tape.Leaf(tensor.From(three, 3))
	require.Equal(t, x, tape.Leaf(tensor.From(three, 3)), "the same data are the same leaf")
	y := Apply(square{}, x)
	tape.Backward(Apply(total{}, y, y, x))
	require.Equal(t, []float32{5, 9, 13}, x.Grad().Data)
	// A second loss on the same tape, not through what the first passed.
	tape.Backward(Apply(total{}, Apply(square{}, x)))
	require.Equal(t, []float32{7, 13, 19}, x.Grad().Data)
	require.Equal(t, []float32{0}, tape.Leaf(tensor.Scalar(1)).Grad().Data, "a leaf that the loss does not depend on")
}

func TestAViewIsAStretchInBothDirections(t *testing.T) {
	tape := NewTape()
	x := tape.Leaf(tensor.From([]float32{1, 2, 3, 4, 5, 6}, 6))
	v := x.View(2, tensor.NewShape(2, 2))
	w := v.View(1, tensor.NewShape(2))
	tape.Backward(Apply(total{}, Apply(square{}, v), Apply(square{}, w)))
	require.Equal(t, []float32{0, 0, 6, 16, 20, 12}, x.Grad().Data)
	require.Equal(t, []float32{16, 20}, w.Grad().Data)
	require.Equal(t, []float32{4, 5}, w.Tensor().Data)
	require.PanicsWithError(t, "view of [6] and [2 3]: no 6 elements at offset 1", func() { x.View(1, tensor.NewShape(2, 3)) })
}

func TestAViewOfAReleasedValueIsNeverReadable(t *testing.T) {
	tape := NewTape()
	tape.NoGrad(func() {
		y := Apply(square{}, tape.Const(tensor.From(three, 3)))
		unread := y.View(1, tensor.NewShape(2))
		Apply(square{}, y)
		require.Equal(t, []float32{4, 9}, unread.Tensor().Data, "a view that nothing reads keeps its buffer")
		Apply(total{}, unread)
		tape.Run()
		require.Equal(t, released, tape.run.state[y.id])
		require.PanicsWithError(t, "read of [2]: released after its last use; call Keep on it before the tape runs", func() { unread.Tensor() })
	})
}

func TestMisuseSaysWhatWasWrong(t *testing.T) {
	tape, other := NewTape(), NewTape()
	x := tape.Leaf(tensor.From(three, 3))
	foreign := other.Leaf(tensor.New(2))
	c := tape.Const(tensor.From(three, 3))
	require.PanicsWithError(t, "total of [2]: it is on another tape", func() { Apply(total{}, x, foreign) })
	require.PanicsWithError(t, "backward of [3]: the loss takes one element", func() { tape.Backward(x) })
	require.PanicsWithError(t, "backward of []: no leaf leads to it, or it was recorded under NoGrad", func() { tape.Backward(Apply(total{}, c)) })
	require.PanicsWithError(t, "gradient of [3]: no leaf leads to it, or it was recorded under NoGrad", func() { c.Grad() })
	require.PanicsWithError(t, "item of [3]: takes one element", func() { x.Item() })
	require.PanicsWithError(t, "square of []: no input on a tape", func() { Apply(square{}) })
	require.PanicsWithError(t, "record of [2]: 3 elements of data", func() { tape.Leaf(tensor.Tensor{Shape: tensor.NewShape(2), Data: three}) })

	y := Apply(square{}, x)
	loss := Apply(total{}, y)
	tape.Backward(loss)
	require.Equal(t, float32(14), loss.Item(), "the loss stays readable")
	require.PanicsWithError(t, "gradient of [3]: released; call Keep on the value before Backward", func() { y.Grad() })
	require.PanicsWithError(t, "square of [3]: released after its last use; call Keep on it before the tape runs", func() { Apply(square{}, Apply(square{}, y)) })
	require.PanicsWithError(t, "keep of [3]: released already", func() { y.Keep() })
	require.PanicsWithError(t, "backward of []: total was passed by an earlier Backward, and each takes what it needs with it; add the losses, or hold what they share (Value.Hold)",
		func() { tape.Backward(Apply(total{}, loss)) })

	tape.Reset()
	w, z := tape.Leaf(tensor.From([]float32{4, 5, 6}, 3)), Apply(square{}, tape.Leaf(tensor.From(three, 3)))
	pending := Apply(square{}, z) // keeps z's data, not its gradient
	first, both := Apply(total{}, z), Apply(total{}, z, Apply(square{}, w))
	alone := Apply(total{}, w)
	tape.Backward(first)
	require.PanicsWithError(t, "gradient of [3]: released; call Keep on the value before Backward", func() { z.Keep().Grad() })
	require.Panics(t, func() { tape.Backward(both) })
	tape.Backward(alone)
	require.Equal(t, []float32{1, 1, 1}, w.Grad().Data, "nothing is left of the Backward that was refused")
	require.Equal(t, []float32{1, 16, 81}, pending.Tensor().Data)

	tape.Reset()
	planned := Apply(square{}, tape.Placeholder(tensor.NewShape(3)))
	require.EqualValues(t, 3, tape.Cost().MACs)
	require.PanicsWithError(t, "run of [3]: it is a placeholder, which has no data", func() { planned.Tensor() })

	tape.Reset()
	require.PanicsWithError(t, "square of []: stale: its tape was reset after it was recorded", func() { Apply(square{}, x) })
	require.PanicsWithError(t, "shape of []: the zero Value is on no tape", func() { Value{}.Shape() })
}

// lonely is total, and takes inputs whose gradients share no memory in part.
type lonely struct{ total }

func (o lonely) Backward(gin []tensor.Tensor, gout, out tensor.Tensor, in []tensor.Tensor) {
	ends := func(x []float32) (first, end uintptr) {
		first = uintptr(unsafe.Pointer(&x[0]))
		return first, first + uintptr(4*len(x))
	}
	for k := range gin {
		lo, hi := ends(gin[k].Data)
		for _, g := range gin[:k] {
			if first, end := ends(g.Data); lo < end && first < hi && (lo != first || hi != end) {
				panic("the gradients overlap")
			}
		}
	}
	o.total.Backward(gin, gout, out, in)
}

func TestGradientsOfInputsThatOverlapLieApart(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // others may come too late to take scratch
	tape := NewTape()
	x := tape.Leaf(tensor.Zeros(tensor.NewShape(1000)))
	view := func(from int, dims ...int) Value { return x.View(from, tensor.NewShape(dims...)) }
	loss := Apply(lonely{}, view(0, 10, 60), view(200, 700), view(0, 10, 60), view(600, 400))
	books := tape.TrainingCost(loss).Bytes
	scratch := tape.dry.scratch
	require.EqualValues(t, 4*(700+600+400), scratch, "all that overlap one before them")
	require.Equal(t, scratch, parallel.Watch(func() { tape.Backward(loss) }))
	require.Equal(t, books-scratch, tape.run.bytes())
	for i, g := range x.Grad().Data {
		want := float32(0)
		for _, from := range [][2]int{{0, 600}, {200, 900}, {0, 600}, {600, 1000}} {
			if i >= from[0] && i < from[1] {
				want++
			}
		}
		require.Equal(t, want, g, "element %d", i)
	}
}

func TestKeepKeepsValueAndGradient(t *testing.T) {
	tape := NewTape()
	x := tape.Leaf(tensor.From(three, 3))
	y := Apply(square{}, x).Keep()
	tape.Backward(Apply(total{}, Apply(square{}, y)))
	require.Equal(t, []float32{1, 4, 9}, y.Tensor().Data)
	require.Equal(t, []float32{2, 8, 18}, y.Grad().Data)
	require.Equal(t, []float32{4, 32, 108}, x.Grad().Data)
	// It is not propagated a second time by a later Backward.
	tape.Backward(Apply(total{}, Apply(square{}, x)))
	require.Equal(t, []float32{6, 36, 114}, x.Grad().Data)
}

func TestNoGradReleasesAfterTheLastUse(t *testing.T) {
	tape := NewTape()
	data := tensor.New(1 << 12)
	chain := func() Value {
		y := tape.Leaf(data)
		for range 10 {
			y = Apply(square{}, y)
		}
		return y
	}
	bytes := int64(4 << 12)
	tape.NoGrad(func() { chain() })
	require.Equal(t, Cost{MACs: 10 << 12, Bytes: 2*bytes + 1000}, tape.Cost())
	tape.Run()
	cost := tape.Cost()
	require.Equal(t, cost.Bytes-tape.dry.scratch, tape.run.bytes(), "the rehearsal's books are the run's")
	tape.Reset()
	loss := Apply(total{}, chain())
	require.Equal(t, int64(10<<12), tape.Cost().MACs)
	require.Equal(t, int64(20<<12), tape.TrainingCost(loss).MACs)
	other := NewTape()
	chain() // of which the loss is not made
	tape.NoGrad(func() { chain() })
	require.Equal(t, int64(40<<12), tape.TrainingCost(loss).MACs)
	require.PanicsWithError(t, "cost of []: it is on another tape", func() { other.TrainingCost(loss) })
	tape.Reset()
	loss = Apply(total{}, chain())
	want := tape.TrainingCost(loss).Bytes
	want -= tape.dry.scratch
	tape.Backward(loss)
	require.Equal(t, want, tape.run.bytes())
	require.Equal(t, released, tape.run.state[5])
}

func TestStateLastsUntilBackward(t *testing.T) {
	tape := NewTape()
	x := tape.Leaf(tensor.From(three, 3))
	loss := Apply(total{}, Apply(scaled{}, Apply(scaled{}, x)))
	want := tape.TrainingCost(loss).Bytes
	want -= tape.dry.scratch
	tape.Backward(loss)
	require.Equal(t, []float32{9, 9, 9}, x.Grad().Data)
	require.Equal(t, want, tape.run.bytes())
}

func TestASteadyStepAllocatesNoTensorData(t *testing.T) {
	tape := NewTape()
	data := tensor.New(1 << 16)
	step := func() {
		tape.Reset()
		tape.Backward(Apply(total{}, Apply(scaled{}, Apply(square{}, tape.Leaf(data)))))
	}
	step()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		step()
	}
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<16), "ten steps of buffers of 262,144 bytes")
}

func TestTryReturnsMisuseAndLetsBugsPass(t *testing.T) {
	var shape *tensor.ShapeError
	require.True(t, errors.As(Try(func() { tensor.New(2).Reshape(3) }), &shape))
	var use *UseError
	require.ErrorAs(t, Try(func() { Value{}.Tensor() }), &use)
	require.NoError(t, Try(func() {}))
	require.Panics(t, func() { _ = Try(func() { _ = three[len(three):][0] }) })
	require.PanicsWithValue(t, "text", func() { _ = Try(func() { panic("text") }) })
}

func TestATapePrintsItsList(t *testing.T) {
	tape := NewTape()
	x := tape.Leaf(tensor.New(2, 3))
	Apply(total{}, Apply(square{}, x.View(3, tensor.NewShape(3))))
	require.Equal(t, ""+
		"   0 leaf             [2 3]                 \n"+
		"   1 view             [3]                    of [0]\n"+
		"   2 square           [3]                    of [1] 3 MACs\n"+
		"   3 total            []                     of [2]\n", tape.String())
}

func TestPlacesNeverOverlapAndJoinWhenFree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var s space
	var taken []place
	for range 20_000 {
		if len(taken) > 0 && rng.IntN(100) < 50 {
			i := rng.IntN(len(taken))
			s.give(taken[i])
			taken[i] = taken[len(taken)-1]
			taken = taken[:len(taken)-1]
			continue
		}
		n := rng.IntN(1000)
		p := s.take(n)
		require.GreaterOrEqual(t, p.lines*lineFloats, max(n, 1))
		for _, q := range taken {
			require.True(t, p.end() <= q.line || q.end() <= p.line, "%v and %v", p, q)
		}
		taken = append(taken, p)
	}
	for _, p := range taken {
		s.give(p)
	}
	require.Empty(t, s.taken)
}

func TestAPlanKeepsApartWhatLivesAtOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		s := space{logs: true}
		var taken []place
		for range 60 {
			if len(taken) > 0 && rng.IntN(2) == 0 {
				i := rng.IntN(len(taken))
				s.give(taken[i])
				taken = append(taken[:i], taken[i+1:]...)
			} else {
				taken = append(taken, s.take(1+rng.IntN(5000)))
			}
		}
		plan, lines := planned(s.log)
		for i, p := range plan {
			require.Equal(t, s.log[i].lines, p.lines)
			require.LessOrEqual(t, p.end(), lines)
			for j, q := range plan[:i] {
				a, b := s.log[j], s.log[i] // a was taken first
				if a.to == 0 || a.to > b.from {
					require.True(t, p.end() <= q.line || q.end() <= p.line)
				}
			}
		}
		require.LessOrEqual(t, lines, s.most+s.most/4)
	}
}

// What runs otherwise than was foreseen still gets places of its own.
func TestAPlanThatDoesNotFitIsLeft(t *testing.T) {
	s := space{plan: []place{{0, 10}, {10, 5}, {0, 7}}}
	require.Equal(t, place{0, 10}, s.take(160))
	require.Equal(t, place{10, 5}, s.take(80))
	require.Equal(t, place{15, 7}, s.take(112), "lines 0 to 7 are taken")
	s.give(place{0, 10})
	require.Equal(t, place{0, 3}, s.take(48), "the plan was left")
}
