package neurite

import (
	"slices"
	"strings"

	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor/labels"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// Orientation names the directions of an image's axes, the fastest first, as
// in LI for a coronal slice. It is empty if the files do not say.
func (s *Set) Orientation() (string, error) {
	path, _ := s.Files(0)
	h, err := nifti.ReadHeader(path)
	if err != nil {
		return "", err
	}
	letters := h.Orientation()
	if flat := slices.Index(h.Shape().Dims(), 1); flat >= 0 && s.Kind.Dims == 2 && letters != "" {
		i := 2 - flat
		letters = letters[:i] + letters[i+1:]
	}
	return letters, nil
}

// Augment returns how images of brains are varied in training: as much as
// heads lie and scanners differ. Sides are exchanged, with the labels that have
// one, where it is known which axis leads from one to the other.
func (s *Set) Augment() (data.Augment, error) {
	axes, err := s.Orientation()
	if err != nil {
		return data.Augment{}, err
	}
	a := data.Augment{
		Rotate: 8, Zoom: 0.08, Shift: 4, Elastic: 2,
		Gamma: 0.15, Bias: 0.1, Noise: 0.03,
	}
	if i := strings.IndexAny(axes, "LR"); i >= 0 {
		a.Flip, a.FlipAxis, a.Mirror = 0.5, len(axes)-1-i, mirror(s.Classes)
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
