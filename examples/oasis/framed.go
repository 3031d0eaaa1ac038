package main

import (
	"fmt"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/sshn-go/sshn/tensor/volume"
)

// framed is a set as a model is to be measured on it: images are brought into the
// model's frame, as segment does, and labels stay on the subject's own grid, where
// what is predicted will be compared with them.
type framed struct {
	*neurite.Set
	model *sshn.Model
}

// Load implements [data.Dataset].
func (f framed) Load(i int) (data.Sample, error) {
	s, err := f.Set.Load(i)
	if err != nil {
		return s, err
	}
	move, _, err := f.move(i)
	if err != nil || move.Stays() {
		return s, err
	}
	seen := move.Linear(s.Image.Reshape(move.From.Shape.Dims()...), 0)
	s.Image = seen.Reshape(append(imageOf(f.model, move), 1)...)
	s.Back = move.Inverse()
	return s, nil
}

// move returns the way of a subject's image into the frame. What lies as the
// images did that the model was trained on stays, even if nobody knows how.
func (f framed) move(i int) (volume.Move, *nifti.Header, error) {
	path, _ := f.Files(i)
	h, err := nifti.ReadHeader(path)
	if err != nil {
		return volume.Move{}, nil, err
	}
	if lies := f.model.Config().Frame; lies == (volume.Frame{}) || lies == frameOf(h, f.Kind.Dims) {
		return volume.Stay(h.Grid()), h, nil
	}
	move, err := approach(f.model, h)
	if err != nil {
		return move, h, fmt.Errorf("%s: %w", path, err)
	}
	return move, h, nil
}

// tell says how the subjects lie, by the first, and what is done about it.
func (f framed) tell(c console) error {
	move, h, err := f.move(0)
	if err != nil {
		return err
	}
	c.tell(f.model, move, h)
	if path, _ := f.Files(0); !move.Stays() {
		c.note("so subjects that lie as %s are segmented, and Dice is that of what comes back onto their own grids", path)
	}
	return nil
}
