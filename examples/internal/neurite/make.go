package neurite

import (
	"bytes"
	"compress/gzip"
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
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// A Recipe says which brains to make.
type Recipe struct {
	Subjects int
	Dims     int            // 2 for slices with seg4 and seg24, 3 for volumes with seg4 and seg35
	Seed     uint64         // a subject of a name is the same whatever else is made
	Phantom  phantom.Config // spacing, variation, noise, contrast

	Maps []Map // that subjects have their anatomy from, in turn; nil: it is procedural
}

// Make writes brains into a folder, which it makes if need be, in the layout and
// under the file names of neurite-OASIS. Procedural subjects are called
// PHANTOM_PH1_0001_MR1 and so on; those from a map NAME are SYNTH_NAME_MR1,
// SYNTH_NAME_MR2: sessions of one person, which a [Set] never parts, without
// images that show the skull. Slices and
// volumes may go into one folder, and the subjects of an earlier call are
// replaced. A folder is refused if it lists other subjects than of this kind, or
// some that are not to be made: they would be left from before. After each
// subject Make calls progress if that is not nil. subjects.txt lists what is
// finished: those of an earlier call come off it first, and all come onto it last.
// If ctx is done before, Make returns its error at once, though what paints the
// subject at hand goes on to its end. One map is held in memory at a time.
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
	orders := r.orders()
	listed, err := r.earlier(dir, orders)
	if err != nil {
		return err
	}
	if len(listed) > 0 {
		listed = slices.DeleteFunc(listed, func(name string) bool {
			return slices.ContainsFunc(orders, func(o order) bool { return o.name == name })
		})
		if err := list(dir, listed); err != nil {
			return err
		}
	}
	at, m := -1, (*phantom.Map)(nil) // the map that was read last
	for i, o := range orders {
		if ctx.Err() != nil {
			return fmt.Errorf("stopped after %d of %d subjects: %w", i, r.Subjects, ctx.Err())
		}
		if o.source != at {
			m, err = promptly(ctx, r.Maps[o.source].read)
			if err != nil {
				return err
			}
			at = o.source
		}
		b, err := promptly(ctx, func() (phantom.Brain, error) { return r.paint(o, m), nil })
		if err != nil {
			return err
		}
		folder := filepath.Join(dir, o.name)
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		if err := r.write(ctx, folder, b); err != nil {
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
	for _, o := range orders {
		listed = append(listed, o.name)
	}
	return list(dir, listed)
}

// list writes the list of subjects; an empty one is refused by [Open].
func list(dir string, names []string) error {
	slices.Sort(names)
	return atomicfile.Write(filepath.Join(dir, "subjects.txt"), func(w io.Writer) error {
		_, err := fmt.Fprintln(w, strings.Join(names, "\n"))
		return err
	})
}

// An order is a subject to be made.
type order struct {
	name   string
	source int // of Maps; -1 is none
	number int // of the subject, or of its map's subjects
}

// orders lists the subjects, those of a map one after the other.
func (r Recipe) orders() []order {
	var all []order
	sessions := map[string]int{} // of each person so far
	for i := range r.Subjects {
		if r.Maps == nil {
			all = append(all, order{fmt.Sprintf("%s%04d_MR1", r.ours(), i+1), -1, i})
			continue
		}
		from := i % len(r.Maps)
		who := person(r.Maps[from].Name)
		sessions[who]++
		all = append(all, order{fmt.Sprintf("%s%s_MR%d", r.ours(), who, sessions[who]), from, i / len(r.Maps)})
	}
	slices.SortStableFunc(all, func(a, b order) int { return a.source - b.source })
	return all
}

// ours begins the names of the subjects that are made.
func (r Recipe) ours() string {
	if r.Maps == nil {
		return "PHANTOM_PH1_"
	}
	return "SYNTH_"
}

// earlier returns the subjects that the folder lists, and an error if it is
// refused. A subject beyond those to be made may have images of the other kind.
func (r Recipe) earlier(dir string, orders []order) (listed []string, err error) {
	path := filepath.Join(dir, "subjects.txt")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var left []string // from before
	for line := range bytes.Lines(text) {
		name := strings.TrimSpace(string(line))
		switch {
		case name == "":
			continue
		case !strings.HasPrefix(name, r.ours()):
			return nil, fmt.Errorf("%s lists %s, which is none of %s..., those to be made: choose another folder", path, name, r.ours())
		case exists(filepath.Join(dir, name, prefix[r.Dims]+"norm.nii.gz")) &&
			!slices.ContainsFunc(orders, func(o order) bool { return o.name == name }):
			left = append(left, name)
		}
		listed = append(listed, name)
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("%s lists subjects of this kind that are not among the %d to be made: %s; make those too, or choose another folder", path, r.Subjects, some(left))
	}
	return listed, nil
}

func (r Recipe) protocols() []*phantom.Protocol {
	if r.Dims == 2 {
		return []*phantom.Protocol{phantom.Seg4, phantom.Seg24}
	}
	if r.Maps != nil {
		return []*phantom.Protocol{phantom.Seg4, phantom.Vessels35}
	}
	return []*phantom.Protocol{phantom.Seg4, phantom.Seg35}
}

// paint makes a subject, of a map if there is one.
func (r Recipe) paint(o order, m *phantom.Map) phantom.Brain {
	rng := rand.New(rand.NewPCG(r.Seed, uint64(o.number)))
	slice, volume := phantom.Slice, phantom.Volume
	if m != nil {
		rng = nn.Stream(r.Seed, o.name)
		slice, volume = m.Slice, m.Volume
	}
	if r.Dims == 2 {
		return slice(rng, r.Phantom)
	}
	return volume(rng, r.Phantom)
}

// promptly returns what f does, or ctx's error as soon as ctx is done: then f goes
// on to its end, for nobody.
func promptly[T any](ctx context.Context, f func() (T, error)) (x T, err error) {
	done := make(chan struct{})
	var made T
	var failed error
	go func() {
		defer close(done)
		made, failed = f()
	}()
	select {
	case <-done:
		return made, failed
	case <-ctx.Done():
		return x, ctx.Err()
	}
}

// write writes the files of a subject, and none that it has not finished when
// ctx is done.
func (r Recipe) write(ctx context.Context, folder string, b phantom.Brain) error {
	dims := b.Norm.Shape.Dims()[:r.Dims]
	if r.Dims == 2 {
		dims = append([]int{1}, dims...)
	}
	h := nifti.NewHeader(tensor.NewShape(dims...), r.affine())
	file := func(what string, write func(io.Writer) error) func() error {
		return func() error {
			return zip(ctx, filepath.Join(folder, prefix[r.Dims]+what+".nii.gz"), write)
		}
	}
	image := func(what string, x tensor.Tensor) func() error {
		return file(what, func(w io.Writer) error { return nifti.WriteImage(w, h, x.Reshape(dims...)) })
	}
	files := []func() error{image("norm", b.Norm)}
	if r.Maps == nil { // nobody trains on a skull around a label map, and noise in air takes long to compress
		files = append(files, image("orig", b.Orig))
	}
	for _, p := range r.protocols() {
		files = append(files, file(p.Name, func(w io.Writer) error { return nifti.WriteLabels(w, h, p.Recode(b.Seg)) }))
	}
	errs := make([]error, len(files))
	parallel.For(len(files), 1, func(i, _ int) { errs[i] = files[i]() })
	return errors.Join(errs...)
}

// zip writes a gzipped file, unless ctx is done before all of it is written.
func zip(ctx context.Context, path string, write func(io.Writer) error) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		z := gzip.NewWriter(w)
		return errors.Join(write(until{ctx, z}), z.Close())
	})
}

// until is a writer that fails when its context is done.
type until struct {
	ctx context.Context
	w   io.Writer
}

func (u until) Write(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(b)
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
