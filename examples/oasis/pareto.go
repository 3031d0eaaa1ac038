package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sshn-go/sshn"
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
	json        bool
}

func (*paretoCommand) about() string {
	return `-model FILE -data DIR [-split val|test|all] [-phis 0.1,0.2,0.5 | -phis 0.05:0.5:10]

Measures a model over phi: Dice on the subjects of a part of the data, and for
one image MACs, memory and latency. Phis of equal feature-map sizes are measured
once. It prints the table and the phi that it would choose, saves the curve in
the model, where segment's budgets look, and draws it beside the model
(curve.svg, .png, .csv, .json).`
}

func (p *paretoCommand) flags(f *flag.FlagSet) {
	f.StringVar(&p.model, "model", "", "model that train saved; "+splitFile+" lies beside it")
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
	f.BoolVar(&p.json, "json", false, "print the result as JSON")
}

func (p *paretoCommand) run(ctx context.Context, c console) error {
	if err := needed("model", p.model, "data", p.data); err != nil {
		return err
	}
	switch {
	case p.split != "val" && p.split != "test" && p.split != "all":
		return usage("-split %q: val, test and all are possible", p.split)
	case !(p.epsilon >= 0 && p.epsilon < 1) || !(p.reference >= 0) || math.IsInf(p.reference, 0):
		return usage("-epsilon %v, -reference %v: a share of Dice and a cost", p.epsilon, p.reference)
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
	if p.json {
		return c.printJSON(r)
	}
	return r.print(c)
}

// A result is a model's curve and what follows from it.
type result struct {
	Model  string         `json:"model"`
	Split  string         `json:"split"`
	Curve  []pareto.Point `json:"curve"`
	Choice pareto.Choice  `json:"choice"`
	Volume pareto.Volume  `json:"hypervolume"`
}

// measure sweeps m on the chosen part of the data, chooses a phi, and leaves
// the curve in the model's file and beside it.
func (p *paretoCommand) measure(ctx context.Context, s *study, m *sshn.Model, c console) (result, error) {
	r := result{Model: p.model, Split: p.split}
	part, err := s.part(p.split)
	if err != nil {
		return r, err
	}
	phis := p.phis
	if phis == nil {
		phis = trained(m)
	}
	bar := newCounter(c.err, "measuring phis")
	r.Curve, err = m.Sweep(ctx, part, phis, bar.set)
	bar.end()
	if err != nil {
		return r, err
	}
	if r.Choice, err = pareto.Cheapest(r.Curve, p.by, p.epsilon); err != nil {
		return r, err
	}
	reference := pareto.Reference{Cost: p.reference}
	if reference.Cost == 0 {
		for _, point := range r.Curve {
			reference.Cost = max(reference.Cost, 1.1*p.by.Of(point))
		}
	}
	r.Volume = pareto.Hypervolume(r.Curve, p.by, reference)
	if err := m.Save(p.model); err != nil {
		return r, err
	}
	if err := writeCurve(filepath.Dir(p.model), m, r.Choice); err != nil || p.pictures == "" {
		return r, err
	}
	one, err := part.Load(0)
	if err != nil {
		return r, err
	}
	return r, writePictures(p.pictures, m, s.Set, one)
}

// trained returns phis across the range that m was trained on.
func trained(m *sshn.Model) []pareto.Phi {
	cfg := m.Config()
	switch {
	case cfg.At != nil:
		return []pareto.Phi{cfg.At}
	case cfg.Prior.Lo == cfg.Prior.Hi:
		return []pareto.Phi{{cfg.Prior.Hi}}
	}
	return pareto.Grid(max(cfg.Prior.Lo, cfg.Prior.Hi/10), cfg.Prior.Hi, 10)
}

// print prints the table, the choice with its reason, and the hypervolume.
func (r result) print(c console) error {
	if err := pareto.WriteTable(c.out, r.Curve, r.Choice.By, r.Choice.Point); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "\nChosen: %v.\n%v\n", r.Choice, r.Volume)
	return nil
}

func parsePhis(text string) ([]pareto.Phi, error) {
	if fields := strings.Split(text, ":"); len(fields) == 3 {
		lo, err1 := strconv.ParseFloat(fields[0], 64)
		hi, err2 := strconv.ParseFloat(fields[1], 64)
		n, err3 := strconv.Atoi(fields[2])
		if errors.Join(err1, err2, err3) != nil || !(lo > 0 && lo <= hi && hi <= 16) || n < 1 || n > 1000 {
			return nil, errors.New("least:greatest:number is expected, as in 0.05:0.5:10")
		}
		return pareto.Grid(lo, hi, n), nil
	}
	var phis []pareto.Phi
	for field := range strings.SplitSeq(text, ",") {
		phi, err := pareto.ParsePhi(field)
		if err != nil {
			return nil, err
		}
		phis = append(phis, phi)
	}
	return phis, nil
}
