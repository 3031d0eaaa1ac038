package data

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/volume"
)

// numbered is a dataset of n samples whose images hold their number.
func numbered(n int, dims ...int) Samples {
	var all Samples
	for i := range n {
		s := Sample{Subject: fmt.Sprintf("s%02d", i), Image: tensor.New(append(dims, 1)...), Labels: tensor.New(dims...)}
		for k := range s.Image.Data {
			s.Image.Data[k] = float32(i)
			s.Labels.Data[k] = float32(i % 3)
		}
		all = append(all, s)
	}
	return all
}

// failing is a dataset one sample of which cannot be loaded.
type failing struct {
	Samples
	at int
}

var errDisk = errors.New("disk on fire")

func (f failing) Load(i int) (Sample, error) {
	if i == f.at {
		return Sample{}, errDisk
	}
	return f.Samples.Load(i)
}

func take(t *testing.T, l *Loader, first, n int) []Batch {
	var batches []Batch
	for b, err := range l.Batches(t.Context(), first) {
		require.NoError(t, err)
		require.Equal(t, first+len(batches), b.Step)
		batches = append(batches, Batch{b.Step, b.Image.Clone(), b.Labels.Clone()})
		if len(batches) == n {
			break
		}
	}
	return batches
}

// settled waits until there are as many goroutines as before, or many chances
// for them to end have passed.
func settled(t *testing.T, before int) {
	for range 100000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestBatchesDependOnTheSeedAndTheStepAlone(t *testing.T) {
	whole := Augment{Flip: 0.5, Rotate: 20, Shift: 2, Elastic: 1, Gamma: 0.2, Bias: 0.2, Noise: 0.1}
	d := numbered(7, 6, 5)
	loader := func(workers, ahead int) *Loader {
		return &Loader{Data: d, Batch: 3, Seed: 4, Augment: whole, Workers: workers, Ahead: ahead}
	}
	want := take(t, loader(1, 1), 0, 20)
	for _, workers := range []int{1, 2, 5} {
		for _, ahead := range []int{0, 1, 8} {
			require.Equal(t, want, take(t, loader(workers, ahead), 0, 20), "%d workers, %d ahead", workers, ahead)
			require.Equal(t, want[11:], take(t, loader(workers, ahead), 11, 9), "%d workers, %d ahead", workers, ahead)
		}
	}
	other := loader(1, 1)
	other.Seed++
	require.NotEqual(t, want, take(t, other, 0, 20))
}

func TestEachSampleComesOnceAnEpoch(t *testing.T) {
	orders := map[string]bool{}
	l := &Loader{Data: numbered(7, 1), Batch: 3, Seed: 1}
	var epoch []float32
	for _, b := range take(t, l, 0, 14) { // six epochs, which end anywhere in a batch
		for _, x := range b.Image.Data {
			if epoch = append(epoch, x); len(epoch) == 7 {
				orders[fmt.Sprint(epoch)] = true
				require.ElementsMatch(t, []float32{0, 1, 2, 3, 4, 5, 6}, epoch)
				epoch = nil
			}
		}
	}
	require.Len(t, orders, 6, "epochs are shuffled anew")
}

func TestBatchesUseTheirMemoryAgain(t *testing.T) {
	const ahead = 3
	seen := map[*float32]int{}
	l := &Loader{Data: numbered(5, 64, 64), Batch: 4, Workers: 2, Ahead: ahead, Augment: Augment{Rotate: 10, Elastic: 1, Bias: 0.1}}
	var at0, at100 runtime.MemStats
	for b, err := range l.Batches(t.Context(), 0) {
		require.NoError(t, err)
		seen[&b.Image.Data[0]]++
		seen[&b.Labels.Data[0]]++
		if b.Step == 20 {
			runtime.ReadMemStats(&at0)
		}
		if b.Step == 120 {
			runtime.ReadMemStats(&at100)
			break
		}
	}
	require.LessOrEqual(t, len(seen), 2*(ahead+1))
	// A batch is 128 KiB. What is left are the tables of the fields, of some
	// 2 KiB an axis, and a row, for each of four samples.
	require.Less(t, (at100.TotalAlloc-at0.TotalAlloc)/100, uint64(64<<10), "bytes allocated for a batch")
}

func TestGoroutinesEndWithTheLoop(t *testing.T) {
	before := runtime.NumGoroutine()
	l := &Loader{Data: numbered(5, 4), Batch: 2, Workers: 3, Ahead: 4}
	t.Run("left", func(t *testing.T) {
		for b, err := range l.Batches(t.Context(), 0) {
			require.NoError(t, err)
			if b.Step == 3 {
				break
			}
		}
	})
	settled(t, before)
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		steps := 0
		for b, err := range l.Batches(ctx, 0) {
			if last = err; err == nil {
				steps++
			}
			if b.Step == 3 {
				cancel()
			}
		}
		require.ErrorIs(t, last, context.Canceled)
		require.Equal(t, 4, steps, "nothing comes after the context is done")
	})
	settled(t, before)
	t.Run("failed", func(t *testing.T) {
		failed := &Loader{Data: failing{numbered(5, 4), 2}, Batch: 2, Workers: 3}
		for _, err := range failed.Batches(t.Context(), 0) {
			if err != nil {
				require.ErrorIs(t, err, errDisk)
				require.Regexp(t, `^loader: step [0-2]: load: subject s02: disk on fire$`, err.Error())
			}
		}
	})
	settled(t, before)
}

// busy is a dataset that counts who is in Load.
type busy struct {
	Samples
	inside *atomic.Int32
}

func (b busy) Load(i int) (Sample, error) {
	b.inside.Add(1)
	defer b.inside.Add(-1)
	for range 100 {
		runtime.Gosched()
	}
	return b.Samples.Load(i)
}

func TestNobodyReadsTheDataAfterTheLoop(t *testing.T) {
	var inside atomic.Int32
	l := &Loader{Data: busy{numbered(5, 4), &inside}, Batch: 2, Workers: 4, Ahead: 4}
	for range 20 {
		for _, err := range l.Batches(t.Context(), 0) {
			require.NoError(t, err)
			break
		}
		require.Zero(t, inside.Load())
	}
}

func TestEqualSamplesOfABatchAreAugmentedUnlike(t *testing.T) {
	l := &Loader{Data: Samples{blob(8, 8)}, Batch: 2, Augment: Augment{Noise: 0.1}}
	for _, b := range take(t, l, 0, 3) {
		require.NotEqual(t, b.Image.Range(0, 1), b.Image.Range(1, 2))
	}
}

func TestLoaderSaysWhatIsWrong(t *testing.T) {
	unequal := append(numbered(1, 4, 3), numbered(2, 3, 4)[1])
	bare := numbered(1, 4)
	bare[0].Labels = tensor.Tensor{}
	apart := numbered(1, 3, 2, 4)
	apart[0].Back = volume.Stay(volume.Grid{Shape: apart[0].Labels.Shape})
	for _, c := range []struct {
		loader Loader
		want   string
	}{
		{Loader{Data: unequal, Batch: 2}, `^loader: step 0: subject s0(0|1) has an image \[\d \d 1\], subject s0\d \[\d \d 1\]; a batch takes equal shapes$`},
		{Loader{Data: bare, Batch: 1}, `^loader: step 0: load: subject s00: sample of \[4 1\] and \[\]: labels take the spatial axes of the image$`},
		{Loader{Data: apart, Batch: 1}, `^loader: step 0: subject s00: labels on another grid than the image, which can be measured on but not trained on$`},
		{Loader{Data: Samples{}, Batch: 1}, `^loader: batches of 1 from a data set of 0 samples, from step 0 on$`},
		{Loader{Data: unequal}, `^loader: batches of 0 from a data set of 2 samples, from step 0 on$`},
	} {
		n := 0
		for _, err := range c.loader.Batches(t.Context(), 0) {
			n++
			require.Error(t, err)
			require.Regexp(t, c.want, err.Error())
		}
		require.Equal(t, 1, n)
	}
}

func TestClassesComeBackToWhereTheLabelsLie(t *testing.T) {
	grid := volume.Grid{Shape: tensor.NewShape(1, 2, 3), Affine: [4][4]float64{{1}, {0, 1}, {0, 0, 1}}}
	turn, err := volume.Reorient(grid, "PLS")
	require.NoError(t, err)
	s := Sample{Subject: "a", Image: tensor.New(3, 2, 1), Labels: tensor.New(2, 3), Back: turn.Inverse()}
	all, err := Collect(Samples{s})
	require.NoError(t, err)
	// i of the turned runs along j backwards, j along i backwards.
	require.Equal(t, tensor.From([]float32{6, 4, 2, 5, 3, 1}, 2, 3), all[0].Restore(tensor.From([]float32{1, 2, 3, 4, 5, 6}, 3, 2)))
	s.Back = volume.Move{}
	same := tensor.From([]float32{1, 2}, 1, 2)
	require.Equal(t, same, s.Restore(same))

	s.Back, s.Labels = turn.Inverse(), tensor.New(2, 2)
	_, err = Collect(Samples{s})
	require.EqualError(t, err, "load: subject a: sample of [3 2 1] and [2 2]: the way back leads from [1 3 2] to [1 2 3]")
}

func TestCollectStopsAtTheFirstError(t *testing.T) {
	all, err := Collect(numbered(3, 2))
	require.NoError(t, err)
	require.Equal(t, numbered(3, 2), all)
	_, err = Collect(failing{numbered(3, 2), 1})
	require.EqualError(t, err, "load: subject s01: disk on fire")
}

// A scribbled data set has samples of other subjects than it says.
type scribbled struct {
	Samples
	on string
}

func (d scribbled) Load(i int) (Sample, error) {
	s, err := d.Samples.Load(i)
	s.Subject = d.on
	return s, err
}

func TestASampleIsOfTheSubjectThatTheDatasetSays(t *testing.T) {
	samples := Samples{blob(4, 4), blob(4, 4)}
	samples[1].Subject = "other"
	all, err := Collect(scribbled{samples, ""})
	require.NoError(t, err)
	require.Equal(t, []string{"blob", "other"}, Subjects(all))
	_, err = Collect(scribbled{samples, "blob"})
	require.EqualError(t, err, "load: subject other: the sample is of subject blob")
}

func TestOfKeepsTheOrderOfTheData(t *testing.T) {
	d := append(numbered(4, 2), numbered(4, 2)...)
	sub := Of(d, []string{"s03", "s01", "nobody"})
	var order []string
	for s, err := range All(sub) {
		require.NoError(t, err)
		order = append(order, s.Subject)
	}
	require.Equal(t, []string{"s01", "s03", "s01", "s03"}, order)
	require.Equal(t, []string{"s01", "s03"}, Subjects(sub))
}

func BenchmarkAugment(b *testing.B) {
	for _, c := range []struct {
		name    string
		augment Augment
	}{
		{"affine", Augment{Rotate: 10, Zoom: 0.1, Shift: 5}},
		{"elastic", Augment{Elastic: 3}},
		{"intensities", Augment{Gamma: 0.2, Bias: 0.2, Noise: 0.05}},
		{"all", Augment{Flip: 0.5, Rotate: 10, Zoom: 0.1, Shift: 5, Elastic: 3, Gamma: 0.2, Bias: 0.2, Noise: 0.05}},
	} {
		for _, dims := range [][]int{{160, 192}, {40, 48, 56}} {
			shape := tensor.NewShape(dims...)
			b.Run(fmt.Sprintf("%s/dims=%d/size=%v", c.name, len(dims), shape), func(b *testing.B) {
				src, dst := blob(dims...), blob(dims...)
				rng := rand.New(rand.NewPCG(1, 2))
				b.SetBytes(int64(8 * shape.Len())) // of image and labels
				for b.Loop() {
					c.augment.Apply(dst, src, rng)
				}
			})
		}
	}
}
