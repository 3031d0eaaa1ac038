package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor/labels"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// A study is a data set that was found sound, and how it is divided.
type study struct {
	*neurite.Set
	split data.Split
}

// open opens a folder and reads all of it, so that every bad file is named
// before anything is trained on the good ones.
func open(dir string, kind neurite.Kind, c console) (*neurite.Set, error) {
	set, err := neurite.Open(dir, kind)
	if err != nil {
		return nil, err
	}
	for _, note := range set.Notes {
		c.note("%s", note)
	}
	bar := newCounter(c.err, "checking files")
	defer bar.end()
	return set, set.Check(bar.set)
}

// part returns the samples of a part of the split: train, val, test or all.
func (s *study) part(name string) (data.Dataset, error) {
	if name == "all" {
		return s.Set, nil
	}
	subjects, err := s.split.Part(name)
	if err != nil {
		return nil, err
	}
	return data.Of(s.Set, subjects), nil
}

// divide draws the split that a text asks for: counts, as in 28/6/6, or
// shares, as in 0.7/0.15/0.15.
func divide(subjects []string, text string, seed uint64) (data.Split, error) {
	n := len(subjects)
	if n < 3 {
		return data.Split{}, fmt.Errorf("%d subjects: to train on, to choose by and to report on, 3 are needed", n)
	}
	var numbers []float64
	for field := range strings.SplitSeq(text, "/") {
		x, err := strconv.ParseFloat(field, 64)
		if err == nil && x == 0 {
			return data.Split{}, usage("-split %s: each part needs a subject at least: those to train on, to choose the weights by, and to report on", text)
		}
		if err != nil || !(x > 0) || x > 1e6 {
			return data.Split{}, usage("-split %s: counts such as 28/6/6 or shares such as 0.7/0.15/0.15 are possible", text)
		}
		numbers = append(numbers, x)
	}
	if len(numbers) != 3 {
		return data.Split{}, usage("-split %s: three numbers are needed, of subjects to train on, to choose by and to report on", text)
	}
	counts, err := counts(numbers, n)
	if err != nil {
		return data.Split{}, usage("-split %s: %v", text, err)
	}
	split, err := data.NewSplit(subjects, counts[1], counts[2], seed)
	if err == nil {
		split.Train = split.Train[:counts[0]]
	}
	return split, err
}

func counts(numbers []float64, subjects int) (counts [3]int, err error) {
	sum := numbers[0] + numbers[1] + numbers[2]
	for i, x := range numbers {
		counts[i] = int(x)
		if sum > 1+1e-9 && x != float64(counts[i]) {
			return counts, fmt.Errorf("shares add up to 1 at most, counts are whole")
		}
		if sum <= 1+1e-9 {
			counts[i] = max(1, int(x*float64(subjects)+.5))
		}
	}
	if sum <= 1+1e-9 { // rounding is not to take a subject twice
		counts[0] = min(counts[0], subjects-counts[1]-counts[2])
	}
	all := counts[0] + counts[1] + counts[2]
	switch {
	case counts[0] < 1:
		return counts, fmt.Errorf("none of %d subjects would be left to train on", subjects)
	case all > subjects:
		return counts, fmt.Errorf("these are %d subjects, and there are %d", all, subjects)
	}
	return counts, nil
}

// orientation names the directions of an image's axes, the fastest first, as
// in LI for a coronal slice.
func orientation(set *neurite.Set) (string, error) {
	path, _ := set.Files(0)
	h, err := nifti.ReadHeader(path)
	if err != nil {
		return "", err
	}
	letters := h.Orientation()
	if flat := slices.Index(h.Shape().Dims(), 1); flat >= 0 && set.Kind.Dims == 2 {
		i := 2 - flat
		letters = letters[:i] + letters[i+1:]
	}
	return letters, nil
}

// augmentation is how images of brains are varied in training: as much as
// heads lie and scanners differ.
func augmentation(set *neurite.Set) (data.Transform, error) {
	axes, err := orientation(set)
	if err != nil {
		return nil, err
	}
	a := data.Augment{
		Rotate: 8, Zoom: 0.08, Shift: 4, Elastic: 2,
		Gamma: 0.15, Bias: 0.1, Noise: 0.03,
	}
	if i := strings.IndexAny(axes, "LR"); i >= 0 {
		a.Flip, a.FlipAxis, a.Mirror = 0.5, len(axes)-1-i, mirror(set.Classes)
	}
	return a, nil
}

// mirror returns, for each class, that of the same structure on the other
// side.
func mirror(classes []labels.Entry) []int {
	table, err := labels.New(classes...)
	if err != nil {
		panic(err) // they come from a table
	}
	other := table.Mirror()
	mirror := make([]int, len(classes))
	for i, e := range classes {
		mirror[i] = slices.IndexFunc(classes, func(x labels.Entry) bool { return x.ID == other[e.ID] })
	}
	return mirror
}

// describe returns the classes as a model holds them.
func describe(classes []labels.Entry) []sshn.Label {
	var all []sshn.Label
	for _, e := range classes {
		all = append(all, sshn.Label{ID: e.ID, Name: e.Name, Colour: fmt.Sprintf("#%02x%02x%02x", e.Colour.R, e.Colour.G, e.Colour.B)})
	}
	return all
}

// reopen opens the data that a model is to be measured on: those of its labels
// and dimensions, divided as it was when the model was trained.
func reopen(dir string, m *sshn.Model, modelFile, part string, c console) (*study, error) {
	kind, err := kindOf(dir, m)
	if err != nil {
		return nil, err
	}
	set, err := open(dir, kind, c)
	if err != nil {
		return nil, err
	}
	s := &study{Set: set}
	if part == "all" {
		return s, nil
	}
	path := filepath.Join(filepath.Dir(modelFile), splitFile)
	if s.split, err = data.LoadSplit(path); err != nil {
		return nil, fmt.Errorf("%w; -split all needs none", err)
	}
	if err := s.split.Check(data.Subjects(set)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// kindOf finds which of a folder's label tables is the model's.
func kindOf(dir string, m *sshn.Model) (neurite.Kind, error) {
	cfg := m.Config()
	tables, _ := filepath.Glob(filepath.Join(dir, "*_labels.txt"))
	if len(tables) == 0 { // Open says what is wrong
		tables = []string{"seg4_labels.txt"}
	}
	var first error
	for _, path := range tables {
		kind := neurite.Kind{Labels: strings.TrimSuffix(filepath.Base(path), "_labels.txt"), Dims: cfg.Network.Dims}
		set, err := neurite.Open(dir, kind)
		if err != nil {
			first = err
			continue
		}
		if slices.Equal(describe(set.Classes), cfg.Labels) {
			return kind, nil
		}
	}
	if first != nil {
		return neurite.Kind{}, first
	}
	return neurite.Kind{}, fmt.Errorf("%s: none of %d label tables is the model's, which has %d labels: %s, %s and so on",
		dir, len(tables), len(cfg.Labels), cfg.Labels[0].Name, cfg.Labels[len(cfg.Labels)-1].Name)
}
