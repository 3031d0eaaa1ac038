package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/pareto"
)

// paretoCommand is the subcommand pareto.
type paretoCommand struct {
	model, data string
	split       string
	phis        []pareto.Phi
	by          pareto.Cost
	epsilon     float64
	reference   float64
	pictures    string
	structures  bool
	keep        bool
	json        bool
}

func (*paretoCommand) about() string {
	return `-model FILE -data DIR [-split val|test|all] [-phis 0.1,0.2,0.5 | -phis 0.05:0.5:10]
       [-per-structure] [-keep]

Measures a model over phi: Dice on the subjects of a part of the data, and for
one image MACs, memory and latency. Phis of equal feature-map sizes are measured
once. It prints the table and the phi that it would choose.

The first curve of a model, unless of test, is saved in the model's file, where
segment's budgets look, and drawn beside it (curve.svg, .png, .csv, .json). A
later one is drawn only (curve-test.svg and so on), and replaces that of the
model with -keep.`
}

func (p *paretoCommand) flags(f *flag.FlagSet) {
	modelFlag(f, &p.model)
	f.StringVar(&p.data, "data", "", "folder of subjects")
	f.StringVar(&p.split, "split", "val", "subjects to measure on: val, test or all; choose by val, report on test")
	f.Func("phis", "the phis, as 0.1,0.2,0.5 or as least:greatest:number (default: 10 across the trained range)", func(text string) (err error) {
		p.phis, err = parsePhis(text)
		return err
	})
	f.TextVar(&p.by, "by", pareto.ByMACs, "what is to be cheap: macs, bytes or seconds")
	f.Float64Var(&p.epsilon, "epsilon", 0.01, "how much Dice may be given up for a cheaper phi")
	f.Float64Var(&p.reference, "reference", 0, "cost from which the hypervolume is measured; 0 is 1.1 times the greatest here")
	f.StringVar(&p.pictures, "pictures", "", "folder for pictures of one subject at each phi: image, truth and prediction")
	f.BoolVar(&p.structures, "per-structure", false, "print also the Dice of each structure")
	f.BoolVar(&p.keep, "keep", false, "save the curve in the model, in place of the one that it has")
	f.BoolVar(&p.json, "json", false, "print the result as JSON, with the Dice of each structure")
}

func (p *paretoCommand) run(ctx context.Context, c console) error {
	if err := needed("model", p.model, "data", p.data); err != nil {
		return err
	}
	switch {
	case p.split != "val" && p.split != "test" && p.split != "all":
		return cli.Usage("-split %q: val, test and all are possible", p.split)
	case !(p.epsilon >= 0 && p.epsilon < 1):
		return cli.Usage("-epsilon %v: Dice that may be given up lies in [0, 1)", p.epsilon)
	case !(p.reference >= 0) || math.IsInf(p.reference, 0):
		return cli.Usage("-reference %v: a cost above 0 is needed, or 0 for the usual one", p.reference)
	}
	m, err := sshn.Load(p.model)
	if err != nil {
		return err
	}
	s, err := reopen(p.data, m, p.model, p.split, c)
	if err != nil {
		return err
	}
	r, err := p.measure(ctx, s, m, c)
	if err != nil {
		return err
	}
	unwritten := p.write(s, m, &r) // what took minutes to measure is told all the same
	if p.json {
		return errors.Join(unwritten, c.printJSON(r))
	}
	if err := r.print(c, p.structures); err != nil {
		return errors.Join(unwritten, err)
	}
	if unwritten == nil || r.Kept {
		r.printKept(c)
	}
	return unwritten
}

// A result is what was measured of a model and what follows from it.
type result struct {
	Model   string        `json:"model"`
	Curve   sshn.Curve    `json:"curve"`
	Small   []string      `json:"left_out"` // structures of too few elements for a Dice to tell much
	Choice  pareto.Choice `json:"choice"`
	Volume  pareto.Volume `json:"hypervolume"`
	Kept    bool          `json:"kept"`    // whether segment's budgets look at this curve
	Drawing string        `json:"drawing"` // without the ending: .svg, .png, .csv, .json; empty if it could not be written

	measured sshn.Curve // of all structures
	before   sshn.Curve // what the model kept
}

// measure sweeps m on the chosen part of the data and chooses a phi.
func (p *paretoCommand) measure(ctx context.Context, s *study, m *sshn.Model, c console) (result, error) {
	r := result{Model: p.model, before: m.Curve}
	part, err := s.part(p.split)
	if err != nil {
		return r, err
	}
	phis := p.phis
	if phis == nil {
		phis = trained(m)
	}
	for _, phi := range phis {
		c.warn(m, phi)
	}
	bar := newCounter(c.err, "measuring phis")
	curve, err := m.Measure(ctx, part, phis, bar.set)
	bar.end()
	if err != nil {
		return r, err
	}
	curve.Split = p.split
	if r.Choice, err = pareto.Cheapest(curve.Points, p.by, p.epsilon); err != nil {
		return r, err
	}
	reference := pareto.Reference{Cost: p.reference}
	if reference.Cost == 0 {
		for _, point := range curve.Points {
			reference.Cost = max(reference.Cost, 1.1*p.by.Of(point))
		}
	}
	r.Volume = pareto.Hypervolume(curve.Points, p.by, reference)
	r.measured = curve
	r.Curve, r.Small = large(curve)
	return r, nil
}

// write leaves the curve beside the model's file, and in it if it is to be kept,
// and the pictures that were asked for.
func (p *paretoCommand) write(s *study, m *sshn.Model, r *result) error {
	drawing := filepath.Join(filepath.Dir(p.model), "curve-"+p.split)
	if p.keep || m.Curve.Points == nil && p.split != "test" {
		drawing = filepath.Join(filepath.Dir(p.model), "curve")
		m.Curve = r.measured
		if err := m.Save(p.model); err != nil {
			return err
		}
		r.Kept = true
	}
	if err := writeCurve(drawing, m, r.measured, r.Choice); err != nil {
		return err
	}
	r.Drawing = drawing
	if p.pictures == "" {
		return nil
	}
	part, err := s.part(p.split)
	if err != nil {
		return err
	}
	one, err := part.Load(0)
	if err != nil {
		return err
	}
	return writePictures(p.pictures, m, r.measured.Points, s.Set, one)
}

// least is how many elements of a structure there must be, in all subjects
// together, for its Dice to tell of the model more than of chance.
const least = 100

// large takes the structures of too few elements out of a curve, and names them.
func large(curve sshn.Curve) (sshn.Curve, []string) {
	small := []string{}
	all := curve.Structures
	curve.Structures = []sshn.Structure{}
	for _, s := range all {
		if s.Elements < least {
			small = append(small, s.Name)
			continue
		}
		curve.Structures = append(curve.Structures, s)
	}
	return curve, small
}

// trained returns phis across the range that m was trained on.
func trained(m *sshn.Model) []pareto.Phi {
	cfg := m.Config()
	if cfg.At != nil {
		return []pareto.Phi{cfg.At}
	}
	return pareto.Grid(max(cfg.Prior.Lo, cfg.Prior.Hi/10), cfg.Prior.Hi, 10)
}

// print prints the table, the choice with its reason, and the hypervolume.
func (r result) print(c console, perStructure bool) error {
	if err := pareto.WriteTable(c.out, r.Curve.Points, r.Choice.By, r.Choice.Point); err != nil {
		return err
	}
	say := "Chosen:"
	if r.Curve.Split == "test" {
		say = "By this alone one would choose"
	}
	fmt.Fprintf(c.out, "\n%s %v.\n%v\n", say, r.Choice, r.Volume)
	if least, most := r.memory(); len(r.Curve.Points) > 1 && most < 1.25*least {
		fmt.Fprintf(c.out, "Memory hardly depends on phi (%s to %s): the finest level, whose maps have the extents of the\nimage, decides it. So a budget of memory (-max-mb) can choose little.\n",
			pareto.ByBytes.Format(least), pareto.ByBytes.Format(most))
	}
	if perStructure {
		r.printStructures(c)
	}
	return nil
}

// memory returns the least and the most bytes that a phi takes.
func (r result) memory() (least, most float64) {
	least = math.Inf(1)
	for _, p := range r.Curve.Points {
		least, most = min(least, float64(p.Bytes)), max(most, float64(p.Bytes))
	}
	return least, most
}

// printStructures prints the Dice of each structure at each phi.
func (r result) printStructures(c console) {
	width := len("mean of these")
	for _, s := range r.Curve.Structures {
		width = max(width, len(s.Name))
	}
	fmt.Fprintf(c.out, "\nDice of each structure, the mean over subjects, by phi:\n%-*s %9s", width, "structure", "elements")
	for _, p := range r.Curve.Points {
		fmt.Fprintf(c.out, " %6v", p.Phi)
	}
	means := make([]float64, len(r.Curve.Points))
	for _, s := range r.Curve.Structures {
		fmt.Fprintf(c.out, "\n%-*s %9d", width, s.Name, s.Elements)
		for i, dice := range s.Dice {
			fmt.Fprintf(c.out, " %6.3f", dice)
			means[i] += dice / float64(len(r.Curve.Structures))
		}
	}
	fmt.Fprintf(c.out, "\n%-*s %9s", width, "mean of these", "")
	for _, mean := range means {
		fmt.Fprintf(c.out, " %6.3f", mean)
	}
	fmt.Fprintln(c.out)
	if len(r.Small) > 0 {
		fmt.Fprintf(c.out, "Left out, with fewer than %d elements in all subjects together: %s.\n", least, strings.Join(r.Small, ", "))
	}
}

// printKept says whether the model's file holds the curve now, and where it is
// drawn.
func (r result) printKept(c console) {
	switch {
	case r.Kept:
		fmt.Fprintf(c.out, "\n%s holds this curve now: segment takes its most accurate phi within a budget, or with -phi %v the one chosen here.\n", r.Model, r.Choice.Point.Phi)
		if r.measured.Split == "test" {
			fmt.Fprintln(c.out, "It was measured on test, so that phi is chosen by those subjects now, and none is left to report on.")
		}
	case r.before.Points == nil:
		fmt.Fprintf(c.out, "\n%s holds no curve yet, and is as it was, for phi is chosen by val and not by test; -keep puts this one in.\n", r.Model)
	default:
		fmt.Fprintf(c.out, "\n%s is as it was, with its curve of %s (%s, %s); -keep replaces that by this one.\n", r.Model,
			r.before.Split, plural(r.before.Subjects, "subject"), plural(len(r.before.Points), "phi"))
	}
	if r.Drawing != "" {
		fmt.Fprintf(c.out, "It is drawn in %s.svg, also as .png, .csv and .json.\n", r.Drawing)
	}
}

func parsePhis(text string) ([]pareto.Phi, error) {
	if fields := strings.Split(text, ":"); len(fields) == 3 {
		lo, err1 := strconv.ParseFloat(fields[0], 64)
		hi, err2 := strconv.ParseFloat(fields[1], 64)
		n, err3 := strconv.Atoi(fields[2])
		if errors.Join(err1, err2, err3) != nil || !(lo > 0 && lo <= hi && hi <= 1) || n < 1 || n > 1000 {
			return nil, errors.New("least:greatest:number is expected, of phis in (0, 1], as in 0.05:0.5:10")
		}
		return pareto.Grid(lo, hi, n), nil
	}
	if strings.Contains(text, ":") {
		return nil, errors.New("least:greatest:number is expected, as in 0.05:0.5:10, or a list, as in 0.1,0.2,0.5")
	}
	var phis []pareto.Phi
	for field := range strings.SplitSeq(text, ",") {
		phi, err := parsePhi(field)
		if err != nil {
			return nil, err
		}
		phis = append(phis, phi)
	}
	return phis, nil
}

// parsePhi reads a phi that makes maps no larger than the image.
func parsePhi(text string) (pareto.Phi, error) {
	phi, err := pareto.ParsePhi(text)
	if err == nil && slices.Max(phi) > 1 {
		err = fmt.Errorf("phi %v: it lies in (0, 1]", phi)
	}
	return phi, err
}
