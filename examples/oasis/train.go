package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/internal/lockfile"
	"github.com/sshn-go/sshn/nn/train"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// What a training leaves in its folder, beside the checkpoints.
const (
	modelFile = "model.safetensors"
	splitFile = "split.json"
	lastFile  = "last.safetensors" // the checkpoint to go on from
)

const usualSplit = "0.7/0.15/0.15"

// modelFlag defines -model: a model's file, or the folder that a training left.
func modelFlag(f *flag.FlagSet, path *string) {
	f.Func("model", "model that train saved, or the folder with it", func(given string) error {
		*path = given
		if stat, err := os.Stat(given); err != nil || !stat.IsDir() {
			return nil
		}
		*path = filepath.Join(given, modelFile)
		switch {
		case exists(*path):
			return nil
		case exists(filepath.Join(given, lastFile)):
			return fmt.Errorf("its training is not finished, and goes on with train -resume -out %s", given)
		}
		return fmt.Errorf("this folder holds no %s, which train leaves in its -out", modelFile)
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// trainCommand is the subcommand train.
type trainCommand struct {
	data, labels string
	dims         int
	split        string
	out          string

	method        string
	phi           float64
	width, levels int
	norm          string

	steps        int
	minutes      float64
	batch, parts int
	patch        string
	foreground   float64
	rate         float64
	every        int
	plain        bool
	seed         uint64
	resume       bool
	json         bool
}

func (*trainCommand) about() string {
	return `-data DIR -labels seg4|seg24|seg35 -out DIR [-method sshn|fixed|stochastic|film]
       [-phi F] [-steps N | -minutes M] [-seed S] [-resume]

Trains a network on a folder in the layout of neurite-OASIS. All files are read
first, and each bad one is named with what is wrong. Subjects are divided into
those to train on, those that choose the best weights, and those that nothing is
chosen by (pareto -split test). The folder -out gets ` + modelFile + `, the
division ` + splitFile + `, checkpoints, and log.jsonl.

A network for volumes (-dims 3) is trained on patches of them, -patch, and
validated on whole ones. All volumes are held in memory, 8 bytes for a voxel.

Interrupted, it keeps a checkpoint; the same command with -resume goes on.`
}

func (t *trainCommand) flags(f *flag.FlagSet) {
	f.StringVar(&t.data, "data", "", "folder of subjects, with subjects.txt and label tables")
	f.StringVar(&t.labels, "labels", "seg4", "labels to learn: seg4 (tissues), seg24 (structures of slices), seg35 (of volumes)")
	f.IntVar(&t.dims, "dims", 0, "2 for slices, 3 for volumes; 0 for slices if there are any")
	f.StringVar(&t.split, "split", usualSplit, "subjects to train on, choose by and report on, as shares or counts (28/6/6)")
	f.StringVar(&t.out, "out", "", "folder for the model and its checkpoints")
	f.StringVar(&t.method, "method", "sshn", "sshn, fixed (one phi), stochastic (one network, random phi) or film")
	f.Float64Var(&t.phi, "phi", 0.5, "the phi of -method fixed; for the others the greatest that the model is for, though phis up to a tenth greater are drawn in training too")
	f.IntVar(&t.width, "width", 0, "channels at each level; 0 is 32 for slices, 16 for volumes")
	f.IntVar(&t.levels, "levels", 5, "levels of the network")
	f.StringVar(&t.norm, "norm", "", "after each convolution: none, instance or group; if empty, instance for whole slices and none for patches, so for volumes")
	f.IntVar(&t.steps, "steps", 0, "steps to train")
	f.Float64Var(&t.minutes, "minutes", 0, "minutes to train, resumed runs together; 5 if neither this nor -steps is given")
	f.IntVar(&t.batch, "batch", 0, "images for each phi; 0 is 8 slices over all phis (of -method fixed with a norm 4), or 1 patch of a volume")
	f.StringVar(&t.patch, "patch", "", "voxels I,J,K of the patches to train on, clipped to the image, or one number for all axes; of volumes 64 if empty, slices whole")
	f.Float64Var(&t.foreground, "foreground", 2./3, "share of patches about a voxel that is not background")
	f.IntVar(&t.parts, "phis", 0, "phis in each step, each with a batch of its own; 0 is 4 for slices, 2 for volumes, 1 for -method fixed")
	f.Float64Var(&t.rate, "rate", 0, "first step size; 0 is 2e-3, of -method fixed with a norm 4e-3")
	f.IntVar(&t.every, "every", 0, "steps between validations, which write checkpoints; 0 is 100 for slices, 500 for volumes")
	f.BoolVar(&t.plain, "plain", false, "train on the images as they are, without augmentation")
	f.Uint64Var(&t.seed, "seed", 1, "of all that is random: weights, division, order, phi, augmentation")
	f.BoolVar(&t.resume, "resume", false, "go on with the training that -out holds, on the division that it made")
	f.BoolVar(&t.json, "json", false, "print the result as JSON")
}

func (t *trainCommand) run(ctx context.Context, c console) error {
	if err := t.check(); err != nil {
		return err
	}
	s, err := t.prepare(c)
	if err != nil {
		return err
	}
	t.announce(s, c)
	_, summary, err := t.train(ctx, s, c)
	if err != nil {
		return err
	}
	return t.report(s, summary, c)
}

// announce says what the network is to learn, from whom, and what is odd about how
// their voxels lie.
func (t *trainCommand) announce(s *study, c console) {
	path, _ := s.Files(0)
	if h, err := nifti.ReadHeader(path); err == nil {
		c.placed(h)
	}
	what := map[int]string{2: "slices", 3: "volumes"}[s.Kind.Dims]
	fmt.Fprintf(c.err, "training on the %s of %s of %s: %s to train on, %d to choose the weights by, %d to report on\n",
		plural(len(s.Classes)-1, "label"), s.Kind.Labels, what, plural(len(s.split.Train), "subject"), len(s.split.Val), len(s.split.Test))
}

// occupied returns an error if -out holds a training that is not to go on, or
// none that could.
func (t *trainCommand) occupied() error {
	holds := func(name string) bool { return exists(filepath.Join(t.out, name)) }
	last := filepath.Join(t.out, lastFile)
	switch {
	case t.resume && !holds(lastFile):
		return fmt.Errorf("-resume: there is no %s to go on from; without -resume a new training begins", last)
	case !t.resume && holds(lastFile):
		return fmt.Errorf("%s is there already: -resume goes on with that training, another -out begins a new one", last)
	case !t.resume && holds(modelFile):
		return fmt.Errorf("%s is there already: another -out begins a new training", filepath.Join(t.out, modelFile))
	}
	return idle(t.out)
}

// idle returns an error if a training is at work in a folder. It is for what is
// written there before Train takes the lock.
func idle(dir string) error {
	release, err := lockfile.Take(dir)
	switch {
	case err == nil:
		release()
	case errors.Is(err, lockfile.ErrHeld):
		return err
	}
	return nil // what cannot be locked cannot be written either, which says better why
}

func (t *trainCommand) check() error {
	if err := needed("data", t.data, "labels", t.labels, "out", t.out); err != nil {
		return err
	}
	method := sshn.Method(t.method)
	switch {
	case !slices.Contains(sshn.Methods, method):
		return cli.Usage("-method %q is unknown; there are %v", t.method, sshn.Methods)
	case t.norm != "" && !slices.Contains(unet.Norms, unet.Norm(t.norm)):
		return cli.Usage("-norm %q is unknown; there are %v", t.norm, unet.Norms)
	case !(t.phi > 0 && t.phi <= 1):
		return cli.Usage("-phi %v: it lies in (0, 1]", t.phi)
	case t.dims != 0 && t.dims != 2 && t.dims != 3:
		return cli.Usage("-dims %d: 2 for slices and 3 for volumes are possible", t.dims)
	case t.steps < 0 || !(t.minutes >= 0 && t.minutes < 1e6):
		return cli.Usage("-steps %d, -minutes %v: neither can be negative", t.steps, t.minutes)
	case t.steps > 0 && t.minutes > 0:
		return cli.Usage("-steps and -minutes: give one of them")
	case !(t.foreground >= 0 && t.foreground <= 1):
		return cli.Usage("-foreground %v: it is a share, from 0 to 1", t.foreground)
	case t.width < 0 || t.levels < 1 || t.batch < 0 || t.parts < 0 || t.every < 0 || !(t.rate >= 0):
		return cli.Usage("-width, -levels, -batch, -phis, -every and -rate cannot be negative, nor -levels 0")
	}
	if t.steps == 0 && t.minutes == 0 {
		t.minutes = 5
	}
	return nil
}

func (t *trainCommand) report(s *study, summary train.Summary, c console) error {
	path := filepath.Join(t.out, modelFile)
	score := summary.Score
	if math.IsNaN(score) {
		score = 0
	}
	if t.json {
		return c.printJSON(struct {
			Model   string  `json:"model"`
			Split   string  `json:"split"`
			Method  string  `json:"method"`
			Classes int     `json:"classes"`
			Steps   int     `json:"steps"`
			Seconds float64 `json:"seconds"`
			Loss    float64 `json:"loss"`
			ValDice float64 `json:"val_dice"`
			Stopped string  `json:"stopped"`
		}{path, filepath.Join(t.out, splitFile), t.method, len(s.Classes), summary.Steps, summary.Time.Seconds(), summary.Loss, score, summary.Stopped})
	}
	fmt.Fprintf(c.out, "%s in %v on %s, loss %.4f; mean Dice on the %d that chose the weights: %.3f\n",
		plural(summary.Steps, "step"), summary.Time.Round(time.Second), plural(len(s.split.Train), "subject"), summary.Loss, len(s.split.Val), score)
	fmt.Fprintf(c.out, "The model is %s. What each phi costs and is worth:\n  %s -model %s -data %s\n", path, program("pareto"), path, t.data)
	return nil
}

// plain are letters that no shell reads as anything else.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,=+-"

// again is the command line that goes on with a training.
func (t *trainCommand) again() string {
	now := *t
	f := flag.NewFlagSet("", flag.ContinueOnError)
	now.flags(f)
	now = *t // for flags set the defaults
	now.resume = true
	line := program("train")
	f.VisitAll(func(x *flag.Flag) {
		if x.Value.String() != x.DefValue {
			value := x.Value.String()
			if strings.Trim(value, plain) != "" {
				value = "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
			}
			line += fmt.Sprintf(" -%s=%s", x.Name, value)
		}
	})
	return line
}

// length says how long the training is to be.
func (t *trainCommand) length() string {
	if t.steps > 0 {
		return plural(t.steps, "step")
	}
	return fmt.Sprintf("%v", time.Duration(t.minutes*float64(time.Minute)).Round(time.Second))
}
