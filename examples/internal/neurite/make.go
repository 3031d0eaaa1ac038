package neurite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/examples/internal/phantom"
	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// A Recipe says which procedural brains to make.
type Recipe struct {
	Subjects int
	Dims     int            // 2 for slices with seg4 and seg24, 3 for volumes with seg4 and seg35
	Seed     uint64         // subject i is the same whatever Subjects is
	Phantom  phantom.Config // spacing, variation, noise
}

// Make writes procedural brains into a folder, which it makes if need be, in
// the layout and under the file names of neurite-OASIS; the subjects are called
// PHANTOM_PH1_0001_MR1 and so on. Slices and volumes may go into one folder,
// and the subjects of an earlier call are replaced. A folder is refused if it
// lists other subjects, or more of this kind than there are to be: some of them
// would be left from before. After each subject Make calls progress if that is
// not nil. subjects.txt is written last; if ctx is done before, Make returns
// its error.
func Make(ctx context.Context, dir string, r Recipe, progress func(done, total int)) error {
	if err := r.make(ctx, dir, progress); err != nil {
		return fmt.Errorf("make data set: %w", err)
	}
	return nil
}

func (r Recipe) make(ctx context.Context, dir string, progress func(done, total int)) error {
	if r.Subjects < 1 || prefix[r.Dims] == "" {
		return fmt.Errorf("expected subjects, of 2 or 3 dimensions, found %d of %d", r.Subjects, r.Dims)
	}
	listed, err := r.earlier(dir)
	if err != nil {
		return err
	}
	for i := range r.Subjects {
		if ctx.Err() != nil {
			return fmt.Errorf("stopped after %d of %d subjects: %w", i, r.Subjects, ctx.Err())
		}
		folder := filepath.Join(dir, name(i))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		if err := r.write(folder, i); err != nil {
			return err
		}
		if progress != nil {
			progress(i+1, r.Subjects)
		}
	}
	for _, p := range r.protocols() {
		if err := writeTable(dir, p); err != nil {
			return err
		}
	}
	for i := range r.Subjects {
		listed = append(listed, name(i))
	}
	slices.Sort(listed)
	return atomicfile.Write(filepath.Join(dir, "subjects.txt"), func(w io.Writer) error {
		_, err := fmt.Fprintln(w, strings.Join(slices.Compact(listed), "\n"))
		return err
	})
}

const ours = "PHANTOM_PH1_"

func name(subject int) string { return fmt.Sprintf("%s%04d_MR1", ours, subject+1) }

// earlier returns the subjects that the folder lists, and an error if it is
// refused. A subject beyond those to be made may have images of the other kind.
func (r Recipe) earlier(dir string) (listed []string, err error) {
	path := filepath.Join(dir, "subjects.txt")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(text) {
		name := strings.TrimSpace(string(line))
		if !strings.HasPrefix(name, ours) && name != "" {
			return nil, fmt.Errorf("%s lists %s: these are not procedural brains, choose another folder", path, name)
		}
		if name != "" {
			listed = append(listed, name)
		}
	}
	same := 0
	for _, subject := range listed {
		if exists(filepath.Join(dir, subject, prefix[r.Dims]+"norm.nii.gz")) {
			same++
		}
	}
	if same > r.Subjects {
		return nil, fmt.Errorf("%s lists %d subjects of this kind already, more than the %d to be made; make at least %[2]d, or choose another folder", path, same, r.Subjects)
	}
	return listed, nil
}

func (r Recipe) protocols() []*phantom.Protocol {
	if r.Dims == 2 {
		return []*phantom.Protocol{phantom.Seg4, phantom.Seg24}
	}
	return []*phantom.Protocol{phantom.Seg4, phantom.Seg35}
}

// write makes one subject and writes its four files.
func (r Recipe) write(folder string, subject int) error {
	paint := phantom.Slice
	if r.Dims == 3 {
		paint = phantom.Volume
	}
	b := paint(rand.New(rand.NewPCG(r.Seed, uint64(subject))), r.Phantom)
	dims := b.Norm.Shape.Dims()[:r.Dims]
	if r.Dims == 2 {
		dims = append([]int{1}, dims...)
	}
	h := nifti.NewHeader(tensor.NewShape(dims...), r.affine())
	at := func(what string) string { return filepath.Join(folder, prefix[r.Dims]+what+".nii.gz") }

	files := []func() error{
		func() error { return nifti.WriteImageFile(at("norm"), h, b.Norm.Reshape(dims...)) },
		func() error { return nifti.WriteImageFile(at("orig"), h, b.Orig.Reshape(dims...)) },
	}
	for _, p := range r.protocols() {
		files = append(files, func() error { return nifti.WriteLabelsFile(at(p.Name), h, p.Recode(b.Seg)) })
	}
	errs := make([]error, len(files))
	parallel.For(len(files), 1, func(i, _ int) { errs[i] = files[i]() })
	return errors.Join(errs...)
}

// affine takes voxels to mm as neurite-OASIS does: i runs to the left, j down,
// k to the front, from a corner at (80, -122, 108). Voxels of another size
// than 1 mm fill the same box.
func (r Recipe) affine() [4][4]float64 {
	s := r.Phantom.Spacing
	if s == 0 {
		s = 1
	}
	edge := (s - 1) / 2 // from the middle of a voxel of 1 mm to that of the first
	front := -122 + edge
	if r.Dims == 2 {
		front = -122 + phantom.SlicePlane
	}
	return [4][4]float64{
		{-s, 0, 0, 80 - edge},
		{0, 0, s, front},
		{0, -s, 0, 108 - edge},
		{0, 0, 0, 1},
	}
}

// writeTable writes a label table, after a line on what it lacks.
func writeTable(dir string, p *phantom.Protocol) error {
	return atomicfile.Write(filepath.Join(dir, p.Name+"_labels.txt"), func(w io.Writer) error {
		if p == phantom.Seg35 {
			if _, err := io.WriteString(w, "# Procedural brains: the vessels, 18 and 34, are left out.\n"); err != nil {
				return err
			}
		}
		return p.Table.Write(w)
	})
}
