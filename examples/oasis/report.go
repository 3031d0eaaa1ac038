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
// subject's image, the truth, and what the model predicts. Pictures of earlier
// curves are removed.
func writePictures(dir string, m *sshn.Model, set *neurite.Set, s data.Sample) error {
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
	row := picture.Row{Orientation: axes, Colours: make([]color.NRGBA, len(set.Classes))}
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
		row.Image = s.Image.Reshape(s.Labels.Shape.Dims()...)
		row.Labels = []tensor.Tensor{s.Labels, classes}
		if err := row.WriteFile(filepath.Join(dir, "phi-"+p.Phi.String()+".png")); err != nil {
			return err
		}
	}
	return nil
}
