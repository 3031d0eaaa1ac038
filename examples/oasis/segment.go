package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/sshn-go/sshn/tensor/volume"
)

// segment is the subcommand segment.
type segment struct {
	model, in, out string
	phi            pareto.Phi
	maxMACs, maxMB float64
	maxMS          float64
	json           bool
	picture, truth string
	beside         pareto.Phi
	limit          limit // of a model of volumes
	written        bool  // out is
}

func (*segment) about() string {
	return `-model FILE -in SCAN.nii.gz -out SEG.nii.gz [-phi F | -max-macs N | -max-ms N | -max-mb N]
       [-picture FILE.png [-truth SEG.nii.gz] [-beside F]]

Segments a scan, prepared as the model's training data were, at a phi or at the
most accurate phi of the model's curve: of all, or of those within the budgets
given, for one image of this scan's extents. A model of slices takes a volume slice by slice.
For a model of volumes -max-mb does not choose: a volume that takes more memory
is segmented by overlapping tiles, with -phi or at the phi that the curve says.
Without -max-mb half of the free memory is the limit.
A scan of another orientation or spacing than the model's images is brought to
theirs. The result lies on the grid of the scan and holds the labels as integers.`
}

func (s *segment) flags(f *flag.FlagSet) {
	modelFlag(f, &s.model)
	f.StringVar(&s.in, "in", "", "scan to segment, .nii or .nii.gz")
	f.StringVar(&s.out, "out", "", "segmentation to write, .nii or .nii.gz")
	f.Func("phi", "the phi to segment at", func(text string) (err error) {
		s.phi, err = parsePhi(text)
		return err
	})
	budgetFlag(f, &s.maxMACs, "max-macs", 1e18, prefixes, "`N` multiply-adds at most, as in 500e6 or 500M")
	budgetFlag(f, &s.maxMS, "max-ms", 1e18, nil, "`N` milliseconds at most for an image, as the machine that measured the curve took; for images of other extents an estimate, in proportion to the multiply-adds")
	budgetFlag(f, &s.maxMB, "max-mb", 1e12, nil, "`N` megabytes of memory at most, scan and model among them; for a model of slices a budget, though memory hardly depends on phi; for one of volumes the limit above which tiles are used, which may be given with -phi (default: half of what is free)")
	f.StringVar(&s.picture, "picture", "", "picture to write, .png: slices through the scan with the labels over them")
	f.StringVar(&s.truth, "truth", "", "segmentation to show in the picture, on the scan's grid")
	f.Func("beside", "another phi to show in the picture", func(text string) (err error) {
		s.beside, err = parsePhi(text)
		return err
	})
	f.BoolVar(&s.json, "json", false, "print the result as JSON")
}

func (s *segment) run(ctx context.Context, c console) error {
	err := s.work(ctx, c)
	if err == nil || ctx.Err() == nil {
		return err
	}
	if s.written {
		return cli.Stopped("stopped; %s was written, %s was not", s.out, s.picture)
	}
	return cli.Stopped("stopped; %s was not written", s.out)
}

func (s *segment) work(ctx context.Context, c console) error {
	if err := s.check(); err != nil {
		return err
	}
	m, err := sshn.Load(s.model)
	if err != nil {
		return err
	}
	if s.beside != nil {
		if _, err := m.At(s.beside); err != nil {
			return fmt.Errorf("-beside: %w", err)
		}
	}
	h, err := nifti.ReadHeader(s.in)
	if err != nil {
		return err
	}
	move, err := approach(m, h)
	if err != nil {
		return fmt.Errorf("%s: %w", s.in, err)
	}
	c.tell(m, move, h)
	if err := s.drawable(h); err != nil {
		return err
	}
	if err := s.bound(m, h, move, c); err != nil {
		return err
	}
	point, err := s.choose(m, imageOf(m, move), c)
	var tight *sshn.MemoryError
	if errors.As(err, &tight) {
		return fmt.Errorf("%s: %w", s.in, s.limit.refuse(tight))
	}
	if err != nil {
		return err
	}
	c.warn(m, point.Phi)
	return s.segment(ctx, m, move, point, c)
}

// check finds what can be found before the model is loaded.
func (s *segment) check() error {
	if err := needed("model", s.model, "in", s.in, "out", s.out); err != nil {
		return err
	}
	switch {
	case s.phi != nil && (s.maxMACs > 0 || s.maxMS > 0):
		return cli.Usage("-phi and a budget: give one of them")
	case !strings.HasSuffix(strings.TrimSuffix(s.out, ".gz"), ".nii"):
		return cli.Usage("-out %s: a name that ends in .nii or .nii.gz is needed", s.out)
	case s.picture == "" && (s.truth != "" || s.beside != nil):
		return cli.Usage("-truth and -beside are for the picture: -picture says where to write it")
	case s.picture != "" && filepath.Ext(s.picture) != ".png":
		return cli.Usage("-picture %s: a name that ends in .png is needed", s.picture)
	}
	for name, path := range map[string]string{"out": s.out, "picture": s.picture} {
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return fmt.Errorf("-%s %s: there is no folder %s", name, path, filepath.Dir(path))
		}
	}
	switch {
	case same(s.out, s.in):
		return cli.Usage("-out %s: this is the scan itself", s.out)
	case same(s.truth, s.in):
		return cli.Usage("-truth %s: this is the scan itself", s.truth)
	case same(s.out, s.truth):
		return cli.Usage("-out %s: this is the truth itself", s.out)
	}
	return nil
}

// same tells whether two paths lead to one file that is there.
func same(path, other string) bool {
	a, err := os.Stat(path)
	b, err2 := os.Stat(other)
	return err == nil && err2 == nil && os.SameFile(a, b)
}

func (s *segment) segment(ctx context.Context, m *sshn.Model, move volume.Move, point pareto.Point, c console) error {
	scan, err := s.scan(ctx)
	if err != nil {
		return err
	}
	truth, err := s.labels(ctx, m, c)
	if err != nil {
		return err
	}
	if err := s.limit.tell(m, imageOf(m, move), point.Phi, c); err != nil {
		return err
	}
	began := time.Now()
	seg, err := s.apply(ctx, m, scan, point.Phi)
	if err != nil {
		return err
	}
	took := time.Since(began)
	ids := make([]int32, len(seg.Data))
	voxels := map[int]int{}
	for i, x := range seg.Data {
		ids[i] = int32(x)
		voxels[int(x)]++
	}
	if err := nifti.WriteLabelsFile(s.out, scan.Header, ids); err != nil {
		return err
	}
	s.written = true
	if s.picture != "" {
		if err := s.draw(ctx, m, scan, truth, seg, point.Phi); err != nil {
			return err
		}
	}
	return s.report(m, move, point, took, voxels, c)
}

// scan reads the scan, in which there must be something to see.
func (s *segment) scan(ctx context.Context) (*nifti.Volume, error) {
	scan, err := read(ctx, s.in)
	if err != nil {
		return nil, err
	}
	r, err := volume.MinMax(scan.Data, tensor.Tensor{})
	if err == nil && r.Lo == r.Hi {
		err = fmt.Errorf("all voxels are %v", r.Lo)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.in, err)
	}
	return scan, nil
}

// read reads a volume, unless ctx is done before.
func read(ctx context.Context, path string) (*nifti.Volume, error) {
	return promptly(ctx, func() (*nifti.Volume, error) { return nifti.ReadFile(path, nifti.Options{}) })
}

// apply segments the scan at phi, within the limit.
func (s *segment) apply(ctx context.Context, m *sshn.Model, scan *nifti.Volume, phi pareto.Phi) (tensor.Tensor, error) {
	at, err := m.At(phi)
	if err != nil {
		return tensor.Tensor{}, err
	}
	at.Limit = s.limit.left()
	debug.FreeOSMemory() // the garbage of what came before, lest it be there beside the buffers
	seg, err := promptly(ctx, func() (tensor.Tensor, error) { return at.Segment(ctx, scan) })
	if err != nil {
		return seg, fmt.Errorf("%s: %w", s.in, err)
	}
	return seg, nil
}

// A found is how much of a structure there is.
type found struct {
	ID     int     `json:"id"`
	Name   string  `json:"name"`
	Voxels int     `json:"voxels"`
	MM3    float64 `json:"mm3"`
}

func (s *segment) report(m *sshn.Model, move volume.Move, p pareto.Point, took time.Duration, voxels map[int]int, c console) error {
	mm := move.From.Spacing()
	var structures []found
	for _, l := range m.Config().Labels {
		n := voxels[l.ID]
		structures = append(structures, found{l.ID, l.Name, n, float64(n) * mm[0] * mm[1] * mm[2]})
	}
	dims, way := imageOf(m, move), ""
	if s.limit.allowed > 0 {
		t, err := m.Tiling(dims, p.Phi, s.limit.left())
		if err != nil {
			return err
		}
		way = t.String()
	}
	images := move.To.Shape.Len() / tensor.NewShape(dims...).Len()
	if s.json {
		return c.printJSON(struct {
			Out        string     `json:"out"`
			Phi        pareto.Phi `json:"phi"`
			Estimated  bool       `json:"estimated"` // phi was chosen by the curve of images of other extents
			MACs       int64      `json:"macs"`
			Bytes      int64      `json:"peak_bytes"`
			Images     int        `json:"images"`
			Way        string     `json:"way,omitempty"` // that a limit of memory led to
			Seconds    float64    `json:"seconds"`
			Structures []found    `json:"structures"`
		}{s.out, p.Phi, s.estimates(m, dims), p.MACs, p.Bytes, images, way, took.Seconds(), structures})
	}
	each := ""
	if images > 1 {
		each = fmt.Sprintf(" for each of %d slices", images)
	}
	if p.Median > 0 {
		each = " and " + pareto.BySeconds.Format(p.Median) + " by the curve" + each
	}
	if way != "" {
		each += ", " + way
	}
	fmt.Fprintf(c.out, "%s: phi %v, %s MACs, %s of buffers%s; all in all it took %s\n", s.out, p.Phi,
		pareto.ByMACs.Format(float64(p.MACs)), pareto.ByBytes.Format(float64(p.Bytes)), each, pareto.BySeconds.Format(took.Seconds()))
	return nil
}
