package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/internal/lockfile"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/unet"
)

// resultFile holds what was found.
const resultFile = "results.jsonl"

// study trains and measures all networks that are not yet in the result file,
// and keeps what was found after each.
func (o *options) study(ctx context.Context, stdout, stderr io.Writer) error {
	path := filepath.Join(o.out, resultFile)
	if o.reportOnly {
		found, err := result.Load(path)
		if err != nil {
			return err
		}
		return o.report(found, stdout)
	}
	if err := os.MkdirAll(o.out, 0o777); err != nil {
		return err
	}
	release, err := lockfile.Take(o.out) // two would write over each other's results
	if err != nil {
		return err
	}
	defer release()
	if err := atomicfile.Sweep(path); err != nil {
		return err
	}
	s, err := o.open()
	if err != nil {
		return err
	}
	for _, note := range s.notes {
		fmt.Fprintln(stderr, "note:", note)
	}
	found, err := o.load(path, s)
	if err != nil {
		return err
	}
	planned := o.plan(s)
	if most := min(len(planned), runtime.GOMAXPROCS(0)); o.jobs > most {
		fmt.Fprintf(stderr, "note: -jobs %d for %d processors and %d networks: %d at once\n", o.jobs, runtime.GOMAXPROCS(0), len(planned), most)
		o.jobs = most
	}
	fmt.Fprintf(stdout, "%d subjects to train on, %d to choose weights by, %d to report on.\n",
		found.Study.Train, found.Study.Val, found.Study.Test)
	if err := alike(planned, found); err != nil {
		return fmt.Errorf("%s is of another study: %w; choose another -out", path, err)
	}
	c := &crew{options: o, set: s, path: path, board: &board{w: stderr}, found: found, progress: newProgress(planned, found)}
	if err := c.work(ctx); err != nil {
		return o.stopped(ctx, c.progress, err)
	}
	if err := o.draw(s); err != nil {
		return fmt.Errorf("pictures: %w", err)
	}
	return o.report(found, stdout)
}

// stopped says, after an interrupt, how to go on.
func (o *options) stopped(ctx context.Context, p *progress, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return cli.Stopped("stopped with %s; the same command goes on with what is under way", p)
}

// load reads the results that there are, or begins a file, so that a study that
// is stopped within its first network goes on as it was begun. It returns an
// error if they are of another study.
func (o *options) load(path string, s *set) (*result.File, error) {
	found, err := result.Load(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if o.settings.wide == 0 {
		o.settings.wide = 2 * o.settings.width
		if found != nil {
			o.settings.wide = found.Study.Wide
		}
	}
	c := o.settings
	now := result.Study{
		Data: filepath.Base(filepath.Clean(o.data)), Extents: s.test[0].Labels.Shape.Dims(),
		Train: len(data.Subjects(s.train)), Val: len(data.Subjects(s.val)), Test: len(data.Subjects(s.test)), Truth: s.hash(),
		Width: c.width, Wide: c.wide, Levels: c.levels, Batch: c.batch * c.parts, Parts: c.parts, Plain: c.plain,
		Norm: c.norm, Sampling: c.sampling, Widen: c.widen, Coarsest: c.coarsest,
		Steps: o.steps, Minutes: o.minutes, Every: o.every, Rate: c.rate, HeadRate: c.headRate,
		Processors: runtime.GOMAXPROCS(0), Machine: machine(),
	}
	for _, class := range s.classes[1:] {
		now.Structures = append(now.Structures, class.Name)
	}
	if found == nil {
		begun := &result.File{Study: now}
		return begun, begun.Save(path)
	}
	if len(found.Lines) == 0 {
		found.Study.Processors = now.Processors
	}
	const and = " and "
	if known := &found.Study.Machine; !slices.Contains(strings.Split(*known, and), now.Machine) { // it goes on elsewhere
		*known = strings.TrimPrefix(*known+and+now.Machine, and)
	}
	then := found.Study
	then.Processors, then.Machine = now.Processors, now.Machine // times differ, nothing else
	if then.Every == 0 {
		then.Every = now.Every // a file of before it was told
	}
	if then.Norm == "" {
		then.Norm = string(unet.NoNorm) // likewise
	}
	if then.Sampling == "" {
		then.Sampling = result.Antialiased // likewise
	}
	if then.Truth == "" {
		then.Truth = now.Truth // likewise
	}
	if !reflect.DeepEqual(then, now) {
		return nil, fmt.Errorf("%s is of another study: %s; choose another -out", path, differences(then, now))
	}
	return found, nil
}

// alike returns an error if a network that is planned was trained for another
// range of phi, which its name does not tell, or if there would be networks of
// several ranges, or fixed ones beyond that of the others, which do not compare.
func alike(planned []network, found *result.File) error {
	for _, n := range planned {
		p := n.cfg.Prior
		for _, l := range found.Lines {
			if l.Network == n.name() && (l.Lo != p.Lo || l.Hi != p.Hi) {
				return fmt.Errorf("%s was trained for phi from %v to %v, is to be for %v to %v", l.Network, l.Lo, l.Hi, p.Lo, p.Hi)
			}
		}
	}
	all := slices.Clone(found.Lines)
	for _, n := range planned {
		all = append(all, result.Line{Network: n.name(), Method: n.method, Variant: n.variant, Hi: n.cfg.Prior.Hi})
	}
	var many, fixed result.Line // that reach furthest
	for _, l := range all {
		switch {
		case l.Variant != "" || l.Method == result.Wide || l.Method == result.Constant:
		case l.Method == result.Fixed:
			if l.Hi > fixed.Hi {
				fixed = l
			}
		case many.Hi != 0 && many.Hi != l.Hi:
			return fmt.Errorf("%s is for phis up to %v, %s for phis up to %v", many.Network, many.Hi, l.Network, l.Hi)
		default:
			many = l
		}
	}
	if many.Hi != 0 && fixed.Hi > many.Hi {
		return fmt.Errorf("%s is for phis up to %v, and %s is beyond", many.Network, many.Hi, fixed.Network)
	}
	return nil
}

// differences names the fields that differ.
func differences(then, now result.Study) string {
	var all []string
	a, b := reflect.ValueOf(then), reflect.ValueOf(now)
	for i := range a.NumField() {
		if x, y := a.Field(i).Interface(), b.Field(i).Interface(); !reflect.DeepEqual(x, y) {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
			all = append(all, fmt.Sprintf("%s was %v, is %v", name, x, y))
		}
	}
	return strings.Join(all, "; ")
}
