package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/sshn-go/sshn"
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
	limit          int64 // of bytes, for a model of volumes; 0: none
}

func (*segment) about() string {
	return `-model FILE -in SCAN.nii.gz -out SEG.nii.gz (-phi F | -max-macs N | -max-ms N | -max-mb N)

Segments a scan, prepared as the model's training data were, at a phi or at the
most accurate phi of the model's curve that is within the budgets given, for one
image of this scan's extents. A model of slices takes a volume slice by slice.
For a model of volumes -max-mb does not choose: a volume that takes more memory
is segmented by overlapping tiles, with -phi or at the phi that the curve says.
A scan of another orientation or spacing than the model's images is brought to
theirs. The result lies on the grid of the scan and holds the labels as integers.`
}

func (s *segment) flags(f *flag.FlagSet) {
	f.StringVar(&s.model, "model", "", "model that train saved")
	f.StringVar(&s.in, "in", "", "scan to segment, .nii or .nii.gz")
	f.StringVar(&s.out, "out", "", "segmentation to write, .nii or .nii.gz")
	f.Func("phi", "the phi to segment at", func(text string) (err error) {
		s.phi, err = pareto.ParsePhi(text)
		return err
	})
	f.Float64Var(&s.maxMACs, "max-macs", 0, "multiply-adds at most, as in 500e6")
	f.Float64Var(&s.maxMS, "max-ms", 0, "milliseconds at most for an image, as the machine that measured the curve took; for images of other extents an estimate, in proportion to the multiply-adds")
	f.Float64Var(&s.maxMB, "max-mb", 0, "megabytes of memory at most, scan and model among them; for a model of slices a budget, though memory hardly depends on phi; for one of volumes the limit above which tiles are used, which may be given with -phi")
	f.BoolVar(&s.json, "json", false, "print the result as JSON")
}

func (s *segment) run(ctx context.Context, c console) error {
	if err := s.check(); err != nil {
		return err
	}
	m, err := sshn.Load(s.model)
	if err != nil {
		return err
	}
	scan, err := nifti.ReadFile(s.in, nifti.Options{})
	if err != nil {
		return err
	}
	move, err := approach(m, scan.Header)
	if err != nil {
		return fmt.Errorf("%s: %w", s.in, err)
	}
	c.tell(m, move, scan.Header)
	if err := s.bound(m, scan); err != nil {
		return err
	}
	point, err := s.choose(m, imageOf(m, move), c)
	if err != nil {
		return err
	}
	c.warn(m, point.Phi)
	return s.segment(ctx, m, scan, move, point, c)
}

// check finds what can be found before the model is loaded.
func (s *segment) check() error {
	if err := needed("model", s.model, "in", s.in, "out", s.out); err != nil {
		return err
	}
	switch {
	case !(s.maxMACs >= 0 && s.maxMACs < 1e18 && s.maxMS >= 0 && s.maxMB >= 0 && s.maxMB < 1e12):
		return usage("-max-macs, -max-ms and -max-mb cannot be negative")
	case s.phi != nil && (s.maxMACs > 0 || s.maxMS > 0):
		return usage("-phi and a budget: give one of them")
	case !strings.HasSuffix(strings.TrimSuffix(s.out, ".gz"), ".nii"):
		return usage("-out %s: a name that ends in .nii or .nii.gz is needed", s.out)
	}
	if info, err := os.Stat(filepath.Dir(s.out)); err != nil || !info.IsDir() {
		return fmt.Errorf("-out %s: there is no folder %s", s.out, filepath.Dir(s.out))
	}
	in, err := os.Stat(s.in)
	if out, err2 := os.Stat(s.out); err == nil && err2 == nil && os.SameFile(in, out) {
		return usage("-out %s: this is the scan itself", s.out)
	}
	return nil
}

// footprint is how many bytes the program takes beside tensors, for code, runtime
// and what kernels work in.
const footprint = 24e6

// bound works out the limit for a model of volumes: what -max-mb leaves beside
// the model, the scan and the program.
func (s *segment) bound(m *sshn.Model, scan *nifti.Volume) error {
	if m.Config().Network.Dims == 2 && s.phi != nil && s.maxMB > 0 {
		return usage("-phi and a budget: give one of them; the model is for slices, where -max-mb is one")
	}
	if m.Config().Network.Dims == 2 || s.maxMB == 0 {
		return nil
	}
	taken := footprint + 4*float64(len(scan.Data.Data)+len(m.Source().Params().Data))
	if 1e6*s.maxMB <= taken {
		return fmt.Errorf("-max-mb %v: the scan, the model and the program take %.0f MB before anything is segmented", s.maxMB, taken/1e6)
	}
	s.limit = int64(1e6*s.maxMB - taken)
	debug.SetMemoryLimit(int64(1e6 * s.maxMB)) // collect garbage before the process grows beyond it
	return nil
}

// budget returns what chooses phi.
func (s *segment) budget() pareto.Budget {
	b := pareto.Budget{MACs: int64(s.maxMACs), Seconds: s.maxMS / 1000}
	if s.limit == 0 {
		b.Bytes = int64(1e6 * s.maxMB)
	}
	return b
}

// extents writes those of a tensor as people do, the fastest first.
func extents(dims []int) string {
	var texts []string
	for _, n := range slices.Backward(dims) {
		texts = append(texts, fmt.Sprint(n))
	}
	return strings.Join(texts, " x ")
}

// choose returns the point to segment at, with the cost of images of the given
// extents: the curve was measured on others, perhaps.
func (s *segment) choose(m *sshn.Model, dims []int, c console) (pareto.Point, error) {
	budget, at := s.budget(), m.Config().At
	switch {
	case s.phi != nil:
		return s.priced(m, dims, pareto.Point{Phi: s.phi})
	case budget == (pareto.Budget{}) && at != nil:
		return s.priced(m, dims, pareto.Point{Phi: at})
	case budget == (pareto.Budget{}) && s.limit == 0:
		return pareto.Point{}, usage("-phi is needed, or one of -max-macs, -max-ms and -max-mb")
	case len(m.Curve.Points) == 0:
		return pareto.Point{}, fmt.Errorf("%s holds no curve to choose by; the subcommand pareto measures it", s.model)
	}
	var points []pareto.Point
	for _, p := range m.Curve.Points {
		p, err := s.priced(m, dims, p)
		if err != nil {
			return p, err
		}
		points = append(points, p)
	}
	if s.estimates(m.Curve, dims) {
		c.note("the curve was measured on images of %s voxels, and this scan has %s: MACs and memory are those of this scan, "+
			"but Dice and milliseconds are estimates, for Dice is as it was there and milliseconds are taken to grow with the MACs", extents(m.Curve.Extents), extents(dims))
	}
	if budget.Bytes > 0 && len(points) > 1 && !pareto.ByBytes.Varies(points) {
		c.note("every phi takes the same memory, that of the finest level, so -max-mb does not choose between them")
	}
	return pareto.Best(points, budget)
}

// estimates tells whether a choice by a curve for images of the given extents
// rests on those of others.
func (s *segment) estimates(curve sshn.Curve, dims []int) bool {
	return s.phi == nil && (s.budget() != (pareto.Budget{}) || s.limit > 0) && !slices.Equal(curve.Extents, dims)
}

// priced returns p with the cost of an image of the given extents, that of all
// tiles if it is taken by tiles; the latency is taken to grow with the MACs.
func (s *segment) priced(m *sshn.Model, extents []int, p pareto.Point) (pareto.Point, error) {
	cost, err := m.Cost(extents, p.Phi)
	if err != nil {
		return p, err
	}
	cost.Bytes += 4 * int64(m.Layout().Len())
	if s.limit > 0 {
		t, err := m.Tiling(extents, p.Phi, s.limit)
		if err != nil {
			return p, err
		}
		cost.MACs, cost.Bytes = t.MACs, t.Bytes
	}
	if p.MACs > 0 {
		p.Median *= float64(cost.MACs) / float64(p.MACs)
	}
	p.MACs, p.Bytes = cost.MACs, cost.Bytes
	return p, nil
}

func (s *segment) segment(ctx context.Context, m *sshn.Model, scan *nifti.Volume, move volume.Move, point pareto.Point, c console) error {
	at, err := m.At(point.Phi)
	if err != nil {
		return err
	}
	at.Limit = s.limit
	began := time.Now()
	seg, err := at.Segment(ctx, scan)
	if err != nil {
		return fmt.Errorf("%s: %w", s.in, err)
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
	return s.report(m, move, point, took, voxels, c)
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
	if s.limit > 0 {
		t, err := m.Tiling(dims, p.Phi, s.limit)
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
		}{s.out, p.Phi, s.estimates(m.Curve, dims), p.MACs, p.Bytes, images, way, took.Seconds(), structures})
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
	fmt.Fprintf(c.out, "%s: phi %v, %s MACs, %s%s; it took %s\n", s.out, p.Phi,
		pareto.ByMACs.Format(float64(p.MACs)), pareto.ByBytes.Format(float64(p.Bytes)), each, pareto.BySeconds.Format(took.Seconds()))
	return nil
}
