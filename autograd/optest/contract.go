package optest

import (
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// value: forward writes all of the output, changes no input, and agrees with
// the reference; the cost is not negative.
func (c Case) value() error {
	t := newTrial(c)
	if cost := c.Op.Cost(c.In); cost.MACs < 0 || cost.Bytes < 0 {
		return fmt.Errorf("cost %+v is negative", cost)
	}
	in := clone(t.in)
	for k, y := range t.forward().Data {
		if math.IsNaN(float64(y)) {
			return fmt.Errorf("output element %d of %v was not written, or is NaN", k, t.out.Shape)
		}
	}
	if err := sameBits("forward changed an input", t.in, in); err != nil || c.Reference == nil {
		return err
	}
	return near("value", t.out.Data, t.reference(), t.measure().sizes.out, c.roundoff())
}

// adds: backward adds to what the gradients held, changes nothing else, and
// gives each gradient whichever of the others are wanted.
func (c Case) adds() error {
	t := newTrial(c).measure()
	in, out, r := clone(t.in), t.out.Clone(), t.r.Clone()
	if err := t.compare("into gradients of 1", func(int) bool { return true }, 1); err != nil {
		return err
	}
	for set := range 1 << min(len(in), 5) {
		want := func(i int) bool { return set>>i&1 == 1 }
		if err := t.compare(fmt.Sprintf("of the inputs in %b only", set), want, 0); err != nil {
			return err
		}
	}
	if err := t.assigns(); err != nil {
		return err
	}
	return sameBits("backward changed an input, the output or its gradient",
		append(slices.Clone(t.in), t.out, t.r), append(in, out, r))
}

// assigns: of an operation that can write gradients, those that are fresh are
// written over whatever was there, and the others added to, in any combination.
func (t *trial) assigns() error {
	op, ok := t.c.Op.(autograd.Assigner)
	if !ok {
		return nil
	}
	for set := range 1 << min(len(t.in), 5) {
		gin, fresh := make([]tensor.Tensor, len(t.in)), make([]bool, len(t.in))
		for i, g := range t.gin {
			fresh[i] = set>>i&1 == 1
			gin[i].Shape = g.Shape
			if g.Data != nil {
				gin[i] = tensor.Zeros(g.Shape)
			}
			if fresh[i] {
				poison(gin[i].Data)
			}
		}
		in, out := t.needed()
		op.BackwardAssign(gin, fresh, t.r, out, in, t.state)
		for i, g := range t.gin {
			if err := near(fmt.Sprintf("gradient %d, written where %b", i, set), gin[i].Data, float64s(g.Data), t.sizes.gin[i], t.c.roundoff()); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare checks the gradients that are wanted, added to start, against t.gin.
func (t *trial) compare(what string, want func(i int) bool, start float32) error {
	for i, g := range t.gradients(want, start) {
		if g.Data == nil {
			continue
		}
		sum := float64s(t.gin[i].Data)
		for k := range sum {
			sum[k] += float64(start)
		}
		if err := near(fmt.Sprintf("gradient %d %s", i, what), g.Data, sum, t.sizes.gin[i], t.c.roundoff()); err != nil {
			return err
		}
	}
	return nil
}

// tape: recorded on a tape the operation gives the same bits; the same value
// given twice gets the sum of both gradients.
func (c Case) tape() error {
	t := newTrial(c)
	var tape autograd.Tape
	var in []autograd.Value
	for i, x := range t.in {
		if c.fixed(i) {
			in = append(in, tape.Const(x))
		} else {
			in = append(in, tape.Leaf(x))
		}
	}
	y := autograd.Apply(c.Op, in...).Keep()
	if err := sameBits("value on a tape", []tensor.Tensor{y.Tensor()}, []tensor.Tensor{t.out}); err != nil {
		return err
	}
	if t.wanted() == 0 {
		return nil
	}
	tape.Backward(Dot(y, tape.Const(t.r)))
	for i, g := range t.gin {
		if g.Data == nil {
			continue
		}
		if err := sameBits(fmt.Sprintf("gradient %d on a tape", i), []tensor.Tensor{in[i].Grad()}, []tensor.Tensor{g}); err != nil {
			return err
		}
	}
	i, j, ok := c.twins()
	if !ok {
		return nil
	}
	t.in[i] = t.in[j]
	t.forward()
	t.gin = t.gradients(func(int) bool { return true }, 0)
	t.measure()
	gin := slices.Clone(t.gin)
	sum, size := float64s(gin[i].Data), t.sizes.gin[i]
	for k, g := range gin[j].Data {
		sum[k] += float64(g)
		size[k] += t.sizes.gin[j][k]
	}
	for k := range gin {
		gin[k].Data = nil
	}
	gin[i] = tensor.Zeros(c.In[i])
	gin[j] = gin[i]
	t.backward(gin)
	return near(fmt.Sprintf("gradient of one value as inputs %d and %d", i, j), gin[i].Data, sum, size, c.roundoff())
}

// twins returns two inputs that may be the same value.
func (c Case) twins() (i, j int, ok bool) {
	for j := range c.In {
		for i := range j {
			if c.In[i] == c.In[j] && !c.fixed(i) && !c.fixed(j) {
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

// workers: results have the same bits on one worker and on many.
func (c Case) workers() error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := newTrial(c)
	runtime.GOMAXPROCS(max(4, runtime.NumCPU()))
	many := newTrial(c)
	return sameBits("on many workers", append(many.gin, many.out), append(one.gin, one.out))
}

// allocation: in steady state forward and backward allocate no tensor data, but
// at most bookkeeping of 8 KB and an eighth of what the tensors take. The least
// of a few runs counts, as other goroutines allocate too.
func (c Case) allocation() error {
	t := newTrial(c)
	limit := uint64(8<<10 + t.out.Shape.Len()/2)
	for _, s := range c.In {
		limit += uint64(s.Len() / 2)
	}
	least := uint64(math.MaxUint64)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		t.forward()
		t.backward(t.gin)
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	if least > limit {
		return fmt.Errorf("a steady run allocates %d bytes, more than %d", least, limit)
	}
	return nil
}

func clone(x []tensor.Tensor) []tensor.Tensor {
	y := make([]tensor.Tensor, len(x))
	for i := range x {
		y[i] = x[i].Clone()
	}
	return y
}
