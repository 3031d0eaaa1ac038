package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor/labels"
)

// A study is a data set that was found sound, and how it is divided.
type study struct {
	*neurite.Set
	samples data.Dataset // of the set
	split   data.Split
}

// open opens a folder and reads all of it, so that every bad file is named
// before anything is trained on the good ones.
func open(dir string, kind neurite.Kind, c console) (*neurite.Set, error) {
	set, err := find(dir, kind, c)
	if err != nil {
		return nil, err
	}
	return set, check(set, c)
}

// find opens a folder and reads no image.
func find(dir string, kind neurite.Kind, c console) (*neurite.Set, error) {
	set, err := neurite.Open(dir, kind)
	if err != nil {
		return nil, err
	}
	for _, note := range set.Notes {
		c.note("%s", note)
	}
	return set, nil
}

// check reads all files of a set.
func check(set *neurite.Set, c console) error {
	bar := newCounter(c.err, "checking files")
	defer bar.end()
	return set.Check(bar.set)
}

// part returns the samples of a part of the split: train, val, test or all.
func (s *study) part(name string) (data.Dataset, error) {
	if name == "all" {
		return s.samples, nil
	}
	subjects, err := s.split.Part(name)
	if err != nil {
		return nil, err
	}
	return data.Of(s.samples, subjects), nil
}

// reopen opens the data that a model is to be measured on: those of its labels
// and dimensions, in its frame, divided as they were when it was trained.
func reopen(dir string, m *sshn.Model, modelFile, part string, c console) (*study, error) {
	kind, err := kindOf(dir, m)
	if err != nil {
		return nil, err
	}
	set, err := open(dir, kind, c)
	if err != nil {
		return nil, err
	}
	seen := framed{set, m}
	if err := seen.tell(c); err != nil {
		return nil, err
	}
	s := &study{Set: set, samples: seen}
	if part == "all" {
		return s, nil
	}
	path := filepath.Join(filepath.Dir(modelFile), splitFile)
	if s.split, err = data.LoadSplit(path); err != nil {
		return nil, fmt.Errorf("%w; -split all needs none", err)
	}
	if err := s.split.Check(data.Subjects(set)); err != nil {
		return nil, fmt.Errorf("%s: %w; -split all measures on all that there are", path, err)
	}
	return s, nil
}

// describes tells whether a label table holds the model's labels but the background.
func describes(path string, of []sshn.Label) bool {
	table, err := labels.ReadFile(path)
	return err == nil && !slices.ContainsFunc(of[1:], func(l sshn.Label) bool {
		_, ok := table.Lookup(l.ID)
		return !ok
	}) && len(table.Entries()) <= len(of)
}

// kindOf finds which of a folder's label tables is the model's.
func kindOf(dir string, m *sshn.Model) (neurite.Kind, error) {
	cfg := m.Config()
	tables, _ := filepath.Glob(filepath.Join(dir, "*_labels.txt"))
	if len(tables) == 0 { // Open says what is wrong
		tables = []string{"seg4_labels.txt"}
	}
	var first error
	opened := 0
	for _, path := range tables {
		kind := neurite.Kind{Labels: strings.TrimSuffix(filepath.Base(path), "_labels.txt"), Dims: cfg.Network.Dims}
		set, err := neurite.Open(dir, kind)
		if err != nil {
			if first == nil || describes(path, cfg.Labels) {
				first = err
			}
			continue
		}
		opened++
		if slices.Equal(sshn.LabelsOf(set.Classes), cfg.Labels) {
			return kind, nil
		}
	}
	if opened == 0 {
		return neurite.Kind{}, fmt.Errorf("%w; the model takes %s", first, map[int]string{2: "slices", 3: "volumes"}[cfg.Network.Dims])
	}
	return neurite.Kind{}, fmt.Errorf("%s: none of %d label tables is the model's, which has %d labels: %s, %s and so on",
		dir, opened, len(cfg.Labels), cfg.Labels[0].Name, cfg.Labels[len(cfg.Labels)-1].Name)
}
