package sshn

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/tensor/safetensors"
)

// header is what a model file says of itself, beside the tensors.
type header struct {
	Format  string `json:"format"`
	Version string `json:"version"` // of the library that wrote it
	Config  Config `json:"config"`
	Curve   Curve  `json:"curve,omitzero"`
}

const modelFormat = "sshn model 1"

// Save writes the model as one safetensors file that describes itself: the
// parameters under their names, channels last, and in the metadata's "sshn" the
// configuration (architecture, range of phi, preprocessing, label names and
// colours), the curve and the library's version, as JSON. The file is replaced
// whole or not at all. A Curve that Load would refuse is an error, and nothing is
// written.
func (m *Model) Save(path string) error {
	if err := m.Curve.check(); err != nil {
		return fmt.Errorf("sshn: save %s: %w", path, err)
	}
	text, err := json.Marshal(header{modelFormat, Version, m.cfg, m.Curve})
	if err != nil {
		return fmt.Errorf("sshn: save %s: %w", path, err)
	}
	params := m.source.Params()
	var entries []safetensors.Entry
	for p := range params.Layout.Params() {
		entries = append(entries, safetensors.FromTensor(p.Name, params.Tensor(p)))
	}
	if err := safetensors.WriteFile(path, map[string]string{"sshn": string(text)}, entries...); err != nil {
		return fmt.Errorf("sshn: save: %w", err)
	}
	return nil
}

// Load reads a model that Save wrote. It returns an error if the file is not
// one, or if its tensors are not those of the network that it describes.
func Load(path string) (*Model, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		var unreadable *fs.PathError
		what := looksLike(path)
		switch {
		case what != "":
			return nil, fmt.Errorf("sshn: load %s: this is %s, not a model that Save wrote", path, what)
		case errors.As(err, &unreadable):
			return nil, fmt.Errorf("sshn: load: %w", err)
		}
		return nil, fmt.Errorf("sshn: load: not a model that Save wrote: %w", err)
	}
	defer f.Close()
	m, err := load(f)
	if err != nil {
		return nil, fmt.Errorf("sshn: load %s: %w", path, err)
	}
	return m, nil
}

// looksLike names what users take for a model, if the file is that.
func looksLike(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	var head [348]byte // as long as a NIfTI-1 header, which ends with its name; NIfTI-2 begins with it
	n, _ := io.ReadFull(f, head[:])
	switch text := string(head[:n]); {
	case strings.HasPrefix(text, "\x1f\x8b"):
		return "a gzipped file, such as a scan"
	case strings.HasSuffix(text, "n+1\x00"), strings.Contains(text[:min(n, 8)], "n+2\x00"):
		return "a scan"
	}
	return ""
}

func load(f *safetensors.File) (*Model, error) {
	text := f.Metadata["sshn"]
	if text == "" {
		return nil, fmt.Errorf("no model of this library: the metadata lack %q", "sshn")
	}
	h, err := parseHeader(text)
	if err != nil {
		return nil, err
	}
	if err := h.Curve.check(); err != nil {
		return nil, err
	}
	if err := fits(h.Config, f); err != nil {
		return nil, err
	}
	m, err := New(h.Config)
	if err != nil {
		return nil, err
	}
	m.Curve = h.Curve
	params := m.source.Params()
	n := 0
	for p := range params.Layout.Params() {
		x, err := f.Tensor(p.Name)
		if err != nil {
			return nil, err
		}
		if x.Shape != p.Shape {
			return nil, fmt.Errorf("tensor %s is %v, the network that the file describes takes %v", p.Name, x.Shape, p.Shape)
		}
		copy(params.Tensor(p).Data, x.Data)
		n++
	}
	if got := len(f.Names()); got != n {
		return nil, fmt.Errorf("%d tensors, the network that the file describes has %d", got, n)
	}
	return m, nil
}

// parseHeader looks at the format first, for the rest is of that format.
func parseHeader(text string) (h header, err error) {
	var is struct{ Format, Version string }
	if err := json.Unmarshal([]byte(text), &is); err != nil {
		return h, fmt.Errorf("description: %w", err)
	}
	if strings.HasPrefix(is.Format, "sshn checkpoint") {
		return h, fmt.Errorf("a checkpoint of a training, not a model that Save wrote")
	}
	if is.Format != modelFormat {
		return h, fmt.Errorf("format %q, written by version %q of the library; this is version %s, which reads %q", is.Format, is.Version, Version, modelFormat)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields() // a field of a later version may change what the model is
	if err := d.Decode(&h); err != nil {
		return h, fmt.Errorf("description: %w", err)
	}
	n := &h.Config.Network
	if n.Coarsest == 0 { // a file from before there was a limit by default
		n.Coarsest = unet.Unbounded
	}
	if n.Norm == "" { // or a norm
		n.Norm = unet.NoNorm
	}
	return h, nil
}

// fits returns an error if the parameters of a network as described could not
// be in the file, so that a lying description costs no memory.
func fits(cfg Config, f *safetensors.File) error {
	if err := cfg.Check(); err != nil {
		return err
	}
	elements := 0
	for _, name := range f.Names() {
		if info, ok := f.Info(name); ok {
			elements += info.Shape.Len()
		}
	}
	if n := cfg.withDefaults().parameters(); n != elements {
		return fmt.Errorf("%d parameters, the network that the file describes has %d", elements, n)
	}
	return nil
}
