package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/train"
	"github.com/sshn-go/sshn/nn/unet"
)

// prepare opens the data and divides them, or finds how they were divided.
func (t *trainCommand) prepare(c console) (*study, error) {
	set, err := find(t.data, neurite.Kind{Labels: t.labels, Dims: t.dims}, c)
	if err != nil {
		return nil, err
	}
	if err := t.occupied(); err != nil { // before all files are read, which takes long
		return nil, err
	}
	if err := check(set, c); err != nil {
		return nil, err
	}
	s := &study{Set: set, samples: set}
	path := filepath.Join(t.out, splitFile)
	if t.resume {
		s.split, err = data.LoadSplit(path)
		if err == nil {
			t.compare(s, path, c)
			return s, s.split.Check(data.Subjects(set))
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if s.split, err = data.Divide(data.Subjects(set), t.split, t.seed); err != nil {
		return nil, cli.Usage("-split %s: %v", t.split, err)
	}
	if err := os.MkdirAll(t.out, 0o777); err != nil {
		return nil, err
	}
	return s, s.split.Save(path)
}

// compare notes that -split asks for another division than the one that is kept.
func (t *trainCommand) compare(s *study, path string, c console) {
	kept := s.split
	asked, err := data.Divide(data.Subjects(s.Set), t.split, t.seed)
	same := err == nil && slices.Equal(asked.Train, kept.Train) && slices.Equal(asked.Val, kept.Val) && slices.Equal(asked.Test, kept.Test)
	if t.split != usualSplit && !same {
		c.note("-split %s does not count: the training goes on with the division that it began with, %d/%d/%d, which %s holds",
			t.split, len(kept.Train), len(kept.Val), len(kept.Test), path)
	}
}

// train trains a model and saves it.
func (t *trainCommand) train(ctx context.Context, s *study, c console) (*sshn.Model, train.Summary, error) {
	cfg, err := t.config(s)
	if err != nil {
		return nil, train.Summary{}, err
	}
	m, err := sshn.New(cfg)
	if err != nil {
		return nil, train.Summary{}, err
	}
	set, err := s.part("train")
	if err != nil {
		return nil, train.Summary{}, err
	}
	training, err := t.training(s, c)
	if err != nil {
		return nil, train.Summary{}, err
	}
	summary, err := m.Train(ctx, set, training)
	if errors.Is(err, context.Canceled) {
		err = cli.Stopped("stopped after step %d; to go on: %s", summary.Steps, t.again())
	}
	if err != nil {
		return nil, summary, err
	}
	path := filepath.Join(t.out, modelFile)
	if known, err := sshn.Load(path); err == nil && slices.Equal(known.Source().Params().Data, m.Source().Params().Data) {
		c.note("nothing was left to train: the model is that of before, after %d steps", summary.Steps)
		return known, summary, nil // what was measured of its weights holds
	}
	if err := forget(t.out); err != nil { // what was measured of another model
		return nil, summary, err
	}
	return m, summary, m.Save(path)
}

func (t *trainCommand) training(s *study, c console) (sshn.Training, error) {
	training := sshn.Training{
		Steps: t.steps, Limit: time.Duration(t.minutes * float64(time.Minute)),
		Batch: t.batch, Parts: t.parts, Rate: t.rate, Every: t.every, Clip: 1,
		Dir: t.out, Resume: t.resume, Progress: c.err,
	}
	if s.Kind.Dims == 3 {
		training.Batch = max(t.batch, 1)
		if t.parts == 0 && t.method != string(sshn.Fixed) {
			training.Parts = 2
		}
		if t.every == 0 { // whole volumes are validated on, after steps on patches
			training.Every = 500
		}
	}
	extents, err := patch(t.patch, s.Kind.Dims)
	if err != nil {
		return training, err
	}
	training.Patch = data.Patch{Extents: extents, Foreground: t.foreground}
	if training.Val, err = s.part("val"); err != nil || t.plain {
		return training, err
	}
	training.Augment, err = s.Augment()
	return training, err
}

func (t *trainCommand) config(s *study) (sshn.Config, error) {
	lie, err := frame(s.Set)
	if err != nil {
		return sshn.Config{}, err
	}
	width := t.width
	if width == 0 {
		width = map[int]int{2: 32, 3: 16}[s.Kind.Dims]
	}
	cfg := sshn.Config{
		Method: sshn.Method(t.method),
		Network: unet.Config{
			Dims: s.Kind.Dims, In: 1, Out: len(s.Classes), Widths: slices.Repeat([]int{width}, t.levels),
			Norm:      t.usualNorm(),
			Antialias: true, // small phis see more of the map, for 0.3 % more multiply-adds
		},
		Prior:  hyper.Uniform(0, t.phi).Beyond(0.1),
		Labels: sshn.LabelsOf(s.Classes),
		Frame:  lie,
		Seed:   t.seed,
	}
	if s.Kind.Dims == 3 { // volumes may be slabs of a few slices
		cfg.Network.Least = 4
	}
	if cfg.Method == sshn.Fixed {
		cfg.Prior = hyper.Point(t.phi)
	}
	return cfg, nil
}

// usualNorm is the norm that was asked for, or the library's choice; but of patches
// none, for their means are not those of the whole.
func (t *trainCommand) usualNorm() unet.Norm {
	if t.norm == "" && t.patch != "" {
		return unet.NoNorm
	}
	return unet.Norm(t.norm)
}

// patch returns the extents of patches, in a tensor's order, that a text asks
// for: I,J,K or one number for all axes. Without a text slices are taken whole,
// and of volumes cubes. In fewer than 64 voxels, maps are next to one element and
// normalisation leaves nothing of them.
func patch(text string, dims int) ([]int, error) {
	if text == "" && dims == 2 {
		return nil, nil
	}
	if text == "" {
		text = "64"
	}
	fields := strings.Split(text, ",")
	if len(fields) == 1 {
		fields = slices.Repeat(fields, dims)
	}
	var extents []int
	voxels := 1.
	for _, field := range slices.Backward(fields) {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 || len(fields) != dims {
			return nil, cli.Usage("-patch %s: extents such as %s, or one for all axes, are possible", text, []string{"", "", "64,64", "64,64,64"}[dims])
		}
		extents = append(extents, n)
		voxels *= float64(n)
	}
	if voxels < 64 {
		return nil, cli.Usage("-patch %s: %v voxels are too few to train on; 64 at least are needed", text, voxels)
	}
	return extents, nil
}
