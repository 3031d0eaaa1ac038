package optest

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// A Case is a row of the table: an operation and the shapes that it is given.
type Case struct {
	Name string // of the subtest, as "Conv/dims=2/stride=2"
	Op   autograd.Op
	In   []tensor.Shape

	// Fill writes the elements of input i. Without it they are normal, and at
	// least Margin away from 0.
	Fill func(rng *rand.Rand, i int, x []float32)
	// Fixed marks inputs that have no gradient, as labels; it may be short.
	Fixed []bool
	// Linear lists the inputs in which the operation is affine while the others
	// are held: the adjoint identity must hold for each.
	Linear []int
	// Reference computes the output independently, in float64. Gradients are
	// then checked against its differences, which have no noise to speak of.
	Reference func(in [][]float64) []float64
	// Margin is how far inputs are from a kink: the steps stay below half of it.
	Margin float64
	// Noise is how many units of roundoff the operation may lose, 16 if it is 0.
	// An operation that sums n products in float32 loses about sqrt(n).
	Noise float64

	// Bench holds the shapes to time, if any, and to test never.
	Bench []tensor.Shape
}

// Shapes is a short way to write [Case.In]: one slice of extents per input.
func Shapes(dims ...[]int) []tensor.Shape {
	s := make([]tensor.Shape, len(dims))
	for i, d := range dims {
		s[i] = tensor.NewShape(d...)
	}
	return s
}

var checks = []struct {
	name  string
	check func(Case) error
	brief bool // also with -short, as under the race detector, which has no need of the rest
}{
	{"value", Case.value, true},
	{"adds", Case.adds, true},
	{"gradient", Case.gradient, false},
	{"adjoint", Case.adjoint, false},
	{"tape", Case.tape, true},
	{"workers", Case.workers, true},
	{"allocation", Case.allocation, false},
}

// Check returns the first fault that a check finds, nil if none does.
func (c Case) Check() error {
	for _, k := range checks {
		if err := guard(c, k.check); err != nil {
			return fmt.Errorf("%s: %s: %w", c.Name, k.name, err)
		}
	}
	return nil
}

// Run runs every check on every case, a subtest each.
func Run(t *testing.T, cases []Case) {
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			for _, k := range checks {
				t.Run(k.name, func(t *testing.T) {
					if testing.Short() && !k.brief {
						t.Skip("left out with -short")
					}
					if err := guard(c, k.check); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

// Bench times forward and backward of the cases that have shapes for it, and
// reports GFLOP/s (two per multiply-add) and GB/s, each input and output
// counted once.
func Bench(b *testing.B, cases []Case) {
	for _, c := range cases {
		if c.Bench == nil {
			continue
		}
		c.In = c.Bench
		r := newTrial(c)
		bytes := 4 * r.out.Shape.Len()
		for _, s := range c.In {
			bytes += 4 * s.Len()
		}
		report := func(b *testing.B, macs, bytes float64) {
			perNs := float64(b.N) / float64(b.Elapsed().Nanoseconds())
			b.ReportMetric(bytes*perNs, "GB/s")
			if macs > 0 {
				b.ReportMetric(2*macs*perNs, "GFLOP/s")
			}
		}
		macs := float64(c.Op.Cost(c.In).MACs)
		b.Run(c.Name+"/pass=forward", func(b *testing.B) {
			r.again() // touches its memory for the first time
			for b.Loop() {
				r.again()
			}
			report(b, macs, float64(bytes))
		})
		b.Run(c.Name+"/pass=backward", func(b *testing.B) {
			r.backward(r.gin)
			for b.Loop() {
				r.backward(r.gin)
			}
			report(b, macs*float64(min(r.wanted(), 2)), float64(bytes))
		})
	}
}

// guard turns a panic of an operation into an error.
func guard(c Case, check func(Case) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panicked: %v", r)
			if _, ok := c.Op.(autograd.Frugal); ok {
				err = fmt.Errorf("%w (what its Needs and NeedsOutput deny, Backward is given without data)", err)
			}
		}
	}()
	return check(c)
}

func (c Case) fixed(i int) bool { return i < len(c.Fixed) && c.Fixed[i] }

// roundoff is what an operation may lose of float32 values, as a fraction.
func (c Case) roundoff() float64 {
	noise := c.Noise
	if noise == 0 {
		noise = 16
	}
	return noise / (1 << 24)
}

// rng returns a source that depends on the name alone.
func (c Case) rng() *rand.Rand { return rand.New(rand.NewPCG(c.hash(), 1)) }

func (c Case) hash() uint64 {
	h := fnv.New64a()
	h.Write([]byte(c.Name))
	return h.Sum64()
}

func (c Case) fill(rng *rand.Rand, i int, x []float32) {
	if c.Fill != nil {
		c.Fill(rng, i, x)
		return
	}
	for k := range x {
		v := rng.NormFloat64()
		x[k] = float32(v + math.Copysign(c.Margin, v))
	}
}

func normal(rng *rand.Rand, s tensor.Shape) tensor.Tensor {
	x := tensor.Zeros(s)
	for k := range x.Data {
		x.Data[k] = float32(rng.NormFloat64())
	}
	return x
}
