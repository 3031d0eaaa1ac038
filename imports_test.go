package sshn_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/sshn-go/sshn"

// rows are the packages from the ground to the roof. A package imports only
// rows below its own; those of a row never import each other.
var rows = [][]string{
	{"internal/atomicfile", "internal/cpu", "internal/lockfile", "internal/memory", "internal/parallel", "pareto"},
	{"internal/kernel", "pareto/plot"},
	{"tensor"},
	{"tensor/volume"},
	{"tensor/labels", "tensor/nifti", "tensor/safetensors"},
	{"autograd", "internal/golden"},
	{"nn", "rescale", "autograd/optest"},
	{"hyper", "nn/data", "nn/loss", "nn/metric", "nn/optim", "nn/unet"},
	{"nn/train"},
	{"."},
	{"examples"},
}

// beside are packages that know points and curves, no networks: the module's
// other packages are closed to them, and only the top may import them.
var beside = map[string]bool{"pareto": true, "pareto/plot": true}

func TestPackagesImportDownwardsOnly(t *testing.T) {
	row := map[string]int{}
	for i, packages := range rows {
		for _, p := range packages {
			row[p] = i
		}
	}
	seen := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata" || len(d.Name()) > 1 && d.Name()[0] == '.') {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		from := place(filepath.ToSlash(filepath.Dir(file)))
		if _, ok := row[from]; !ok {
			t.Errorf("%s: package %s has no row", file, from)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			to, ours := strings.CutPrefix(name+"/", module+"/")
			if !ours {
				continue
			}
			seen++
			to = place(path.Clean(to))
			switch {
			case from == "examples" && to == "examples":
			case row[to] >= row[from]:
				t.Errorf("%s: %s (row %d) imports %s (row %d)", file, from, row[from], to, row[to])
			case beside[to] && !beside[from] && row[from] < row["."]:
				t.Errorf("%s: %s imports %s, which stands beside the house", file, from, to)
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, seen, 50, "the walk found the module's imports")
}

// A package says what it is in its doc.go and shows it in an Example that runs.
func TestEveryPackageIsExplainedAndShown(t *testing.T) {
	for _, row := range rows[:len(rows)-1] { // but for the programs
		for _, p := range row {
			doc, err := os.ReadFile(filepath.Join(p, "doc.go"))
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(string(doc), "// Package "), p)
			if strings.HasPrefix(p, "internal/") {
				continue
			}
			tests, err := filepath.Glob(filepath.Join(p, "*_test.go"))
			require.NoError(t, err)
			shown := false
			for _, file := range tests {
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				_, example, found := strings.Cut(string(text), "\nfunc Example")
				shown = shown || found && strings.Contains(example, "// Output:")
			}
			require.True(t, shown, "%s has no Example with an Output", p)
		}
	}
}

// place returns the package that a folder counts as: commands of a package
// count as examples do.
func place(folder string) string {
	if strings.HasPrefix(folder, "examples/") || strings.Contains(folder, "/cmd/") {
		return "examples"
	}
	return folder
}

func TestMisusePanicsWithATypedValue(t *testing.T) {
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || strings.Contains(filepath.ToSlash(file), "internal/") {
			return err
		}
		text, err := os.ReadFile(file)
		for _, untyped := range []string{"panic(fmt.", "panic(errors."} {
			if strings.Contains(string(text), untyped) {
				t.Errorf("%s: %s", file, untyped)
			}
		}
		return err
	})
	require.NoError(t, err)
}
