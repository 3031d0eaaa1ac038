package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/sshn-go/sshn/examples/internal/neurite"
)

// makeData is the subcommand make-data.
type makeData struct {
	out  string
	n    int
	dims int
	seed uint64
	mm   float64
	json bool
}

func (*makeData) about() string {
	return `-out DIR -n N [-dims 2|3] [-seed S]

Makes procedural brains, labels and T1-like images, in the layout and under the
file names of neurite-OASIS: slices with the labels seg4 and seg24, or volumes
with seg4 and seg35. No file is read. Slices and volumes may go into one folder.
Subjects of an earlier making are made anew; a folder of more of them than -n is
refused.`
}

func (d *makeData) flags(f *flag.FlagSet) {
	f.StringVar(&d.out, "out", "", "folder to write")
	f.IntVar(&d.n, "n", 0, "number of subjects")
	f.IntVar(&d.dims, "dims", 2, "2 for slices, 3 for volumes")
	f.Uint64Var(&d.seed, "seed", 1, "of all that is random; subject i is the same whatever -n is")
	f.Float64Var(&d.mm, "spacing", 1, "mm between voxels; 1 gives the extents of neurite-OASIS, 160 x 192 (x 224)")
	f.BoolVar(&d.json, "json", false, "print the result as JSON")
}

func (d *makeData) run(ctx context.Context, c console) error {
	if err := d.check(); err != nil {
		return err
	}
	if err := d.make(ctx, c); err != nil {
		return err
	}
	labels := []string{"seg4", "seg24"}
	if d.dims == 3 {
		labels[1] = "seg35"
	}
	if d.json {
		return c.printJSON(struct {
			Dir      string   `json:"dir"`
			Subjects int      `json:"subjects"`
			Dims     int      `json:"dims"`
			Labels   []string `json:"labels"`
			Seed     uint64   `json:"seed"`
		}{d.out, d.n, d.dims, labels, d.seed})
	}
	fmt.Fprintf(c.out, "%s in %s, with labels %s and %s\n", plural(d.n, "subject"), d.out, labels[0], labels[1])
	return nil
}

func (d *makeData) check() error {
	if err := needed("out", d.out); err != nil {
		return err
	}
	switch {
	case d.n < 1 || d.n > 9999:
		return usage("-n %d: 1 to 9999 subjects are possible", d.n)
	case d.dims != 2 && d.dims != 3:
		return usage("-dims %d: 2 for slices and 3 for volumes are possible", d.dims)
	case !(d.mm >= 0.5 && d.mm <= 16):
		return usage("-spacing %v: 0.5 to 16 mm are possible", d.mm)
	}
	return nil
}

// make writes the subjects. It stops after the one at hand when ctx is done;
// the folder then lacks its subjects.txt.
func (d *makeData) make(ctx context.Context, c console) error {
	recipe := neurite.Recipe{Subjects: d.n, Dims: d.dims, Seed: d.seed}
	recipe.Phantom.Spacing = d.mm
	bar := newCounter(c.err, "making brains")
	defer bar.end()
	return neurite.Make(ctx, d.out, recipe, bar.set)
}
