package main

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/picture"
	"github.com/sshn-go/sshn/examples/internal/report"
	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/tensor"
)

// pictured is of how many subjects pictures are drawn.
const pictured = 3

// A view is a trained network at a phi, as a picture shows it.
type view struct {
	caption string
	of      *sshn.Predictor
}

// draw draws some subjects that nothing was chosen by: image, truth, and what
// SSHN, at both ends of the phis, and the dearest Fixed made of them, as far as
// they are trained.
func (o *options) draw(s *set) error {
	views, err := o.views(s)
	if err != nil || len(views) == 0 {
		return err
	}
	dir := filepath.Join(o.out, pictureFolder)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	captions := []string{"image", "truth"}
	for _, v := range views {
		captions = append(captions, v.caption)
	}
	err = atomicfile.Write(filepath.Join(dir, captionFile), func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(captions, "; "))
		return err
	})
	if err != nil {
		return err
	}
	var drawn []string
	for _, sample := range s.test {
		if slices.Contains(drawn, sample.Subject) { // another session
			continue
		}
		if drawn = append(drawn, sample.Subject); len(drawn) > pictured {
			break
		}
		row := picture.Row{
			Title: sample.Subject, Captions: captions,
			Image: flat(sample.Image), Labels: []tensor.Tensor{sample.Labels},
			Colours: make([]color.NRGBA, len(s.classes)), Names: make([]string, len(s.classes)), Orientation: s.orientation,
		}
		for i, e := range s.classes {
			row.Colours[i], row.Names[i] = e.Colour, e.Name
		}
		for _, v := range views {
			classes, err := v.of.Classes(sample.Image)
			if err != nil {
				return fmt.Errorf("subject %s: %w", sample.Subject, err)
			}
			row.Labels = append(row.Labels, classes)
		}
		if err := row.WriteFile(filepath.Join(dir, sample.Subject+".png")); err != nil {
			return err
		}
	}
	return nil
}

// drawn lists the pictures that there are.
func (o *options) drawn() ([]report.Picture, error) {
	dir := filepath.Join(o.out, pictureFolder)
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	panels := "image, truth and predictions" // of a study from before there were captions
	if text, err := os.ReadFile(filepath.Join(dir, captionFile)); err == nil {
		panels = string(text)
	}
	var all []report.Picture
	for _, file := range files {
		if subject, ok := strings.CutSuffix(file.Name(), ".png"); ok {
			all = append(all, report.Picture{Link: path.Join(pictureFolder, url.PathEscape(file.Name())), Alt: "Subject " + subject + ": " + panels})
		}
	}
	return all, nil
}

// pictureFolder holds pictures, beside the report, and in captionFile what is
// on each of them, from left to right, for those who do not see them.
const pictureFolder, captionFile = "pictures", "captions.txt"

// views are of the first seed.
func (o *options) views(s *set) ([]view, error) {
	var all []view
	for _, n := range o.plan(s) {
		if n.cfg.Seed != 1 || n.variant != "" || n.method != result.SSHN && (n.method != result.Fixed || n.cfg.Prior.Hi != o.hi()) {
			continue
		}
		m, err := sshn.Load(filepath.Join(o.out, "networks", n.folder(), modelFile))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		phis := []float64{o.phis[0], o.hi()}
		if n.method == result.Fixed || phis[0] == phis[1] {
			phis = phis[1:]
		}
		for _, x := range phis {
			p, err := m.At(phi(x))
			if err != nil {
				return nil, err
			}
			all = append(all, view{fmt.Sprintf("%s, phi %v", report.Name(n.method), x), p})
		}
	}
	return all, nil
}

// flat is an image without the axis of a single channel.
func flat(image tensor.Tensor) tensor.Tensor {
	dims := image.Shape.Dims()
	if dims[2] == 1 {
		dims = dims[:2]
	}
	return image.Reshape(dims...)
}
