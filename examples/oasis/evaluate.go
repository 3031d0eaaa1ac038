package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/tensor/labels"
)

// evaluate is the subcommand evaluate.
type evaluate struct {
	prediction, truth string
	labels            string
	tolerance         float64
	csv, json         bool
}

func (*evaluate) about() string {
	return `-pred DIR -truth DIR [-labels seg4|TABLE.txt] [-tolerance MM] [-csv | -json]

Compares segmentations, .nii or .nii.gz, with the truth, for each structure and
each subject: Dice, the 95th percentile of the Hausdorff distance (HD95), the
average symmetric surface distance (ASSD), the normalised surface Dice at a
tolerance (NSD), and the volume similarity (VS).

A subject is a file of a folder, or a folder in it with a file of labels; the
subject's name is the file's, without its ending, or the inner folder's. Of
several files in an inner folder, -labels seg4 and a table seg4_labels.txt take the
one that is named seg4 or ends in _seg4. Both segmentations of a subject must lie on the same grid.

A structure that only one of them has was missed: it counts as the worst case,
0, or for distances the diagonal of the image. One that neither has does not
count. A mean is that over subjects, each with the mean over its structures.`
}

func (e *evaluate) flags(f *flag.FlagSet) {
	f.StringVar(&e.prediction, "pred", "", "folder of segmentations to judge")
	f.StringVar(&e.truth, "truth", "", "folder of the truth")
	f.StringVar(&e.labels, "labels", "", "names of labels: a colour table, or X for X_labels.txt in -truth; the only one there is found by itself")
	f.Float64Var(&e.tolerance, "tolerance", 1, "mm within which surfaces agree for NSD")
	f.BoolVar(&e.csv, "csv", false, "print a line of CSV for each subject and structure")
	f.BoolVar(&e.json, "json", false, "print the result as JSON")
}

func (e *evaluate) run(ctx context.Context, c console) error {
	if err := needed("pred", e.prediction, "truth", e.truth); err != nil {
		return err
	}
	switch {
	case e.csv && e.json:
		return cli.Usage("-csv and -json: give one of them")
	case !(e.tolerance >= 0) || math.IsInf(e.tolerance, 0):
		return cli.Usage("-tolerance %v: a distance in mm is needed, 0 at least", e.tolerance)
	}
	if err := folders("pred", e.prediction, "truth", e.truth); err != nil {
		return err
	}
	table, kind, err := e.table()
	if err != nil {
		return err
	}
	pairs, without, err := match(e.truth, e.prediction, kind)
	if err != nil {
		return err
	}
	if len(without) > 0 {
		c.note("%d of %d subjects of %s have no prediction and are left out: %s", len(without), len(without)+len(pairs), e.truth, some(without))
	}
	r := comparison{Tolerance: e.tolerance, Without: append([]string{}, without...)}
	bar := newCounter(c.err, "comparing")
	for i, p := range pairs {
		if ctx.Err() != nil {
			bar.end()
			return fmt.Errorf("stopped after %d of %d subjects: %w", i, len(pairs), ctx.Err())
		}
		s, err := p.compare(table, e.tolerance)
		if err != nil {
			bar.end()
			return err
		}
		r.Subjects = append(r.Subjects, s)
		bar.set(i+1, len(pairs))
	}
	bar.end()
	r.summarise()
	r.wonder(c)
	switch {
	case e.csv:
		return r.writeCSV(c.out)
	case e.json:
		return c.printJSON(r)
	}
	r.print(c.out)
	return nil
}

// folders returns an error for the first of pairs of a flag's name and its value
// that is there and no folder.
func folders(flags ...string) error {
	for i := 0; i < len(flags); i += 2 {
		if info, err := os.Stat(flags[i+1]); err == nil && !info.IsDir() {
			return fmt.Errorf("-%s %s: a folder is expected, and this is a file", flags[i], flags[i+1])
		}
	}
	return nil
}

// table reads the names of the labels, nil if there are none, and tells what
// the names of files with such labels end in.
func (e *evaluate) table() (t *labels.Table, kind string, err error) {
	const ending = "_labels.txt"
	if filepath.Ext(e.labels) != "" {
		kind, _ = strings.CutSuffix(filepath.Base(e.labels), ending)
		t, err = labels.ReadFile(e.labels)
		return t, kind, err
	}
	tables, _ := filepath.Glob(filepath.Join(e.truth, "*"+ending))
	var known []string
	for _, path := range tables {
		known = append(known, strings.TrimSuffix(filepath.Base(path), ending))
	}
	kind = e.labels
	if kind == "" {
		if len(known) != 1 {
			return nil, "", nil
		}
		kind = known[0]
	}
	t, err = labels.ReadFile(filepath.Join(e.truth, kind+ending))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; there are tables for %v", err, known)
	}
	return t, kind, err
}
