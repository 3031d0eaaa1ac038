package data

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"sync"

	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
)

// A Batch is what one step trains on.
type Batch struct {
	Step   int
	Image  tensor.Tensor // [N, spatial..., C]
	Labels tensor.Tensor // [N, spatial...]
}

// A Transform changes a sample at random, as augmentation does: it writes to
// dst, whose tensors have the shapes of src's, and leaves src as it is.
type Transform interface {
	Apply(dst, src Sample, rng *rand.Rand)
}

// A Loader makes batches of samples in random order, each sample once an
// epoch, and prefetches them on goroutines of its own.
type Loader struct {
	Data    Dataset
	Batch   int       // samples in a batch
	Seed    uint64    // of the order and of Augment
	Augment Transform // nil: samples as they are
	Workers int       // goroutines; 0 is 1
	Ahead   int       // batches that wait at most; 0 is 2
}

// Batches yields the batches of steps first, first+1 and so on without end,
// each with the error of making it, after which it ends. A batch is good until
// the next is asked for. The same Seed gives the same batches, whatever
// Workers and Ahead are and at whichever step they begin. When the loop is
// left or ctx is done, the goroutines end before Batches returns.
func (l *Loader) Batches(ctx context.Context, first int) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		if l.Data.Len() == 0 || l.Batch < 1 {
			yield(Batch{}, fmt.Errorf("loader: batches of %d from a data set of %d samples", l.Batch, l.Data.Len()))
			return
		}
		ctx, stop := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()
		queue, free := l.start(ctx, &running, first)
		for {
			select {
			case <-ctx.Done():
				yield(Batch{}, ctx.Err())
				return
			case made := <-queue:
				b := <-made
				if !yield(b.batch, b.err) || b.err != nil {
					return
				}
				free <- b.batch
			}
		}
	}
}

type result struct {
	batch Batch
	err   error
}

// start begins the prefetching. The queue holds, in the order of steps, where
// each batch will arrive; free holds the tensors of batches to be used again,
// and by their number bounds the memory.
func (l *Loader) start(ctx context.Context, running *sync.WaitGroup, first int) (queue chan chan result, free chan Batch) {
	type job struct {
		step  int
		into  chan result
		reuse Batch
	}
	ahead := max(l.Ahead, 2)
	queue, free = make(chan chan result, ahead), make(chan Batch, ahead+1)
	for range ahead {
		free <- Batch{}
	}
	jobs := make(chan job)
	running.Go(func() {
		defer close(jobs)
		for step := first; ; step++ {
			select {
			case <-ctx.Done():
				return
			case reuse := <-free:
				j := job{step, make(chan result, 1), reuse}
				queue <- j.into
				jobs <- j
			}
		}
	})
	for range max(l.Workers, 1) {
		running.Go(func() {
			for j := range jobs {
				b, err := l.make(j.step, j.reuse)
				j.into <- result{b, err}
			}
		})
	}
	return queue, free
}

// make returns the batch of a step, in the tensors of reuse where they fit.
func (l *Loader) make(step int, reuse Batch) (Batch, error) {
	b := Batch{step, reuse.Image, reuse.Labels}
	var one Sample // the first of the batch, which sets the shapes
	for item := range l.Batch {
		s, err := l.Data.Load(l.pick(step*l.Batch + item))
		if err != nil {
			return Batch{Step: step}, fmt.Errorf("loader: step %d: %w", step, err)
		}
		if item == 0 {
			one = s
			b.Image = fit(b.Image, l.Batch, s.Image.Shape)
			b.Labels = fit(b.Labels, l.Batch, s.Labels.Shape)
		}
		if s.Image.Shape != one.Image.Shape || s.Labels.Shape != one.Labels.Shape {
			return Batch{Step: step}, fmt.Errorf("loader: step %d: subject %s has image %v and labels %v, subject %s %v and %v; a batch takes equal shapes",
				step, s.Subject, s.Image.Shape, s.Labels.Shape, one.Subject, one.Image.Shape, one.Labels.Shape)
		}
		dst := Sample{s.Subject, stretch(b.Image, item, s.Image.Shape), stretch(b.Labels, item, s.Labels.Shape)}
		if l.Augment == nil {
			copy(dst.Image.Data, s.Image.Data)
			copy(dst.Labels.Data, s.Labels.Data)
		} else {
			l.Augment.Apply(dst, s, nn.Stream(l.Seed, "augment", uint64(step), uint64(item)))
		}
	}
	return b, nil
}

// pick returns the sample at a place of the endless random order.
func (l *Loader) pick(place int) int {
	n := l.Data.Len()
	epoch, at := place/n, place%n
	return nn.Stream(l.Seed, "order", uint64(epoch)).Perm(n)[at]
}

// fit returns a tensor of n samples of the given shape, over the data of t if
// they suffice.
func fit(t tensor.Tensor, n int, s tensor.Shape) tensor.Tensor {
	shape := tensor.NewShape(append([]int{n}, s.Dims()...)...)
	if cap(t.Data) < shape.Len() {
		return tensor.Zeros(shape)
	}
	return tensor.Tensor{Shape: shape, Data: t.Data[:shape.Len()]}
}

func stretch(t tensor.Tensor, item int, s tensor.Shape) tensor.Tensor {
	n := s.Len()
	return tensor.Tensor{Shape: s, Data: t.Data[item*n : (item+1)*n : (item+1)*n]}
}
