package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/examples/internal/neurite"
	"github.com/sshn-go/sshn/examples/internal/phantom"
)

// makeData is the subcommand make-data.
type makeData struct {
	out      string
	n        int
	dims     int
	seed     uint64
	mm       float64
	from     string
	maps     string
	contrast string
	json     bool

	sources []neurite.Map // of -from, as -maps says
}

func (*makeData) about() string {
	return `-out DIR -n N [-dims 2|3] [-seed S]
       [-from LABELMAPS [-maps 1-16] [-contrast mixed|t1|any]]

Makes brains, labels and images, in the layout and under the file names of
neurite-OASIS: slices with the labels seg4 and seg24, or volumes with seg4 and
seg35. Slices and volumes may go into one folder. Subjects of an earlier making
are made anew; a folder that lists others is refused.

Without -from the brains are procedural and T1-like, and no file is read.

With -from they have the anatomy of label maps: no image is needed, and none of
the contrast that a network is to be trained for. Each subject is a map in turn,
deformed, with an intensity for each structure, texture, bias field, blur, slices
up to 4 mm thick, and noise. The folder has the layout of neurite-OASIS
(aligned_seg35), or NIfTI files with FreeSurfer's labels (aseg), of any
orientation and spacing. The subjects of map NAME are SYNTH_NAME_MR1, _MR2 and so
on, sessions of one person, whom train puts into one part of its split alone.`
}

func (d *makeData) flags(f *flag.FlagSet) {
	f.StringVar(&d.out, "out", "", "folder to write")
	f.IntVar(&d.n, "n", 0, "number of subjects")
	f.IntVar(&d.dims, "dims", 2, "2 for slices, 3 for volumes")
	f.Uint64Var(&d.seed, "seed", 1, "of all that is random; subject i is the same whatever -n is")
	f.Float64Var(&d.mm, "spacing", 1, "mm between voxels; 1 gives the extents of neurite-OASIS, 160 x 192 (x 224)")
	f.StringVar(&d.from, "from", "", "folder of label maps to make subjects from")
	f.StringVar(&d.maps, "maps", "", "which of them, by their places in the folder, as in 1-16 or 1,3,5-8; all if empty")
	f.StringVar(&d.contrast, "contrast", string(phantom.Mixed), "intensities with -from: t1, any (of each structure at random), or mixed (of each subject either)")
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
	maps := min(d.n, len(d.sources)) // that a subject is of
	if d.json {
		return c.printJSON(struct {
			Dir      string   `json:"dir"`
			Subjects int      `json:"subjects"`
			Dims     int      `json:"dims"`
			Maps     int      `json:"maps,omitempty"`
			Labels   []string `json:"labels"`
			Seed     uint64   `json:"seed"`
		}{d.out, d.n, d.dims, maps, labels, d.seed})
	}
	of := ""
	if d.from != "" {
		of = fmt.Sprintf(" of %s", plural(maps, "map"))
	}
	fmt.Fprintf(c.out, "%s%s in %s, with labels %s and %s\n", plural(d.n, "subject"), of, d.out, labels[0], labels[1])
	return nil
}

func (d *makeData) check() error {
	if err := needed("out", d.out); err != nil {
		return err
	}
	switch {
	case d.n < 1 || d.n > 9999:
		return cli.Usage("-n %d: 1 to 9999 subjects are possible", d.n)
	case d.dims != 2 && d.dims != 3:
		return cli.Usage("-dims %d: 2 for slices and 3 for volumes are possible", d.dims)
	case !(d.mm >= 0.5 && d.mm <= 16):
		return cli.Usage("-spacing %v: 0.5 to 16 mm are possible", d.mm)
	case !slices.Contains(phantom.Contrasts, phantom.Contrast(d.contrast)):
		return cli.Usage("-contrast %q is unknown; there are %v", d.contrast, phantom.Contrasts)
	case d.from == "" && (d.maps != "" || d.contrast != string(phantom.Mixed)):
		return cli.Usage("-maps and -contrast are of label maps: -from is needed")
	}
	return d.find()
}

// find finds the label maps, if there are to be any.
func (d *makeData) find() error {
	if d.from == "" {
		return nil
	}
	all, err := neurite.FindMaps(d.from)
	if err != nil {
		return err
	}
	if d.sources = all; d.maps == "" {
		return nil
	}
	places, err := places(d.maps, len(all))
	if err != nil {
		return cli.Usage("-maps %s: %v", d.maps, err)
	}
	d.sources = nil
	for _, at := range places {
		d.sources = append(d.sources, all[at-1])
	}
	return nil
}

// places reads a list of places from 1 to n, as in 1,3,5-8.
func places(text string, n int) ([]int, error) {
	var all []int
	for field := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(field, "-")
		if !isRange {
			to = from
		}
		lo, err := strconv.Atoi(from)
		hi, err2 := strconv.Atoi(to)
		switch {
		case err != nil || err2 != nil:
			return nil, errors.New("places such as 1-16 or 1,3,5-8 are possible")
		case lo < 1 || hi > n || lo > hi:
			return nil, fmt.Errorf("%s does not lie from 1 to %d, the maps that there are", field, n)
		}
		for at := lo; at <= hi; at++ {
			if slices.Contains(all, at) {
				return nil, fmt.Errorf("%d stands twice", at)
			}
			all = append(all, at)
		}
	}
	return all, nil
}

// make writes the subjects. When ctx is done it stops; the folder's subjects.txt,
// if there is one, then does not list them.
func (d *makeData) make(ctx context.Context, c console) error {
	recipe := neurite.Recipe{Subjects: d.n, Dims: d.dims, Seed: d.seed, Maps: d.sources}
	recipe.Phantom.Spacing = d.mm
	recipe.Phantom.Contrast = phantom.Contrast(d.contrast)
	bar := newCounter(c.err, "making brains")
	defer bar.end()
	made := 0
	err := neurite.Make(ctx, d.out, recipe, func(done, of int) {
		made = done
		bar.set(done, of)
	})
	if err != nil && ctx.Err() != nil {
		return cli.Stopped("stopped after %d of %s; the same command makes all of them", made, plural(d.n, "subject"))
	}
	return err
}
