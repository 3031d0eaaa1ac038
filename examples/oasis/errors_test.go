package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/examples/internal/cli"
)

func TestEverySubcommandHasHelp(t *testing.T) {
	for _, name := range append(names(), "") {
		args := []string{"-h"}
		if name != "" {
			args = []string{name, "-h"}
		}
		text := must(t, args...)
		require.True(t, strings.HasPrefix(text, "usage: "+program(name)+" "), text)
		require.Contains(t, text, "\nflags:\n  -")
	}
}

func TestCommandLinesThatAreNotUnderstood(t *testing.T) {
	for line, want := range map[string]string{
		"paint":                             `"paint" is no subcommand; there are make-data, train, pareto, segment, evaluate`,
		"-epochs 3":                         "flag provided but not defined: -epochs",
		"-n 2":                              "-n 2: at least 3 brains are needed",
		"-labels seg9":                      `-labels "seg9": the brains have seg4, seg24`,
		"-n x":                              `invalid value "x" for flag -n: parse error`,
		"make-data":                         "-out is needed",
		"make-data -out d":                  "-n 0: 1 to 9999 subjects are possible",
		"make-data -out d -n 1 -dims 4":     "-dims 4: 2 for slices and 3 for volumes are possible",
		"make-data -out d -n 1 -maps 1":     "-maps and -contrast are of label maps: -from is needed",
		"make-data -out d -n 1 -contrast x": `-contrast "x" is unknown; there are [mixed t1 any]`,
		"make-data -out d -n 1 more":        `unexpected argument "more"`,
		"train -out r":                      "-data is needed",
		"train -data d":                     "-out is needed",
		"train -data d -out r -method gan":  `-method "gan" is unknown; there are [sshn fixed stochastic film]`,
		"train -data d -out r -norm batch":  `-norm "batch" is unknown; there are [none instance group]`,
		"train -data d -out r -steps 1 -minutes 1":                "-steps and -minutes: give one of them",
		"train -data d -out r -phi 0":                             "-phi 0: it lies in (0, 1]",
		"pareto -data d":                                          "-model is needed",
		"pareto -model m -data d -split train":                    `-split "train": val, test and all are possible`,
		"pareto -model m -data d -phis 0.1:0.5":                   `invalid value "0.1:0.5" for flag -phis: least:greatest:number is expected, as in 0.05:0.5:10, or a list`,
		"pareto -model m -data d -phis 0.5,2":                     `invalid value "0.5,2" for flag -phis: phi 2: it lies in (0, 1]`,
		"pareto -model .. -data d":                                `invalid value ".." for flag -model: this folder holds no model.safetensors, which train leaves in its -out`,
		"pareto -model m -data d -by grams":                       `invalid value "grams" for flag -by: cost: "grams" is none of macs, bytes, seconds`,
		"segment -model m -in a":                                  "-out is needed",
		"segment -model m -in a -out b -phi -1":                   `invalid value "-1" for flag -phi: phi: -1 is not a positive number`,
		"segment -model m -in a -out b -max-mb 0":                 `invalid value "0" for flag -max-mb: a number above 0 and below 1e+12 is needed; without the flag there is no such limit`,
		"segment -model m -in a -out b -phi 1.5":                  `invalid value "1.5" for flag -phi: phi 1.5: it lies in (0, 1]`,
		"segment -model m -in a -out b -phi 1 -max-ms 2":          "-phi and a budget: give one of them",
		"evaluate -pred p":                                        "-truth is needed",
		"evaluate -pred p -truth t -tolerance -1":                 "-tolerance -1: a distance in mm is needed, 0 at least",
		"evaluate -pred p -truth t -csv -json":                    "-csv and -json: give one of them",
		"segment -model m -in a -out b.nii -phi 1 -truth c":       "-truth and -beside are for the picture: -picture says where to write it",
		"segment -model m -in a -out b.nii -phi 1 -picture c.gif": "-picture c.gif: a name that ends in .png is needed",
		"segment -model m -in a -out b.png -phi 1":                "-out b.png: a name that ends in .nii or .nii.gz is needed",
	} {
		stdout, stderr, code := call(strings.Fields(line)...)
		require.Equal(t, cli.Misuse, code, line)
		require.Empty(t, stdout, line)
		require.Contains(t, stderr, "oasis: "+want, line)
		require.Contains(t, stderr, "\nSee: "+program(""), line)
	}
}

func TestBadDataAreNamedBeforeTraining(t *testing.T) {
	out := filepath.Join(t.TempDir(), "run")
	fails := func(want string, args ...string) {
		t.Helper()
		_, stderr, code := call(append([]string{"train", "-out", out, "-steps", "1"}, args...)...)
		require.Equal(t, cli.Failure, code, stderr)
		require.Contains(t, stderr, want)
		require.NoFileExists(t, filepath.Join(out, splitFile))
	}
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	fails("there is no folder "+nowhere, "-data", nowhere)

	dir := brains(t, 4, 2)
	fails("there are tables for [seg24 seg4]", "-data", dir, "-labels", "seg35")
	fails("none of 4 subjects has a file aligned_seg4.nii.gz", "-data", dir, "-dims", "3")

	torn := filepath.Join(dir, "PHANTOM_PH1_0002_MR1", "slice_norm.nii.gz")
	require.NoError(t, os.WriteFile(torn, []byte("not a scan"), 0o666))
	lost := filepath.Join(dir, "PHANTOM_PH1_0003_MR1", "slice_seg4.nii.gz")
	require.NoError(t, os.Remove(lost))
	fails("2 problems in the files of 4 subjects:\n  "+torn+": ", "-data", dir)
	fails("\n  "+lost+": missing\n", "-data", dir)
}

func TestBadSplitsAreRefused(t *testing.T) {
	dir := brains(t, 4, 2)
	for text, want := range map[string]string{
		"2/1":         "-split 2/1: three numbers are needed",
		"3/1/1":       "-split 3/1/1: these are 5 subjects, and there are 4",
		"3/1/0":       "-split 3/1/0: each part needs a subject at least: those to train on, to choose the weights by, and to report on",
		"1.5/1/1":     "-split 1.5/1/1: shares add up to 1 at most, counts are whole",
		"1/1/x":       "-split 1/1/x: counts such as 28/6/6 or shares such as 0.7/0.15/0.15 are possible",
		"0.7/0.3/0.3": "-split 0.7/0.3/0.3: shares add up to 1 at most, counts are whole",
	} {
		_, stderr, code := call("train", "-data", dir, "-out", t.TempDir(), "-split", text)
		require.Equal(t, cli.Misuse, code, stderr)
		require.Contains(t, stderr, want)
	}
}

func TestModelsAndScansThatDoNotFit(t *testing.T) {
	flat, deep := brains(t, 3, 2), brains(t, 3, 3)
	model := trainTiny(t, flat)
	volumes := trainTiny(t, deep, "-labels", "seg35", "-batch", "1")
	slice := filepath.Join(flat, "PHANTOM_PH1_0001_MR1", "slice_norm.nii.gz")
	garbage := filepath.Join(t.TempDir(), "garbage")
	require.NoError(t, os.WriteFile(garbage, []byte("sixteen bytes or more of garbage"), 0o666))
	to := filepath.Join(t.TempDir(), "seg.nii.gz")

	fails := func(want string, args ...string) {
		t.Helper()
		stdout, stderr, code := call(args...)
		require.Equal(t, cli.Failure, code, stderr)
		require.Empty(t, stdout)
		require.Contains(t, stderr, want)
		require.NoFileExists(t, to)
	}
	fails(garbage+": ", "segment", "-model", garbage, "-in", slice, "-out", to, "-phi", "0.5")
	fails(garbage+": ", "pareto", "-model", garbage, "-data", flat)
	fails(garbage+": ", "segment", "-model", model, "-in", garbage, "-out", to, "-phi", "0.5")
	fails("no such file", "segment", "-model", model, "-in", to, "-out", to, "-phi", "0.5")
	fails("load "+slice+": this is a gzipped file, such as a scan, not a model", "segment", "-model", slice, "-in", slice, "-out", to, "-phi", "0.5")
	fails("there is no folder nowhere", "pareto", "-model", model, "-data", "nowhere")
	lost := filepath.Join(filepath.Dir(to), "nodir")
	fails("-out "+lost+"/seg.nii: there is no folder "+lost, "segment", "-model", model, "-in", slice, "-out", lost+"/seg.nii", "-phi", "0.5")
	fixed := trainTiny(t, flat, "-method", "fixed")
	fails("phi 0.3: this is an ordinary network of phi 0.5, and its weights fit no other", "segment", "-model", fixed, "-in", slice, "-out", to, "-phi", "0.3")
	fails("-beside: sshn: phi 0.3: this is an ordinary network of phi 0.5", "segment", "-model", fixed, "-in", slice, "-out", to, "-picture", to+".png", "-beside", "0.3")
	require.NoFileExists(t, to)
	fails("phi 0.3: this is an ordinary network of phi 0.5", "pareto", "-model", fixed, "-data", flat, "-phis", "0.3,0.5")
	_, stderr, code := call("segment", "-model", model, "-in", slice, "-out", slice, "-phi", "0.5")
	require.Equal(t, cli.Misuse, code)
	require.Contains(t, stderr, "-out "+slice+": this is the scan itself")
	_, stderr, code = call("segment", "-model", model, "-in", slice, "-out", filepath.Join(t.TempDir(), "a.nii"), "-phi", "0.9")
	require.Equal(t, cli.Success, code)
	require.Contains(t, stderr, "note: phi 0.9 is outside (0, 0.5], the range that the model was trained for; accuracy falls there\n")
	fails(slice+": a slice, 20 x 24 x 1 voxels, and the model is for volumes", "segment", "-model", volumes, "-in", slice, "-out", to, "-phi", "0.5")
	fails("phi 0.2/0.3 has 2 numbers, the model takes 1", "segment", "-model", model, "-in", slice, "-out", to, "-phi", "0.2/0.3")
	fails("none of 3 subjects has a file slice_seg4.nii.gz; the model takes slices", "pareto", "-model", model, "-data", deep)
	fails("none of 2 label tables is the model's, which has 5 labels: Unknown, CSF and so on", "pareto", "-model", model, "-data", otherTables(t))

	fails("-split all measures on all that there are", "pareto", "-model", model, "-data", brains(t, 2, 2))

	require.NoError(t, os.Remove(filepath.Join(filepath.Dir(model), splitFile)))
	fails("split.json: no such file or directory; -split all needs none", "pareto", "-model", model, "-data", flat)
	must(t, "pareto", "-model", model, "-data", flat, "-split", "all", "-phis", "0.5")
}

// otherTables returns data whose labels are none that a model knows.
func otherTables(t *testing.T) string {
	dir := brains(t, 1, 2)
	// One that no slice has, too, whose error is not what is wrong.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "seg35_labels.txt"), []byte("0 Unknown 0 0 0 0\n1 Cortex 1 2 3 0\n"), 0o666))
	for _, name := range []string{"seg4", "seg24"} {
		path := filepath.Join(dir, name+"_labels.txt")
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, append(text, "99 Another 1 2 3 0\n"...), 0o666))
	}
	return dir
}
