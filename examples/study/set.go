package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/examples/internal/imageset"
	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor/labels"
)

// formats are how images can lie in a folder.
var formats = []string{"wbc", "oasis", "folder"}

// A set is a data set in memory, divided.
type set struct {
	classes          []labels.Entry
	notes            []string
	orientation      string // of the images' axes, where it is known
	augment          data.Augment
	train, val, test data.Samples
}

// open reads the data and divides them, or finds how they were divided.
func (o *options) open() (*set, error) {
	s, all, err := o.read()
	if err != nil {
		return nil, err
	}
	split, err := o.divide(data.Subjects(all))
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		to *data.Samples
		of []string
	}{{&s.train, split.Train}, {&s.val, split.Val}, {&s.test, split.Test}} {
		if *part.to, err = data.Collect(data.Of(all, part.of)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// hash is that of the subjects of each part and their labels: not of the images,
// whose last digits may differ from one processor to another.
func (s *set) hash() string {
	h := sha256.New()
	for _, part := range []data.Samples{s.train, s.val, s.test} {
		for _, sample := range part {
			fmt.Fprintf(h, "%q %v ", sample.Subject, sample.Labels.Shape)
			binary.Write(h, binary.LittleEndian, sample.Labels.Data) // a hash takes all
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// divide returns the split of the folder of results, which is kept there.
func (o *options) divide(subjects []string) (data.Split, error) {
	path := filepath.Join(o.out, "split.json")
	split, err := data.LoadSplit(path)
	if errors.Is(err, fs.ErrNotExist) {
		if split, err = o.asked(subjects); err == nil {
			err = split.Save(path)
		}
		return split, err
	}
	if err != nil {
		return split, err
	}
	if len(split.Val) == 0 || len(split.Test) == 0 {
		return split, fmt.Errorf("split: %s: no subject to choose by, or none to report on", path)
	}
	if err := split.Check(subjects); err != nil {
		return split, fmt.Errorf("%s is of other subjects: %w; choose another -out", path, err)
	}
	if o.split == "" {
		return split, nil
	}
	asked, err := o.asked(subjects)
	if then, now := parts(split), parts(asked); err == nil && then != now {
		err = fmt.Errorf("%s is of another study: it divides the subjects by %s, -split by %s; choose another -out", path, then, now)
	}
	return split, err
}

// asked returns the split that -split asks for.
func (o *options) asked(subjects []string) (data.Split, error) {
	split, err := data.Divide(subjects, cmp.Or(o.split, "0.6/0.2/0.2"), 1)
	if err != nil && o.split != "" {
		err = cli.Usage("-split %s: %v", o.split, err)
	}
	return split, err
}

// parts says how many subjects each part has, as -split does.
func parts(s data.Split) string {
	return fmt.Sprintf("%d/%d/%d", len(s.Train), len(s.Val), len(s.Test))
}

// read reads all of the data.
func (o *options) read() (*set, data.Samples, error) {
	if o.format == "oasis" {
		return o.readSlices()
	}
	read := imageset.OpenCells
	if o.format == "folder" {
		read = imageset.OpenFolder
	}
	images, err := read(o.data, o.size)
	if err != nil {
		return nil, nil, err
	}
	// Cells have no upper side; other photographs may, so that they are turned
	// by little.
	vary := data.Augment{
		Flip: 0.5, FlipAxis: -1, Rotate: 15, Zoom: 0.1, Shift: float64(o.size) / 20,
		Elastic: float64(o.size) / 80, Gamma: 0.1, Bias: 0.05, Noise: 0.02,
	}
	return &set{classes: images.Classes, notes: images.Notes, augment: vary}, images.Samples, nil
}

func (o *options) readSlices() (*set, data.Samples, error) {
	brains, err := neurite.Open(o.data, neurite.Kind{Labels: o.labels, Dims: 2})
	if err != nil {
		return nil, nil, err
	}
	if err := brains.Check(func(int, int) {}); err != nil {
		return nil, nil, err
	}
	s := &set{classes: brains.Classes, notes: brains.Notes}
	if s.augment, err = brains.Augment(); err != nil {
		return nil, nil, err
	}
	if s.orientation, err = brains.Orientation(); err != nil {
		return nil, nil, err
	}
	all, err := data.Collect(brains)
	return s, all, err
}
