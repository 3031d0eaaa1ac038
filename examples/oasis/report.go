package main

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/examples/internal/picture"
	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/pareto/plot"
	"github.com/sshn-go/sshn/tensor"
)

// curveFormats are the endings of the files that a curve is left in.
var curveFormats = []string{".svg", ".png", ".csv", ".json"}

// writeCurve leaves a curve as pictures and as numbers, in files whose path is
// given without its ending.
func writeCurve(path string, m *sshn.Model, curve sshn.Curve, choice pareto.Choice) error {
	method := string(m.Config().Method)
	figure := plot.Figure{
		Title: fmt.Sprintf("Accuracy and cost over phi: %s, %s, %s of %s", method,
			plural(len(m.Config().Labels)-1, "label"), plural(curve.Subjects, "subject"), curve.Split),
		Series: []plot.Series{{Label: method, Points: curve.Points}},
		By:     choice.By,
		LogX:   true, // most of the cost is that of the finest level, at any phi
		Chosen: choice.Point,
	}
	write := map[string]func(io.Writer) error{
		".svg":  figure.WriteSVG,
		".png":  figure.WritePNG,
		".csv":  func(w io.Writer) error { return pareto.WriteCSV(w, curve.Points) },
		".json": func(w io.Writer) error { return pareto.WriteJSON(w, curve.Points) },
	}
	for _, format := range curveFormats {
		if err := atomicfile.Write(path+format, write[format]); err != nil {
			return fmt.Errorf("curve: %w", err)
		}
	}
	return nil
}

// forget removes what was measured of an earlier model from a folder: the files
// that writeCurve and writePictures make, and no others.
func forget(dir string) error {
	for _, format := range curveFormats {
		for _, name := range []string{"curve", "curve-val", "curve-test", "curve-all"} {
			if err := remove(filepath.Join(dir, name+format)); err != nil {
				return err
			}
		}
	}
	return removePictures(dir)
}

func removePictures(dir string) error {
	pictures, _ := filepath.Glob(filepath.Join(dir, "phi-*.png"))
	for _, path := range pictures {
		phi := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "phi-"), ".png")
		if _, err := pareto.ParsePhi(phi); err != nil {
			continue // somebody else's
		}
		if err := remove(path); err != nil {
			return err
		}
	}
	return nil
}

// remove removes a file if it is there.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// writePictures leaves a picture for each phi of a curve in a folder: a
// subject's image, the truth, and what the model predicts; of a volume, the
// plane with most labels. Pictures of earlier curves are removed.
func writePictures(dir string, m *sshn.Model, points []pareto.Point, set *neurite.Set, s data.Sample) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := removePictures(dir); err != nil {
		return err
	}
	axes, err := set.Orientation()
	if err != nil {
		return err
	}
	shown := s.Image
	if s.Apart() { // the picture is of the subject as it lies
		shown = s.Back.Linear(s.Image.Reshape(s.Back.From.Shape.Dims()...), 0)
	}
	k := busiest(s.Labels)
	row := picture.Row{
		Image:       plane(shown.Reshape(s.Labels.Shape.Dims()...), k),
		Colours:     make([]color.NRGBA, len(set.Classes)),
		Names:       make([]string, len(set.Classes)),
		Orientation: axes,
	}
	for i, e := range set.Classes {
		row.Colours[i], row.Names[i] = e.Colour, e.Name
	}
	for _, p := range points {
		at, err := m.At(p.Phi)
		if err != nil {
			return err
		}
		classes, err := at.Classes(s.Image)
		if err != nil {
			return err
		}
		row.Title = fmt.Sprintf("%s, segmented at phi %v (%s MACs)", s.Subject, p.Phi, pareto.ByMACs.Format(float64(p.MACs)))
		row.Captions = []string{"image", "truth", fmt.Sprintf("prediction, phi %v", p.Phi)}
		row.Labels = []tensor.Tensor{plane(s.Labels, k), plane(s.Restore(classes), k)}
		if err := row.WriteFile(filepath.Join(dir, "phi-"+strings.ReplaceAll(p.Phi.String(), "/", "-")+".png")); err != nil {
			return err
		}
	}
	return nil
}

// busiest returns the plane of a volume with most labels.
func busiest(labels tensor.Tensor) int {
	best, most := 0, -1
	for k := range labels.Shape.Dim(0) {
		n := 0
		for _, class := range labels.Range(k, k+1).Data {
			if class > 0 {
				n++
			}
		}
		if n > most {
			best, most = k, n
		}
	}
	return best
}

// plane returns a plane of a volume; a slice is one itself.
func plane(x tensor.Tensor, k int) tensor.Tensor {
	if x.Shape.Rank() == 2 {
		return x
	}
	return x.Range(k, k+1).Reshape(x.Shape.Dims()[1:]...)
}
