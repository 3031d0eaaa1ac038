package golden

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/safetensors"
)

// An Array is a tensor in float64, the precision of the references.
type Array struct {
	Shape tensor.Shape
	Data  []float64
}

// A Case is one call of an operation: its attributes, what went in and came
// out, and the gradients. Its methods panic if the case has no such tensor, and
// return what the caller may keep and change.
type Case struct {
	ID    string
	Attrs Attrs

	op     string
	arrays map[string]Array
}

// Open returns the cases of an operation, as in "conv2d", in the order of the
// file. It skips the test where the reference files are absent.
func Open(t testing.TB, op string) []Case {
	t.Helper()
	folder, err := Shared("golden")
	if err != nil {
		t.Skip(err)
	}
	cases, err := open(filepath.Join(folder, op+".safetensors"), op)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// Shared returns the path of a folder in ../shared beside the module, or an
// error fit for t.Skip where there is none. The module's root is found from the
// working directory, which is the package's folder in a test.
func Shared(name string) (string, error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		if parent == root {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
		root = parent
	}
	folder := filepath.Join(root, "..", "shared", name)
	if _, err := os.Stat(folder); err != nil {
		return "", fmt.Errorf("the test needs ../shared/%s beside the module: %w", name, err)
	}
	return folder, nil
}

// Has tells whether the case has an input or output of that name.
func (c Case) Has(name string) bool { _, ok := c.arrays[name]; return ok }

// Input returns an input, as in "x"; integers become floats.
func (c Case) Input(name string) tensor.Tensor { return round(c.Input64(name)) }

// Output returns an output, as in "y", rounded to float32.
func (c Case) Output(name string) tensor.Tensor { return round(c.Output64(name)) }

// Grad returns the gradient of sum(y*gy) by an input, of y itself where y is a
// scalar, rounded to float32. The name is the input's: Grad("x") is gx.
func (c Case) Grad(input string) tensor.Tensor { return round(c.Grad64(input)) }

// Upstream returns gy, the gradient that goes into the backward pass, and a
// scalar 1 where the case has none.
func (c Case) Upstream() tensor.Tensor {
	if !c.Has("gy") {
		return tensor.Scalar(1)
	}
	return round(c.get("gy"))
}

// Input64 is [Case.Input] in float64.
func (c Case) Input64(name string) Array { return c.get(name) }

// Output64 is [Case.Output] as it was computed, in float64.
func (c Case) Output64(name string) Array { return c.get(name) }

// Grad64 is [Case.Grad] as it was computed, in float64.
func (c Case) Grad64(input string) Array { return c.get("g" + input) }

func (c Case) get(name string) Array {
	a, ok := c.arrays[name]
	if !ok {
		panic(fmt.Sprintf("golden: %s case %s has no %q", c.op, c.ID, name))
	}
	return Array{a.Shape, append([]float64(nil), a.Data...)}
}

func round(a Array) tensor.Tensor {
	x := tensor.Zeros(a.Shape)
	for i, v := range a.Data {
		x.Data[i] = float32(v)
	}
	return x
}

func open(path, op string) ([]Case, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var listed []struct {
		ID    string
		Attrs json.RawMessage
	}
	if err := json.Unmarshal([]byte(f.Metadata["cases"]), &listed); err != nil {
		return nil, fmt.Errorf("%s: cases: %w", path, err)
	}
	cases := make([]Case, len(listed))
	for i, l := range listed {
		attrs, err := parseAttrs(l.Attrs)
		if err != nil {
			return nil, fmt.Errorf("%s: case %s: %w", path, l.ID, err)
		}
		cases[i] = Case{l.ID, attrs, op, map[string]Array{}}
	}
	return cases, fill(cases, f)
}

// fill hands each tensor to its case. What was computed stands twice; only the
// float64 is kept, which rounds to the other.
func fill(cases []Case, f *safetensors.File) error {
	byID := map[string]Case{}
	for _, c := range cases {
		byID[c.ID] = c
	}
	for _, name := range f.Names() {
		if _, twice := f.Info(name + ".f64"); twice {
			continue
		}
		info, _ := f.Info(name)
		data, err := f.Float64s(name)
		if err != nil {
			return err
		}
		id, key, _ := strings.Cut(strings.TrimSuffix(name, ".f64"), ".")
		c, ok := byID[id]
		if !ok {
			return fmt.Errorf("tensor %q belongs to no case", name)
		}
		c.arrays[key] = Array{info.Shape, data}
	}
	return nil
}
