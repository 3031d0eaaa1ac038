package neurite

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// Load implements [data.Dataset]. The image of a slice is [H W 1], 192 x 160
// in neurite-OASIS, and that of a volume [D H W 1], 224 x 192 x 160, with its
// least intensity made 0 and its greatest 1; the labels [H W] or [D H W] are
// classes, the places in Classes. The memory is the caller's. The error names
// every bad file of the subject.
func (s *Set) Load(i int) (data.Sample, error) {
	r := s.read(i)
	if err := r.err(); err != nil {
		return data.Sample{}, fmt.Errorf("load %s: %w", s.subjects[i], err)
	}
	image := r.image.Data
	least := float64(r.least)
	width := float64(r.greatest) - least // may be beyond a float32
	for at, x := range image.Data {
		image.Data[at] = float32((float64(x) - least) / width)
	}
	dims := s.spatial(image.Shape)
	return data.Sample{
		Subject: s.Subject(i),
		Image:   image.Reshape(append(dims, 1)...),
		Labels:  r.seg.Data.Reshape(dims...),
	}, nil
}

// spatial returns the axes of an image on a grid [k j i]: of a slice, without
// the one that it is flat along.
func (s *Set) spatial(grid tensor.Shape) []int {
	dims := grid.Dims()
	if s.Kind.Dims == 2 {
		flat := slices.Index(dims, 1)
		dims = slices.Delete(dims, flat, flat+1)
	}
	return dims
}

// A reading is one subject's files with what is wrong with them.
type reading struct {
	image, seg      *nifti.Volume // seg holds classes; nil where it could not be read
	least, greatest float32       // of the image
	problems        []Problem
}

func (r *reading) fail(path string, err error) { r.problems = append(r.problems, Problem{path, err}) }

func (r *reading) err() error {
	var all []error
	for _, p := range r.problems {
		all = append(all, p)
	}
	return errors.Join(all...)
}

// read reads and examines the files of a subject.
func (s *Set) read(i int) *reading {
	imagePath, segPath := s.Files(i)
	r := &reading{}
	r.image = r.volume(imagePath, s.Kind.Dims)
	if r.image != nil {
		if err := r.intensities(); err != nil {
			r.fail(imagePath, err)
		}
	}
	r.seg = r.volume(segPath, s.Kind.Dims)
	if r.seg != nil {
		if err := s.classify(r.seg); err != nil {
			r.fail(segPath, err)
		}
	}
	if r.image != nil && r.seg != nil {
		if err := SameGrid(r.seg.Header, r.image.Header); err != nil {
			r.fail(segPath, fmt.Errorf("%w %s", err, imagePath))
		}
	}
	return r
}

func (r *reading) volume(path string, dims int) *nifti.Volume {
	v, err := nifti.ReadFile(path, nifti.Options{})
	if err != nil {
		r.fail(path, withoutPath(err, path))
		return nil
	}
	if flat := flatAxes(v.Data.Shape); dims == 2 && flat != 1 || dims == 3 && flat != 0 {
		r.fail(path, fmt.Errorf("expected %d axes of more than one voxel, found %s voxels", dims, extents(v.Data.Shape)))
		return nil
	}
	return v
}

func flatAxes(s tensor.Shape) int {
	n := 0
	for _, d := range s.Dims() {
		if d == 1 {
			n++
		}
	}
	return n
}

// intensities finds the least and the greatest intensity.
func (r *reading) intensities() error {
	values := r.image.Data.Data
	odd := 0
	r.least, r.greatest = values[0], values[0]
	for _, x := range values {
		if x-x != 0 { // NaN or infinite
			odd++
		}
		r.least, r.greatest = min(r.least, x), max(r.greatest, x)
	}
	switch {
	case odd > 0:
		return fmt.Errorf("%d of %d voxels are NaN or infinite", odd, len(values))
	case r.least == r.greatest:
		return fmt.Errorf("all voxels are %v", r.least)
	}
	return nil
}

// classify replaces labels by their classes.
func (s *Set) classify(seg *nifti.Volume) error {
	ids, err := seg.Labels()
	if err != nil {
		return err
	}
	strangers := map[int]int{}
	structures := false
	for at, id := range ids {
		class, ok := s.class[int(id)]
		if !ok {
			strangers[int(id)]++
		}
		structures = structures || class > 0
		seg.Data.Data[at] = float32(class)
	}
	switch {
	case len(strangers) > 0:
		return fmt.Errorf("labels that %s_labels.txt lacks: %s", s.Kind.Labels, counts(strangers))
	case !structures:
		return errors.New("all voxels are background")
	}
	return nil
}
