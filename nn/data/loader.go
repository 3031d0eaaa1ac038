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
// dst, whose tensors have the shapes of src's, and leaves src as it is. It may
// be called from several goroutines, each with its own rng.
type Transform interface {
	Apply(dst, src Sample, rng *rand.Rand)
}

// A Cutter is a Transform that can make a patch of a sample at once, and so can
// bring what lies beside the patch into it: it writes to dst the part of src
// that begins at first, with dst's extents.
type Cutter interface {
	Transform
	Cut(dst, src Sample, first []int, rng *rand.Rand)
}

// A Loader makes batches of samples in random order, each sample once an
// epoch, and prefetches them on goroutines of its own. An epoch that does not
// end with a batch ends inside of one.
type Loader struct {
	Data    Dataset
	Batch   int       // samples in a batch
	Seed    uint64    // of the order, of Patch and of Augment
	Patch   Patch     // that is cut from each sample, anew each time; zero: all of it
	Augment Transform // nil: samples as they are; one that is no [Cutter] is given the patch that was cut
	Workers int       // goroutines; 0 is 1
	Ahead   int       // batches that wait at most; 0 is 2
}

// Batches yields the batches of steps first, first+1 and so on without end,
// each with the error of making it, after which it ends. A batch is good until
// the next is asked for: there are Ahead+1, whose memory is used in turn. The
// same Seed gives the same batches, whatever Workers and Ahead are and at
// whichever step they begin. When the loop is left or ctx is done, the
// goroutines have ended before the loop has. What Data or Augment panic with,
// the loop panics with.
func (l *Loader) Batches(ctx context.Context, first int) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		if l.Data.Len() == 0 || l.Batch < 1 || first < 0 {
			yield(Batch{}, fmt.Errorf("loader: batches of %d from a data set of %d samples, from step %d on", l.Batch, l.Data.Len(), first))
			return
		}
		ctx, stop := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()
		queue, free := l.start(ctx, &running, first)
		for {
			if ctx.Err() != nil { // also where a batch is ready
				yield(Batch{}, ctx.Err())
				return
			}
			select {
			case <-ctx.Done():
			case r := <-queue:
				made := <-r
				if made.panicked != nil {
					panic(made.panicked) // where the caller can meet it
				}
				if !yield(made.batch, made.err) || made.err != nil {
					return
				}
				free <- made.batch
			}
		}
	}
}

// A job is a batch to be made.
type job struct {
	step  int
	items []int // of the dataset
	batch Batch // whose tensors are used again
	done  chan<- result
}

type result struct {
	batch    Batch
	err      error
	panicked any // with what a dataset or an augmentation did
}

// start begins the prefetching. The queue holds, in the order of steps, where
// each batch will arrive; free holds the batches to be used again, and by their
// number bounds the memory. Neither ever blocks who sends, for both have room
// for all batches.
func (l *Loader) start(ctx context.Context, running *sync.WaitGroup, first int) (queue chan chan result, free chan Batch) {
	ahead := l.Ahead
	if ahead < 1 {
		ahead = 2
	}
	queue, free = make(chan chan result, ahead+1), make(chan Batch, ahead+1)
	for range ahead + 1 {
		free <- Batch{}
	}
	jobs := make(chan job)
	running.Go(func() {
		defer close(jobs)
		o := order{seed: l.Seed, n: l.Data.Len(), epoch: -1}
		for step := first; ; step++ {
			select {
			case <-ctx.Done():
				return
			case batch := <-free:
				done := make(chan result, 1)
				queue <- done
				jobs <- job{step, o.items(step, l.Batch), batch, done}
			}
		}
	})
	for range max(l.Workers, 1) {
		running.Go(func() {
			for j := range jobs {
				j.done <- l.try(j)
			}
		})
	}
	return queue, free
}

func (l *Loader) try(j job) (r result) {
	defer func() { r.panicked = recover() }()
	batch, err := l.make(j)
	if err != nil {
		err = fmt.Errorf("loader: step %d: %w", j.step, err)
	}
	return result{batch: batch, err: err}
}

// make returns the batch of a job, in the tensors that came with it where they
// fit.
func (l *Loader) make(j job) (Batch, error) {
	b := Batch{j.step, j.batch.Image, j.batch.Labels}
	var head Sample // the first, which sets the shapes
	for at, item := range j.items {
		s, err := load(l.Data, item)
		if err != nil {
			return Batch{Step: j.step}, err
		}
		image, err := l.Patch.Shape(s)
		if err != nil {
			return Batch{Step: j.step}, fmt.Errorf("subject %s: %w", s.Subject, err)
		}
		extents, first := l.Patch.Draw(s.Labels, nn.Stream(l.Seed, "patch", uint64(j.step), uint64(at)))
		dst := Sample{Subject: s.Subject}
		labels := tensor.NewShape(extents...)
		if at == 0 {
			b.Image, b.Labels = fit(b.Image, l.Batch, image), fit(b.Labels, l.Batch, labels)
			head.Subject, head.Image.Shape = s.Subject, image
		}
		if image != head.Image.Shape {
			return Batch{Step: j.step}, fmt.Errorf("subject %s has an image %v, subject %s %v; a batch takes equal shapes",
				s.Subject, image, head.Subject, head.Image.Shape)
		}
		dst.Image, dst.Labels = stretch(b.Image, at, image), stretch(b.Labels, at, labels)
		l.fill(dst, s, first, nn.Stream(l.Seed, "augment", uint64(j.step), uint64(at)))
	}
	return b, nil
}

// fill writes to dst the part of a sample that begins at first, augmented.
func (l *Loader) fill(dst, s Sample, first []int, rng *rand.Rand) {
	if l.Augment == nil {
		cut(dst, s, first)
	} else if c, ok := l.Augment.(Cutter); ok {
		c.Cut(dst, s, first, rng)
	} else if dst.Image.Shape == s.Image.Shape {
		l.Augment.Apply(dst, s, rng)
	} else {
		patch := Sample{Subject: s.Subject, Image: tensor.Zeros(dst.Image.Shape), Labels: tensor.Zeros(dst.Labels.Shape)}
		cut(patch, s, first)
		l.Augment.Apply(dst, patch, rng)
	}
}

// An order is an endless list of samples: a permutation of all, then another.
type order struct {
	seed     uint64
	n        int
	epoch    int // of the permutation; -1 before the first
	shuffled []int
}

// items returns the samples of the batch of a step.
func (o *order) items(step, batch int) []int {
	items := make([]int, batch)
	for i := range items {
		place := step*batch + i
		if epoch := place / o.n; epoch != o.epoch {
			o.epoch, o.shuffled = epoch, nn.Stream(o.seed, "order", uint64(epoch)).Perm(o.n)
		}
		items[i] = o.shuffled[place%o.n]
	}
	return items
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
