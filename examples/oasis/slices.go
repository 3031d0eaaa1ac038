package main

import (
	"cmp"
	"context"
	"fmt"
	"image/color"
	"maps"
	"path/filepath"
	"slices"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/picture"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// pictured returns how many volumes there are for the picture beside the scan and
// its labels.
func (s *segment) pictured() (n int) {
	if s.truth != "" {
		n++
	}
	if s.beside != nil {
		n++
	}
	return n
}

// draw draws slices of the scan, the truth if there is one, and the labels at phi
// and at the phi beside it. They pass through where most labels are.
func (s *segment) draw(ctx context.Context, m *sshn.Model, scan, truth *nifti.Volume, seg tensor.Tensor, phi pareto.Phi) error {
	v := picture.Volume{
		Title:       filepath.Base(s.in),
		Captions:    []string{"scan"},
		Image:       scan.Data,
		Orientation: cmp.Or(scan.Header.Orientation(), m.Config().Frame.Orientation), // as Segment takes it
		Spacing:     scan.Header.Spacing(),
	}
	show := func(caption string, labels tensor.Tensor) {
		v.Captions, v.Labels = append(v.Captions, caption), append(v.Labels, labels)
	}
	if truth != nil {
		show("truth", truth.Data)
	}
	show(fmt.Sprintf("phi %v", phi), seg)
	if s.beside != nil {
		other, err := s.apply(ctx, m, scan, s.beside)
		if err != nil {
			return err
		}
		show(fmt.Sprintf("phi %v", s.beside), other)
	}
	v.At = picture.Busiest(v.Labels[0])
	v.Colours, v.Names = legend(m.Config().Labels)
	return v.WriteFile(s.picture)
}

// drawable returns an error if the truth does not lie on the grid of the scan,
// whose header is h.
func (s *segment) drawable(h *nifti.Header) error {
	if s.truth == "" {
		return nil
	}
	truth, err := nifti.ReadHeader(s.truth)
	if err != nil {
		return fmt.Errorf("-truth: %w", err)
	}
	a, b := h.Grid(), truth.Grid()
	switch apart := a.Apart(b); {
	case a.Shape != b.Shape:
		return fmt.Errorf("-truth %s: %s voxels, and the scan has %s", s.truth, extents(b.Shape.Dims()), extents(a.Shape.Dims()))
	case apart > 0.01:
		return fmt.Errorf("-truth %s: its voxels lie up to %.3g mm from those of the scan", s.truth, apart)
	}
	return nil
}

// labels reads the truth, nil if there is none to show, and notes labels that the
// model does not know.
func (s *segment) labels(ctx context.Context, m *sshn.Model, c console) (*nifti.Volume, error) {
	if s.truth == "" {
		return nil, nil
	}
	truth, err := read(ctx, s.truth)
	if err != nil {
		return nil, fmt.Errorf("-truth: %w", err)
	}
	ids, err := truth.Labels()
	if err != nil {
		return nil, fmt.Errorf("-truth %s: %w", s.truth, err)
	}
	strangers := map[int]bool{}
	for _, id := range ids {
		strangers[int(id)] = true
	}
	for _, l := range m.Config().Labels {
		delete(strangers, l.ID)
	}
	if len(strangers) > 0 {
		c.note("-truth %s: the model does not know the labels %s, which are magenta in the picture: are they those of another table?",
			s.truth, some(runs(slices.Sorted(maps.Keys(strangers)))))
	}
	return truth, nil
}

// legend returns colours and names by the labels' ids.
func legend(labels []sshn.Label) (colours []color.NRGBA, names []string) {
	for _, l := range labels {
		if l.ID < 0 || l.ID > 1<<16 {
			continue
		}
		for len(colours) <= l.ID {
			colours, names = append(colours, color.NRGBA{255, 0, 255, 255}), append(names, "")
		}
		c := color.NRGBA{A: 255}
		if _, err := fmt.Sscanf(l.Colour, "#%02x%02x%02x", &c.R, &c.G, &c.B); err == nil {
			colours[l.ID] = c
		}
		names[l.ID] = l.Name
	}
	return colours, names
}
