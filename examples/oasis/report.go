package main

import (
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/examples/internal/picture"
	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/pareto/plot"
	"github.com/sshn-go/sshn/tensor"
)

// writeCurve leaves a model's curve in a folder, as pictures and as numbers.
func writeCurve(dir string, m *sshn.Model, choice pareto.Choice) error {
	figure := plot.Figure{
		Title:  fmt.Sprintf("Accuracy and cost over phi: %s, %d labels", m.Config().Method, len(m.Config().Labels)-1),
		Series: []plot.Series{{Label: string(m.Config().Method), Points: m.Curve}},
		By:     choice.By,
		LogX:   true, // most of the cost is that of the finest level, at any phi
		Chosen: choice.Point,
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"curve.svg", figure.WriteSVG},
		{"curve.png", figure.WritePNG},
		{"curve.csv", func(w io.Writer) error { return pareto.WriteCSV(w, m.Curve) }},
		{"curve.json", func(w io.Writer) error { return pareto.WriteJSON(w, m.Curve) }},
	} {
		if err := atomicfile.Write(filepath.Join(dir, f.name), f.write); err != nil {
			return fmt.Errorf("curve: %w", err)
		}
	}
	return nil
}

// writePictures leaves a picture for each phi of the curve in a folder: a
// subject's image, the truth, and what the model predicts; of a volume, the
// plane with most labels. Pictures of earlier curves are removed.
func writePictures(dir string, m *sshn.Model, set *neurite.Set, s data.Sample) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	old, _ := filepath.Glob(filepath.Join(dir, "phi-*.png"))
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	axes, err := orientation(set)
	if err != nil {
		return err
	}
	k := busiest(s.Labels)
	row := picture.Row{
		Image:       plane(s.Image.Reshape(s.Labels.Shape.Dims()...), k),
		Colours:     make([]color.NRGBA, len(set.Classes)),
		Orientation: axes,
	}
	for i, e := range set.Classes {
		row.Colours[i] = e.Colour
	}
	for _, p := range m.Curve {
		at, err := m.At(p.Phi)
		if err != nil {
			return err
		}
		classes, err := at.Classes(s.Image)
		if err != nil {
			return err
		}
		row.Labels = []tensor.Tensor{plane(s.Labels, k), plane(classes, k)}
		if err := row.WriteFile(filepath.Join(dir, "phi-"+p.Phi.String()+".png")); err != nil {
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
