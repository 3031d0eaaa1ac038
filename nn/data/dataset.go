package data

import (
	"fmt"
	"iter"
	"slices"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/volume"
)

// A Sample is an image and the class of each of its elements. It has one to
// three spatial axes.
type Sample struct {
	Subject string        // whom it shows; a subject may have several samples
	Image   tensor.Tensor // [spatial..., C]
	Labels  tensor.Tensor // [spatial...]: class indices, whole numbers from 0

	// Back leads from the image to where the labels lie, if that is a grid of their
	// own, as of a scan that was turned and resampled for a network. One can measure
	// on such a sample, not train. The zero Move: they lie on the image.
	Back volume.Move
}

// Apart tells whether the labels lie on another grid than the image.
func (s Sample) Apart() bool { return s.Back != (volume.Move{}) }

// Restore returns classes that were predicted for the image [spatial...] where
// the labels lie: the same tensor, or where s is Apart that of
// [volume.Move.Majority] in new memory.
func (s Sample) Restore(classes tensor.Tensor) tensor.Tensor {
	if !s.Apart() {
		return classes
	}
	y := s.Back.Majority(classes.Reshape(s.Back.From.Shape.Dims()...), 0)
	return y.Reshape(s.Labels.Shape.Dims()...)
}

// check returns a *tensor.ShapeError if the shapes do not go together.
func (s Sample) check() error {
	image, labels := s.Image.Shape, s.Labels.Shape
	problem := ""
	switch {
	case image.Rank() < 2 || image.Rank() > 4:
		problem = "an image has one to three spatial axes, and channels"
	case image.Len() == 0:
		problem = "an image without elements"
	case s.Apart() && (s.Back.From.Shape.Len() != image.Len()/image.Channels() || s.Back.To.Shape.Len() != labels.Len()):
		problem = fmt.Sprintf("the way back leads from %v to %v", s.Back.From.Shape, s.Back.To.Shape)
	case !s.Apart() && labels != tensor.NewShape(image.Dims()[:image.Rank()-1]...):
		problem = "labels take the spatial axes of the image"
		if labels == image {
			problem += ", whose last axis is that of channels"
		}
	case len(s.Image.Data) != image.Len() || len(s.Labels.Data) != labels.Len():
		problem = fmt.Sprintf("%d and %d elements of data", len(s.Image.Data), len(s.Labels.Data))
	default:
		return nil
	}
	return &tensor.ShapeError{Op: "sample", Shapes: []tensor.Shape{image, labels}, Problem: problem}
}

// A Dataset is a list of samples that are loaded when they are asked for. Its
// methods may be called from several goroutines.
type Dataset interface {
	Len() int
	Subject(i int) string
	Load(i int) (Sample, error) // what it returns is read only; its Subject is that of i, or empty
}

// All yields the samples in order, each with the error of loading it, which
// names the subject.
func All(d Dataset) iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		for i := range d.Len() {
			if !yield(load(d, i)) {
				return
			}
		}
	}
}

// Collect loads a whole dataset into memory. It stops at the first error.
func Collect(d Dataset) (Samples, error) {
	var all Samples
	for s, err := range All(d) {
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Subjects returns the subjects of a dataset, each once, in order.
func Subjects(d Dataset) []string {
	var subjects []string
	seen := map[string]bool{}
	for i := range d.Len() {
		if s := d.Subject(i); !seen[s] {
			seen[s] = true
			subjects = append(subjects, s)
		}
	}
	return subjects
}

// Samples is a dataset in memory.
type Samples []Sample

// Len implements [Dataset].
func (s Samples) Len() int { return len(s) }

// Subject implements [Dataset].
func (s Samples) Subject(i int) string { return s[i].Subject }

// Load implements [Dataset].
func (s Samples) Load(i int) (Sample, error) { return s[i], nil }

// Of returns the samples of d that show the given subjects, in d's order. It
// loads none of them.
func Of(d Dataset, subjects []string) Dataset {
	sub := &subset{data: d}
	for i := range d.Len() {
		if slices.Contains(subjects, d.Subject(i)) {
			sub.index = append(sub.index, i)
		}
	}
	return sub
}

type subset struct {
	data  Dataset
	index []int
}

func (s *subset) Len() int                   { return len(s.index) }
func (s *subset) Subject(i int) string       { return s.data.Subject(s.index[i]) }
func (s *subset) Load(i int) (Sample, error) { return s.data.Load(s.index[i]) }

// load loads a sample, whose Subject is that of d, and checks it.
func load(d Dataset, i int) (Sample, error) {
	subject := d.Subject(i)
	s, err := d.Load(i)
	switch {
	case err != nil:
	case s.Subject != "" && s.Subject != subject:
		err = fmt.Errorf("the sample is of subject %s", s.Subject)
	default:
		err = s.check()
	}
	if err != nil {
		return Sample{}, fmt.Errorf("load: subject %s: %w", subject, err)
	}
	s.Subject = subject
	return s, nil
}
