package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/nn"
)

// A Split divides subjects, never samples, into those to train on, those to
// choose by and those to report on.
type Split struct {
	Seed  uint64   `json:"seed"`
	Train []string `json:"train"`
	Val   []string `json:"val"`
	Test  []string `json:"test"`
}

// NewSplit draws val subjects to choose by and test to report on; the rest is
// to train on. Each part is sorted, and the order of the subjects given does
// not matter. It returns an error if a subject is named twice or none is left
// to train on.
func NewSplit(subjects []string, val, test int, seed uint64) (Split, error) {
	all := slices.Sorted(slices.Values(subjects))
	if val < 0 || test < 0 || test >= len(all)-val {
		return Split{}, fmt.Errorf("split: %d and %d of %d subjects set aside leaves none to train on", val, test, len(all))
	}
	nn.Stream(seed, "split").Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	s := Split{seed, all[val+test:], all[:val:val], all[val : val+test : val+test]}
	for _, part := range [][]string{s.Train, s.Val, s.Test} {
		slices.Sort(part)
	}
	if err := s.check(); err != nil {
		return Split{}, fmt.Errorf("split: %w", err)
	}
	return s, nil
}

// LoadSplit reads what [Split.Save] wrote. A file that is anything else, that
// names a subject twice or none to train on is an error that names the file.
func LoadSplit(path string) (Split, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Split{}, fmt.Errorf("split: %w", err)
	}
	var s Split
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err = d.Decode(&s)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("expected the end of the file after the split")
		}
	}
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return Split{}, fmt.Errorf("split: %s: %w", path, err)
	}
	return s, nil
}

// Save writes the split as JSON, whole or not at all.
func (s Split) Save(path string) error {
	err := atomicfile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(s)
	})
	if err != nil {
		return fmt.Errorf("split: %w", err)
	}
	return nil
}

// Part returns the subjects of a part by its name, as from a command line:
// "train", "val", "test" or "all".
func (s Split) Part(name string) ([]string, error) {
	switch name {
	case "train":
		return s.Train, nil
	case "val":
		return s.Val, nil
	case "test":
		return s.Test, nil
	case "all":
		return slices.Concat(s.Train, s.Val, s.Test), nil
	}
	return nil, fmt.Errorf("split: no part %q; there are train, val, test and all", name)
}

// Check returns an error if the split names a subject that is not among the
// given.
func (s Split) Check(subjects []string) error {
	all, _ := s.Part("all")
	for _, x := range all {
		if !slices.Contains(subjects, x) {
			return fmt.Errorf("split: subject %q is not in the data set of %d", x, len(subjects))
		}
	}
	return nil
}

func (s Split) check() error {
	if len(s.Train) == 0 {
		return errors.New("no subject to train on")
	}
	all, _ := s.Part("all")
	slices.Sort(all)
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] {
			return fmt.Errorf("subject %q is named twice", all[i])
		}
	}
	return nil
}
