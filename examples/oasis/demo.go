package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/examples/internal/phantom"
	"github.com/sshn-go/sshn/pareto"
)

// demo is what the program does without a subcommand: all of it once.
type demo struct {
	make  makeData
	train trainCommand
	out   string
	json  bool
}

func (*demo) about() string {
	return `[-out DIR] [-minutes M] [-labels seg4|seg24] [-n N] [-seed S]
       ` + program("make-data|train|pareto|segment|evaluate") + ` -h

Makes procedural brains, trains a Scale-Space HyperNetwork on them, measures it
over phi, chooses a phi, and leaves model, curve and pictures in a folder.
Nothing is downloaded. The subcommands do a step each, on real scans too.`
}

func (d *demo) flags(f *flag.FlagSet) {
	f.StringVar(&d.out, "out", "oasis-out", "folder for all that it makes")
	f.IntVar(&d.make.n, "n", 60, "number of brains to make")
	f.Float64Var(&d.train.minutes, "minutes", 0, "minutes to train; 1.25 if neither this nor -steps is given")
	f.IntVar(&d.train.steps, "steps", 0, "steps to train")
	f.StringVar(&d.train.labels, "labels", "seg4", "labels to learn: seg4 (tissues) or seg24 (structures)")
	f.IntVar(&d.train.width, "width", 32, "channels at each level of the network")
	f.IntVar(&d.train.batch, "batch", 2, "images for each of the four phis in a step")
	f.Uint64Var(&d.train.seed, "seed", 1, "of all that is random")
	f.BoolVar(&d.json, "json", false, "print the result as JSON")
}

func (d *demo) run(ctx context.Context, c console) error {
	say := func(format string, args ...any) {
		if !d.json {
			fmt.Fprintf(c.out, format, args...)
		}
	}
	sweep, err := d.plan()
	if err != nil {
		return err
	}
	if err := d.vacant(); err != nil {
		return err
	}
	say("Making %s in %s.\n", plural(d.make.n, "procedural brain"), d.make.out)
	if err := d.make.make(ctx, c); err != nil {
		return err
	}
	if err := d.clear(); err != nil {
		return err
	}
	s, err := d.train.prepare(c)
	if err != nil {
		return err
	}
	say("Training one network for every phi in (0, %v] on %d of them, %s.\n", d.train.phi, len(s.split.Train), d.train.length())
	m, summary, err := d.train.train(ctx, s, c)
	if err != nil {
		return err
	}
	say("After %s, on %s that chose its weights:\n\n", plural(summary.Steps, "step"), plural(len(s.split.Val), "other"))
	r, err := sweep.measure(ctx, s, m, c)
	if err != nil {
		return err
	}
	if err := sweep.write(s, m, &r); err != nil {
		return err
	}
	if err := d.tidy(); err != nil {
		return err
	}
	test, err := d.test(ctx, s, m, r.Choice.Point.Phi)
	if err != nil {
		return err
	}
	if d.json {
		return c.printJSON(struct {
			result
			Test  pareto.Point `json:"test"` // the chosen phi, on subjects that chose nothing
			Steps int          `json:"steps"`
		}{r, test, summary.Steps})
	}
	if err := r.print(c, false); err != nil {
		return err
	}
	sd := ""
	if len(s.split.Test) > 1 {
		sd = fmt.Sprintf(" (sd %.3f)", test.DiceSD)
	}
	say("On %s that nothing was chosen by, phi %v has a Dice of %.3f%s.\n", plural(len(s.split.Test), "brain"), test.Phi, test.Dice, sd)
	d.next(s, test.Phi, say)
	return nil
}

// plan fills in what the demo does not ask for, and checks the rest before
// anything is made.
func (d *demo) plan() (*paretoCommand, error) {
	d.make.out, d.make.dims, d.make.mm, d.make.seed = filepath.Join(d.out, "data"), 2, 1, d.train.seed
	d.make.contrast = string(phantom.Mixed)
	d.train.data, d.train.out = d.make.out, d.out
	d.train.method, d.train.phi = "sshn", 0.5
	d.train.split, d.train.levels, d.train.parts, d.train.every = usualSplit, 5, 4, 100
	if d.train.steps == 0 && d.train.minutes == 0 {
		d.train.minutes = 1.25
	}
	if err := d.make.check(); err != nil {
		return nil, err
	}
	if labels := []string{"seg4", "seg24"}; !slices.Contains(labels, d.train.labels) {
		return nil, cli.Usage("-labels %q: the brains have %s", d.train.labels, strings.Join(labels, ", "))
	}
	if d.make.n < 3 {
		return nil, cli.Usage("-n %d: at least 3 brains are needed", d.make.n)
	}
	return &paretoCommand{model: filepath.Join(d.out, modelFile), split: "val", epsilon: 0.01, pictures: d.out}, d.train.check()
}

// test measures the chosen phi on the subjects that nothing was chosen by.
func (d *demo) test(ctx context.Context, s *study, m *sshn.Model, phi pareto.Phi) (pareto.Point, error) {
	part, err := s.part("test")
	if err != nil {
		return pareto.Point{}, err
	}
	curve, err := m.Measure(ctx, part, []pareto.Phi{phi}, nil)
	if err != nil {
		return pareto.Point{}, err
	}
	return curve.Points[0], nil
}

// vacant returns an error if the folder holds a model or a training that is not
// a demonstration's, whose data would lie beside it, or one that is at work.
func (d *demo) vacant() error {
	for _, name := range []string{modelFile, lastFile} {
		if path := filepath.Join(d.out, name); exists(path) && !exists(d.make.out) {
			return fmt.Errorf("%s is there already, and not of a demonstration: choose another -out", path)
		}
	}
	return idle(d.out)
}

// clear removes what an earlier demonstration left, so that none of it lies
// beside a new checkpoint if this one is interrupted.
func (d *demo) clear() error {
	if err := remove(filepath.Join(d.out, modelFile)); err != nil {
		return err
	}
	return errors.Join(d.tidy(), forget(d.out))
}

// tidy removes the checkpoints, which take four times the model's room.
func (d *demo) tidy() error {
	return errors.Join(remove(filepath.Join(d.out, lastFile)), remove(filepath.Join(d.out, "best.safetensors")))
}

// next says what is where, and what to try.
func (d *demo) next(s *study, phi pareto.Phi, say func(string, ...any)) {
	in := func(name string) string { return filepath.Join(d.out, name) }
	scan, _ := s.Files(0)
	say(`
%s  the model, with labels, phi range, preprocessing and curve
%s  accuracy against cost, also as .png, .csv and .json
%s  image, truth and prediction at each phi

Next:
  %s -model %s -in %s -out %s -phi %v
  %s -h
`,
		in(modelFile), in("curve.svg"), in("phi-*.png"),
		program("segment"), in(modelFile), scan, in("seg.nii.gz"), phi, program("train"))
}
