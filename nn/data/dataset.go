package data

import (
	"iter"
	"slices"

	"github.com/sshn-go/sshn/tensor"
)

// A Sample is an image and the class of each of its elements.
type Sample struct {
	Subject string        // whom it shows; a subject may have several samples
	Image   tensor.Tensor // [spatial..., C]
	Labels  tensor.Tensor // [spatial...]: class indices, whole numbers from 0
}

// A Dataset is a list of samples that are loaded when they are asked for. Its
// methods may be called from several goroutines.
type Dataset interface {
	Len() int
	Subject(i int) string
	Load(i int) (Sample, error) // what it returns is read only
}

// All yields the samples in order, each with the error of loading it.
func All(d Dataset) iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		for i := range d.Len() {
			if !yield(d.Load(i)) {
				return
			}
		}
	}
}

// Subjects returns the subjects of a dataset, each once, in order.
func Subjects(d Dataset) []string {
	var subjects []string
	for i := range d.Len() {
		if s := d.Subject(i); !slices.Contains(subjects, s) {
			subjects = append(subjects, s)
		}
	}
	return subjects
}

// Samples is a dataset in memory.
type Samples []Sample

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

// Len implements [Dataset].
func (s Samples) Len() int { return len(s) }

// Subject implements [Dataset].
func (s Samples) Subject(i int) string { return s[i].Subject }

// Load implements [Dataset].
func (s Samples) Load(i int) (Sample, error) { return s[i], nil }

// Of returns the samples of d that show the given subjects, in d's order.
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
