package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/image/bmp"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/examples/internal/phantom"
	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/internal/lockfile"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/labels"
)

// asProgram is set for a copy of the test program that is to be the program.
const asProgram = "STUDY_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// cells writes a folder of n images of discs with a core.
func cells(t testing.TB, n int) string {
	dir := t.TempDir()
	write := func(path string, img image.Image) {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		var b bytes.Buffer
		require.NoError(t, png.Encode(&b, img))
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o666))
	}
	for i := range n {
		rng := nn.Stream(1, "cells", uint64(i))
		photo, mask := image.NewRGBA(image.Rect(0, 0, 24, 20)), image.NewGray(image.Rect(0, 0, 24, 20))
		cx, cy, r := 8+8*rng.Float64(), 7+6*rng.Float64(), 4+3*rng.Float64()
		for y := range 20 {
			for x := range 24 {
				class := 0
				if d := math.Hypot(float64(x)-cx, float64(y)-cy); d < r/2 {
					class = 2
				} else if d < r {
					class = 1
				}
				shade := func(scale float64) uint8 { return uint8(200 - scale*float64(class) + 20*rng.Float64()) }
				photo.Set(x, y, color.RGBA{shade(40), shade(80), shade(10), 255})
				mask.SetGray(x, y, color.Gray{uint8(class)})
			}
		}
		name := fmt.Sprintf("%03d.png", i)
		write(filepath.Join(dir, "images", name), photo)
		write(filepath.Join(dir, "masks", name), mask)
	}
	table := "0 Background 0 0 0 0\n1 Cytoplasm 120 180 220 0\n2 Nucleus 120 20 130 0\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "labels.txt"), []byte(table), 0o666))
	return dir
}

// tiny are arguments of a study that takes no time.
func tiny(dir, out string, more ...string) []string {
	return append([]string{"-data", dir, "-format", "folder", "-out", out, "-size", "16", "-split", "4/2/3", "-steps", "2", "-every", "1",
		"-levels", "3", "-width", "4", "-wide", "6", "-batch", "1", "-phis-per-step", "2", "-phis", "0.25,0.5", "-control-phis", "0.5"}, more...)
}

func study(args ...string) (stdout, stderr string, code int) {
	var o, e bytes.Buffer
	code = run(context.Background(), args, &o, &e)
	return o.String(), e.String(), code
}

// timeless returns the results without what differs from run to run.
func timeless(t testing.TB, out string) []result.Line {
	f, err := result.Load(filepath.Join(out, resultFile))
	require.NoError(t, err)
	for i := range f.Lines {
		f.Lines[i] = f.Lines[i].Timeless()
		for _, scores := range f.Lines[i].Dice {
			for k, x := range scores {
				if math.IsNaN(x) {
					scores[k] = -1 // NaN differs from itself
				}
			}
		}
	}
	return f.Lines
}

func TestAStudyOfEveryMethodAndAnalysis(t *testing.T) {
	dir, out := cells(t, 9), t.TempDir()
	stdout, stderr, code := study(tiny(dir, out, "-seeds", "1", "-analyses", "all")...)
	require.Equal(t, cli.Success, code, stderr)
	require.Contains(t, stdout, "| SSHN |")
	for _, name := range []string{pageFile, byMACsFile, byPhiFile} {
		require.FileExists(t, filepath.Join(out, name))
	}
	require.Contains(t, stderr, "network 1 of 21: fixed 0.25 seed 1\n")
	pictures, err := filepath.Glob(filepath.Join(out, pictureFolder, "*.png"))
	require.NoError(t, err)
	require.Len(t, pictures, 3)
	lines := timeless(t, out)
	seen := map[string]int{}
	for _, l := range lines {
		seen[strings.TrimSpace(l.Method+" "+l.Variant)]++
		require.Len(t, l.Subjects, 3)
		require.Equal(t, 2, l.Steps)
		require.Positive(t, l.MACs)
		if l.Method == result.Constant {
			require.Greater(t, l.Params, 10*l.Weights, "the weights come from a hypernetwork")
		}
	}
	require.Equal(t, map[string]int{
		"fixed": 2, "wide": 1, "constant": 1,
		"stochastic": 8, "film": 8, "sshn": 8 + 2, // four within the range and four beyond; two transfers
		"sshn prior 0-0.5": 8, "sshn prior 0.1-0.4": 8, "sshn prior 0.2-0.3": 8,
		"sshn density area-uniform": 8, "sshn levels phi-each": 8 + 2, "sshn norm none": 8, "sshn encoding circle": 8,
		"sshn hidden 16": 8, "sshn hidden 16-32": 8, "sshn hidden 16-64-256": 8,
		"sshn sampling plain": 8, "sshn axes phi-each": 8 + 4,
		"sshn range whole-from-the-start": 8, "sshn scale unbounded": 8,
	}, seen)

	// Nothing is trained twice, and what was not asked for before is measured
	// with the models that are there.
	_, stderr, code = study(tiny(dir, out, "-seeds", "1", "-analyses", "all")...)
	require.Equal(t, cli.Success, code, stderr)
	require.NotContains(t, stderr, "network")
	require.Equal(t, lines, timeless(t, out))
}

func TestEveryPlaceIsMeasuredOnce(t *testing.T) {
	s := &set{train: data.Samples{{Image: tensor.New(8, 8, 1), Labels: tensor.New(8, 8)}}, classes: make([]labels.Entry, 3)}
	for levels := 1; levels <= 5; levels++ {
		o, err := parse([]string{"-data", "D", "-format", "folder", "-levels", fmt.Sprint(levels), "-analyses", "all"})
		require.NoError(t, err)
		for _, n := range o.plan(s) {
			for i, p := range n.places {
				require.False(t, slices.ContainsFunc(n.places[:i], func(q place) bool { return q.at.Equal(p.at) && q.of.Equal(p.of) }),
					"%s of %d levels, phi %v", n.name(), levels, p.at)
			}
		}
	}
}

func TestFlagsSayHowPhisAreTrained(t *testing.T) {
	s := &set{train: data.Samples{{Image: tensor.New(8, 8, 1), Labels: tensor.New(8, 8)}}, classes: make([]labels.Entry, 3)}
	trained := func(args ...string) (networks []string) {
		o, err := parse(append([]string{"-data", "D", "-format", "folder", "-seeds", "1", "-methods", "sshn", "-analyses", "range,scale"}, args...))
		require.NoError(t, err)
		for _, n := range o.plan(s) {
			training := (&trial{network: n, options: o, set: s}).training()
			networks = append(networks, fmt.Sprintf("%s: widen %g, coarsest %d", n.name(), training.Widen, n.cfg.Network.Coarsest))
		}
		return networks
	}
	require.Equal(t, []string{
		"sshn seed 1: widen 0.6, coarsest 16",
		"sshn range whole-from-the-start seed 1: widen -1, coarsest 16",
		"sshn scale unbounded seed 1: widen 0.6, coarsest -1",
	}, trained())
	require.Equal(t, []string{"sshn seed 1: widen -1, coarsest -1"}, trained("-widen", "0", "-coarsest", "0"), "what the analyses ask for is there")
	require.Contains(t, trained("-levels", "7", "-widen", "1"), "sshn seed 1: widen 1, coarsest 64")
}

func TestTheSamplingIsThatOfAllNetworksButTheAnalysis(t *testing.T) {
	s := &set{train: data.Samples{{Image: tensor.New(8, 8, 1), Labels: tensor.New(8, 8)}}, classes: make([]labels.Entry, 3)}
	for _, sampling := range samplings {
		o, err := parse([]string{"-data", "D", "-format", "folder", "-sampling", sampling, "-analyses", "sampling"})
		require.NoError(t, err)
		for _, n := range o.plan(s) {
			require.Equal(t, (sampling == result.Antialiased) == (n.variant == ""), n.cfg.Network.Antialias, n.name())
		}
	}
}

func TestTheNormIsThatOfAllNetworksButTheAnalysis(t *testing.T) {
	s := &set{train: data.Samples{{Image: tensor.New(8, 8, 1), Labels: tensor.New(8, 8)}}, classes: make([]labels.Entry, 3)}
	of := func(args ...string) map[string]unet.Norm {
		o, err := parse(append([]string{"-data", "D", "-format", "folder", "-seeds", "1", "-phis", "0.5", "-control-phis", "0.5", "-analyses", "norm"}, args...))
		require.NoError(t, err)
		all := map[string]unet.Norm{}
		for _, n := range o.plan(s) {
			all[strings.TrimSpace(n.method+" "+n.variant)] = n.cfg.Network.Norm
		}
		return all
	}
	for _, c := range []struct {
		flag string
		norm unet.Norm
		more map[string]unet.Norm
	}{
		{"none", unet.NoNorm, map[string]unet.Norm{"instance": unet.InstanceNorm}},
		{"instance", unet.InstanceNorm, map[string]unet.Norm{"none": unet.NoNorm}},
		{"group", unet.GroupNorm, map[string]unet.Norm{"none": unet.NoNorm, "instance": unet.InstanceNorm}},
	} {
		want := map[string]unet.Norm{}
		for _, m := range methods {
			want[m] = c.norm
		}
		for name, norm := range c.more {
			want["sshn norm "+name] = norm
		}
		require.Equal(t, want, of("-norm", c.flag))
	}
	require.Equal(t, of("-norm", "instance"), of(), "as the library's")
}

func TestALaterAnalysisUsesTheTrainedModels(t *testing.T) {
	dir, out, whole := cells(t, 9), t.TempDir(), t.TempDir()
	_, stderr, code := study(tiny(dir, out, "-seeds", "1", "-methods", "sshn")...)
	require.Equal(t, cli.Success, code, stderr)
	_, stderr, code = study(tiny(dir, out, "-seeds", "1", "-methods", "sshn", "-analyses", "transfer")...)
	require.Equal(t, cli.Success, code, stderr)
	require.NotContains(t, stderr, "step ")
	_, stderr, code = study(tiny(dir, whole, "-seeds", "1", "-methods", "sshn", "-analyses", "transfer")...)
	require.Equal(t, cli.Success, code, stderr)
	require.Equal(t, timeless(t, whole), timeless(t, out))
}

// A study that is killed, twice, finds what one does that is not, and what one
// worker finds is what many do.
func TestAKilledStudyGoesOn(t *testing.T) {
	dir, whole, out := cells(t, 9), t.TempDir(), t.TempDir()
	args := func(out string) []string {
		return tiny(dir, out, "-seeds", "1", "-methods", "fixed,sshn", "-steps", "6")
	}
	before := runtime.GOMAXPROCS(1)
	_, stderr, code := study(args(whole)...)
	runtime.GOMAXPROCS(before)
	require.Equal(t, cli.Success, code, stderr)

	kill(t, args(out), "step 3  validation") // of the first network
	require.Empty(t, timeless(t, out))
	_, stderr, code = study(append(args(out), "-size", "12")...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "is of another study: extents was [16 16], is [12 12]", "though none of its networks is done")
	t.Setenv("GOMAXPROCS", "2") // of the program
	kill(t, append(args(out), "-jobs", "2"), "network 3 of 3: sshn seed 1")
	done := timeless(t, out)
	require.NotEmpty(t, done)
	left := filepath.Join(out, "networks", strings.ReplaceAll(done[0].Network, " ", "-"), "last.safetensors")
	require.NoError(t, os.WriteFile(left, nil, 0o666)) // as by a kill before it was removed
	_, stderr, code = study(args(out)...)
	require.Equal(t, cli.Success, code, stderr)
	require.NotContains(t, stderr, "network 1 of")
	require.NoFileExists(t, left)
	require.Equal(t, timeless(t, whole), timeless(t, out))
	page, err := os.ReadFile(filepath.Join(out, pageFile))
	require.NoError(t, err)
	require.Contains(t, string(page), "up to 2 networks were trained at once, some with more beside them than others")
}

func TestNetworksSideBySideAreThoseOneAfterTheOther(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	dir, one, three := cells(t, 9), t.TempDir(), t.TempDir()
	args := []string{"-seeds", "2", "-methods", "fixed,film,sshn,constant"}
	_, stderr, code := study(tiny(dir, one, args...)...)
	require.Equal(t, cli.Success, code, stderr)
	stdout, stderr, code := study(tiny(dir, three, append(args, "-jobs", "9")...)...)
	require.Equal(t, cli.Success, code, stderr)
	require.Equal(t, timeless(t, one), timeless(t, three), "in the same order, too")
	require.Contains(t, stderr, "network 10 of 10: constant 0.5 seed 2")
	require.Contains(t, stderr, "\nsshn seed 2: step 2  validation ")
	f, err := result.Load(filepath.Join(three, resultFile))
	require.NoError(t, err)
	for _, l := range f.Lines {
		require.Equal(t, 3, l.Jobs)
	}
	const rough = "3 networks were trained at once, each by its share of the processors"
	require.Contains(t, stdout, rough)
	page, err := os.ReadFile(filepath.Join(three, pageFile))
	require.NoError(t, err)
	require.Equal(t, 4, strings.Count(string(page), rough), "where there are times")
	require.Contains(t, stderr, "note: -jobs 9 for 3 processors and 10 networks: 3 at once\n")
	require.Contains(t, stderr, "\nconstant 0.5 seed 2: done after ")
	require.Equal(t, runtime.GOMAXPROCS(0), autograd.Workers(), "of what follows in the process")
}

func TestTheTimeLeftIsExpectedBeforeANetworkIsDone(t *testing.T) {
	_, stderr, code := study(tiny(cells(t, 9), t.TempDir(), "-methods", "fixed,sshn", "-seeds", "1", "-steps", "40", "-every", "40")...)
	require.Equal(t, cli.Success, code, stderr)
	require.Regexp(t, `network 1 of 3: fixed 0.25 seed 1, about \d\S* left\n`, stderr)

	o, err := parse([]string{"-data", "d", "-format", "wbc", "-minutes-per-network", "2", "-jobs", "2", "-methods", "fixed", "-seeds", "1"})
	require.NoError(t, err)
	s := &set{classes: []labels.Entry{{}, {ID: 1}}, train: data.Samples{{Image: tensor.New(16, 16, 1), Labels: tensor.New(16, 16)}}}
	networks := o.plan(s)
	c := &crew{options: o, set: s, progress: newProgress(networks, &result.File{})}
	c.progress.expected, err = c.expect(t.Context(), networks[0])
	require.NoError(t, err)
	require.Equal(t, "network 1 of 5: fixed 0.1 seed 1, about 5m0s left", c.progress.begin(networks[0]))
	require.Greater(t, c.macs(networks[4]), c.macs(networks[0]), "phi 0.5 and 0.1")
}

func TestAnErrorOfOneNetworkStopsTheOthers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	dir, out := cells(t, 9), t.TempDir()
	taken := filepath.Join(out, "networks", "sshn-seed-1")
	require.NoError(t, os.MkdirAll(filepath.Dir(taken), 0o777))
	require.NoError(t, os.WriteFile(taken, nil, 0o666))
	_, stderr, code := study(tiny(dir, out, "-methods", "sshn,fixed", "-jobs", "2", "-steps", "100000", "-seeds", "1")...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "study: sshn seed 1: ")
}

// kill runs the program until it writes a text and kills it.
func kill(t *testing.T, args []string, when string) {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	stderr, err := c.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	lines := bufio.NewScanner(stderr)
	found := false
	for !found && lines.Scan() {
		found = strings.Contains(lines.Text(), when)
	}
	require.NoError(t, c.Process.Kill())
	c.Wait() // tells that it was killed
	require.True(t, found, "the program ended before it wrote %q", when)
}

func TestWhatIsAskedWrongly(t *testing.T) {
	dir := cells(t, 9)
	for want, args := range map[string][]string{
		"-data is needed":                      {},
		`-format "": there are wbc`:            {"-data", dir},
		`-methods "best": there are fixed`:     {"-methods", "fixed, best"},
		`-analyses "x": there are all, prior`:  {"-analyses", "x"},
		"-analyses transfer uses":              {"-data", dir, "-format", "folder", "-methods", "fixed", "-analyses", "all"},
		`"0" is no phi in (0, 1]`:              {"-phis", "0,1"},
		"a phi at least is needed":             {"-phis", ""},
		"either -steps or -minutes":            {"-data", dir, "-format", "folder", "-steps", "1", "-minutes-per-network", "1"},
		"-widen 2: a share from 0 to 1":        {"-data", dir, "-format", "folder", "-widen", "2"},
		"-coarsest -2: -1, 0 or a positive":    {"-data", dir, "-format", "folder", "-coarsest", "-2"},
		`-sampling "x": there are plain, ant`:  {"-data", dir, "-format", "folder", "-sampling", "x"},
		`-norm "batch": there are [none inst`:  {"-data", dir, "-format", "folder", "-norm", "batch"},
		"-jobs 0: at least 1 is possible":      {"-data", dir, "-format", "folder", "-jobs", "0"},
		"-wide 4: wide has more channels than": {"-data", dir, "-format", "folder", "-width", "4", "-wide", "4"},
		"-levels is at most 16":                {"-data", dir, "-format", "folder", "-levels", "40"},
		"-width and -wide are at most 4096":    {"-data", dir, "-format", "folder", "-wide", "4097"},
		"unexpected argument":                  {"now"},

		"-split 6/2/3: these are 11 subjects, and there are 9\n": tiny(dir, t.TempDir(), "-split", "6/2/3"),
		"-split foo: three numbers are needed":                   tiny(dir, t.TempDir(), "-split", "foo"),
		"-split 9/0/0: each part needs a subject":                tiny(dir, t.TempDir(), "-split", "9/0/0"),
		"-split 0.5/0.5/0.5: shares add up to 1":                 tiny(dir, t.TempDir(), "-split", "0.5/0.5/0.5"),
	} {
		_, stderr, code := study(args...)
		require.Equal(t, cli.Misuse, code, stderr)
		require.Contains(t, stderr, want)
		require.Contains(t, stderr, "\nSee: go run ./examples/study -h\n")
	}
	text, _, code := study("-h")
	require.Equal(t, cli.Success, code)
	require.Contains(t, text, "-analyses value\n")
	for _, name := range append(names(), methods...) {
		require.Contains(t, text, "\n  "+name+" ", "what it is")
	}

	out := t.TempDir()
	_, stderr, code := study(tiny(dir, out, "-seeds", "1", "-methods", "fixed", "-phis", "0.5")...)
	require.Equal(t, cli.Success, code, stderr)
	_, stderr, code = study(tiny(dir, out, "-seeds", "1", "-methods", "fixed", "-phis", "0.5", "-steps", "3")...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "results.jsonl is of another study: steps was 2, is 3; choose another -out")
	others := filepath.Join(t.TempDir(), filepath.Base(dir)) // of the same name, and other labels
	require.NoError(t, os.CopyFS(others, os.DirFS(dir)))
	masks, err := filepath.Glob(filepath.Join(others, "masks", "*"))
	require.NoError(t, err)
	first, err := os.ReadFile(masks[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(masks[1], first, 0o666))
	_, stderr, _ = study(tiny(others, out, "-seeds", "1", "-methods", "fixed", "-phis", "0.5")...)
	require.Contains(t, stderr, "results.jsonl is of another study: truth_hash was ")
	require.NoError(t, os.Remove(masks[1]))
	_, stderr, _ = study(tiny(others, out, "-seeds", "1", "-methods", "fixed", "-phis", "0.5")...)
	require.Contains(t, stderr, "masks")
	_, stderr, _ = study(tiny(dir, out, "-widen", "0", "-coarsest", "0")...)
	require.Contains(t, stderr, "is of another study: widen was 0.6, is 0; coarsest was 16, is 0; choose another -out")
	_, stderr, _ = study(tiny(dir, out, "-norm", "none", "-sampling", "plain")...)
	require.Contains(t, stderr, "is of another study: norm was instance, is none; sampling was antialiased, is plain; choose another -out")
	_, stderr, code = study(tiny(dir, out, "-seeds", "1", "-methods", "fixed", "-phis", "0.5", "-split", "5/2/2")...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "split.json is of another study: it divides the subjects by 4/2/3, -split by 5/2/2; choose another -out")
	require.NotContains(t, stderr, "See:")
	_, stderr, code = study(tiny(dir, out, "-split", "6/2/3")...)
	require.Equal(t, cli.Misuse, code)
	require.Contains(t, stderr, "-split 6/2/3: these are 11 subjects")
	_, stderr, code = study("-data", filepath.Join(dir, "none"), "-format", "wbc", "-out", t.TempDir())
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "none")
	_, stderr, code = study("-report", "-out", filepath.Join(dir, "none"))
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "results.jsonl")
}

func TestAStudyOfBeforeNormAndSamplingWereToldGoesOn(t *testing.T) {
	dir, out := cells(t, 9), t.TempDir()
	args := func(norm string) []string {
		return tiny(dir, out, "-seeds", "1", "-methods", "fixed", "-phis", "0.5", "-norm", norm)
	}
	_, stderr, code := study(args("none")...)
	require.Equal(t, cli.Success, code, stderr)
	path := filepath.Join(out, resultFile)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	const told = `"norm":"none","sampling":"antialiased",`
	require.Contains(t, string(text), told)
	require.NoError(t, os.WriteFile(path, bytes.Replace(text, []byte(told), nil, 1), 0o666))
	_, stderr, code = study(args("instance")...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "is of another study: norm was none, is instance; choose another -out")
	_, stderr, code = study(args("none")...)
	require.Equal(t, cli.Success, code, stderr)
	require.NotContains(t, stderr, "network 1", "nothing is trained again")
}

func TestBloodCellsAreStudiedAndStraysCounted(t *testing.T) {
	from, dir, out := cells(t, 9), t.TempDir(), t.TempDir()
	read := func(path string) image.Image {
		f, err := os.Open(path)
		require.NoError(t, err)
		defer f.Close()
		img, err := png.Decode(f)
		require.NoError(t, err)
		return img
	}
	for i := range 9 {
		name := fmt.Sprintf("%03d", i)
		var photo, mask bytes.Buffer
		require.NoError(t, bmp.Encode(&photo, read(filepath.Join(from, "images", name+".png"))))
		classes := read(filepath.Join(from, "masks", name+".png")).(*image.Gray)
		for k, class := range classes.Pix {
			classes.Pix[k] = []uint8{0, 128, 255}[class]
		}
		if i == 4 {
			classes.Pix[0] = 10
		}
		require.NoError(t, png.Encode(&mask, classes))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".bmp"), photo.Bytes(), 0o666))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".png"), mask.Bytes(), 0o666))
	}
	args := []string{"-seeds", "1", "-methods", "fixed", "-phis", "0.5"}
	_, stderr, code := study(tiny(dir, out, append(args, "-format", "wbc")...)...)
	require.Equal(t, cli.Success, code, stderr)
	require.Contains(t, stderr, "note: 1 pixels in 1 of 9 masks are not 0, 128 or 255; they were taken for the nearest")

	same := t.TempDir()
	_, stderr, code = study(tiny(from, same, args...)...)
	require.Equal(t, cli.Success, code, stderr)
	require.Equal(t, timeless(t, same), timeless(t, out), "the same images and masks, in another format")
}

// The name of a network for many phis does not tell their range.
func TestNetworksOfAnotherRangeOfPhiAreNotTaken(t *testing.T) {
	dir, out := cells(t, 9), t.TempDir()
	_, stderr, code := study(tiny(dir, out, "-seeds", "1", "-methods", "stochastic")...)
	require.Equal(t, cli.Success, code, stderr)
	_, stderr, code = study(tiny(dir, out, "-seeds", "1", "-methods", "stochastic", "-phis", "0.2,0.4")...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "results.jsonl is of another study: stochastic seed 1 was trained for phi from 0 to 0.5, is to be for 0 to 0.4; choose another -out")
	_, stderr, code = study(tiny(dir, out, "-seeds", "1", "-methods", "stochastic", "-phis", "0.2,0.5")...)
	require.Equal(t, cli.Success, code, stderr)
	_, stderr, code = study(tiny(dir, out, "-seeds", "1", "-methods", "film", "-phis", "0.2,0.4")...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "stochastic seed 1 is for phis up to 0.5, film seed 1 for phis up to 0.4; choose another -out")
	_, stderr, code = study(tiny(dir, out, "-seeds", "1", "-methods", "fixed", "-phis", "0.2,0.7")...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, "stochastic seed 1 is for phis up to 0.5, and fixed 0.7 seed 1 is beyond; choose another -out")
	_, stderr, code = study(tiny(dir, out, "-seeds", "1", "-methods", "fixed", "-phis", "0.2")...)
	require.Equal(t, cli.Success, code, stderr)
}

func TestControlsAreOfTheEndsOfThePhisAndTwiceAsWide(t *testing.T) {
	o, err := parse([]string{"-data", "d", "-format", "wbc", "-phis", "0.3,0.2,0.25", "-width", "8"})
	require.NoError(t, err)
	require.Equal(t, []float64{0.2, 0.3}, o.controls)
	cells := &set{classes: make([]labels.Entry, 2), test: data.Samples{{Image: tensor.New(4, 4, 1), Labels: tensor.New(4, 4)}}}
	found, err := o.load(filepath.Join(t.TempDir(), resultFile), cells)
	require.NoError(t, err)
	require.Equal(t, 16, found.Study.Wide)
	o, err = parse([]string{"-data", "d", "-format", "wbc", "-phis", "0.2", "-control-phis", "0.4", "-wide", "40"})
	require.NoError(t, err)
	require.Equal(t, []float64{0.4}, o.controls)
	path := filepath.Join(t.TempDir(), resultFile)
	_, err = o.load(path, cells)
	require.NoError(t, err)
	o.settings.wide = 0
	found, err = o.load(path, cells)
	require.NoError(t, err, "a study that goes on has the width that it had")
	require.Equal(t, 40, found.Study.Wide)
	require.Equal(t, 40, o.settings.wide)
}

func TestAFolderIsOfOneStudyAtATime(t *testing.T) {
	out := t.TempDir()
	release, err := lockfile.Take(out)
	require.NoError(t, err)
	defer release()
	_, stderr, code := study(tiny(cells(t, 9), out, "-methods", "fixed")...)
	require.Equal(t, cli.Failure, code)
	require.Contains(t, stderr, out+": another run is at work there")
}

func TestNamesOfPicturesAreLinkedAsTheyAre(t *testing.T) {
	o := &options{out: t.TempDir()}
	dir := filepath.Join(o.out, pictureFolder)
	require.NoError(t, os.Mkdir(dir, 0o777))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c%41#1.png"), nil, 0o666))
	all, err := o.drawn()
	require.NoError(t, err)
	require.Equal(t, "pictures/c%2541%231.png", all[0].Link)
	require.Equal(t, "c%41#1.png", all[0].Name())
}

func TestAFolderOfAnyNameIsReportedWithItsPictures(t *testing.T) {
	out := filepath.Join(t.TempDir(), "run [1]")
	_, stderr, code := study(tiny(cells(t, 9), out, "-seeds", "1", "-methods", "fixed, fixed", "-phis", "0.5")...)
	require.Equal(t, cli.Success, code, stderr)
	require.Contains(t, stderr, "network 1 of 1:", "a method named twice is trained once")
	page, err := os.ReadFile(filepath.Join(out, pageFile))
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(string(page), `<img src="pictures/`))
	require.Len(t, regexp.MustCompile(` alt="Subject \d{3}: image; truth; Fixed, phi 0.5" `).FindAll(page, -1), 3)
	_, stderr, code = study("-report", "-out", out)
	require.Equal(t, cli.Success, code, stderr)
	again, err := os.ReadFile(filepath.Join(out, pageFile))
	require.NoError(t, err)
	require.Equal(t, string(page), string(again))
}

func TestThereAreNoLargerNetworksThanFlagsTake(t *testing.T) {
	_, err := parse([]string{"-data", "d", "-format", "wbc", "-levels", "16", "-width", "4095", "-wide", "4096"})
	require.NoError(t, err)
	_, err = parse([]string{"-data", "d", "-format", "wbc", "-methods", "fixed,sshn", "-width", "4096"})
	require.NoError(t, err)
	check := func(width, levels int) error {
		return unet.Config{Dims: 2, In: 3, Out: 2, Widths: slices.Repeat([]int{width}, levels)}.Check()
	}
	require.NoError(t, check(4096, 16))
	require.Error(t, check(4096, 17))
	require.Error(t, check(4097, 16))
}

func TestSessionsOfOnePersonAreOneSubject(t *testing.T) {
	maps := t.TempDir()
	r := neurite.Recipe{Subjects: 3, Dims: 3, Phantom: phantom.Config{Spacing: 8}}
	require.NoError(t, neurite.Make(t.Context(), maps, r, nil))
	var err error
	r.Maps, err = neurite.FindMaps(maps)
	require.NoError(t, err)
	r.Dims, r.Subjects = 2, 12
	dir, out := t.TempDir(), t.TempDir()
	require.NoError(t, neurite.Make(t.Context(), dir, r, nil))
	stdout, stderr, code := study(tiny(dir, out, "-format", "oasis", "-split", "1/1/1", "-seeds", "1", "-methods", "fixed", "-phis", "0.5")...)
	require.Equal(t, cli.Success, code, stderr)
	require.Contains(t, stdout, "1 subjects to train on, 1 to choose weights by, 1 to report on.")
	require.Contains(t, stdout, "Dice is the mean over 1 subject of")
	pictures, err := filepath.Glob(filepath.Join(out, pictureFolder, "*.png"))
	require.NoError(t, err)
	require.Len(t, pictures, 1)
}

func TestPhisAreRoundedAlikeForAllNetworks(t *testing.T) {
	o, err := parse([]string{"-data", "d", "-format", "wbc", "-phis", "0.33333333,0.3333334,0.5"})
	require.NoError(t, err)
	require.Equal(t, []float64{0.333333, 0.5}, o.phis)
	_, err = parse([]string{"-phis", "1e-9"})
	require.ErrorContains(t, err, `"1e-9" is no phi in (0, 1]`)
}

func TestAStudyOfAnalysesAlone(t *testing.T) {
	out := t.TempDir()
	_, stderr, code := study(tiny(cells(t, 9), out, "-seeds", "1", "-methods", "", "-analyses", "norm,sampling")...)
	require.Equal(t, cli.Success, code, stderr)
	require.Len(t, timeless(t, out), 16)
	page, err := os.ReadFile(filepath.Join(out, pageFile))
	require.NoError(t, err)
	require.Contains(t, string(page), "<th>seeds</th><th>Dice at phi 0.125</th>")
	require.NotContains(t, string(page), "no hypervolume")
}

func TestAnInterruptSaysHowToGoOn(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var o, e bytes.Buffer
	require.Equal(t, cli.Interrupted, run(ctx, tiny(cells(t, 9), t.TempDir()), &o, &e))
	require.Contains(t, e.String(), "stopped with 0 of 21 networks done; the same command goes on")
}
