package data

import (
	"encoding/json"
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
	all := slices.Clone(subjects)
	slices.Sort(all)
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] {
			return Split{}, fmt.Errorf("split: subject %q is named twice", all[i])
		}
	}
	if val < 0 || test < 0 || val+test >= len(all) {
		return Split{}, fmt.Errorf("split: %d and %d of %d subjects set aside leaves none to train on", val, test, len(all))
	}
	nn.Stream(seed, "split").Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	s := Split{seed, all[val+test:], all[:val:val], all[val : val+test : val+test]}
	for _, part := range [][]string{s.Train, s.Val, s.Test} {
		slices.Sort(part)
	}
	return s, nil
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

// Check returns an error if the split is not one of the given subjects: if it
// names another, or one in two parts.
func (s Split) Check(subjects []string) error {
	seen := map[string]bool{}
	all, _ := s.Part("all")
	for _, x := range all {
		switch {
		case seen[x]:
			return fmt.Errorf("split: subject %q is in it twice", x)
		case !slices.Contains(subjects, x):
			return fmt.Errorf("split: subject %q is not in the data set of %d", x, len(subjects))
		}
		seen[x] = true
	}
	return nil
}

// Save writes the split as JSON, whole or not at all.
func (s Split) Save(path string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(s)
	})
}

// LoadSplit reads what Save wrote.
func LoadSplit(path string) (Split, error) {
	var s Split
	text, err := os.ReadFile(path)
	if err != nil {
		return s, fmt.Errorf("split: %w", err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("split: %s: %w", path, err)
	}
	return s, nil
}
