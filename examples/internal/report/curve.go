package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/pareto"
)

// Table returns, as Markdown for a README, what each method of a study costs
// and achieves: its networks, their training time, the Dice at each phi and the
// hypervolume, and below the table what the numbers are. Of a study of analyses
// alone it is empty.
func Table(f *result.File) string {
	s := newFindings(f, pareto.Reference{})
	if len(s.own) == 0 {
		return ""
	}
	t := s.methodsTable()
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.Head)
	b.WriteString("|---" + strings.Repeat("|---:", len(t.Head)-1) + "|\n")
	for _, row := range t.Rows {
		line(row)
	}
	b.WriteString("\n" + t.Note + "\n")
	return b.String()
}

func (s *findings) methodsTable() table {
	t := table{Head: []string{"method", "networks", "training time"}}
	for i, phi := range s.grid {
		t.Head = append(t.Head, phiHead(i, phi))
	}
	t.Head = append(t.Head, "hypervolume")
	for _, g := range s.own {
		networks, seconds := g.training()
		row := []string{Name(g.method), count(networks), duration(seconds)}
		for _, phi := range s.grid {
			row = append(row, g.at(phi).String())
		}
		t.Rows = append(t.Rows, append(row, g.volume(s.grid, s.ref).String()))
	}
	t.Note = fmt.Sprintf("Dice is the mean over %s of the mean over structures%s. "+
		"Networks and training time are those of the whole curve for one seed%s%s. %s",
		plural(s.Study.Test, "subject"), overSeeds(", ± the standard deviation over seeds", s.own), s.untimed(), s.shared("; "), s.reference())
	return t
}

// untimed says of how many networks the file has no time, if it has that of others.
func (s *findings) untimed() string {
	timed := map[string]bool{} // networks
	for _, g := range s.own {
		for _, l := range g.lines {
			timed[l.Network] = timed[l.Network] || l.Seconds > 0
		}
	}
	all, lack := len(timed), 0
	for _, is := range timed {
		if !is {
			lack++
		}
	}
	if lack == 0 || lack == all {
		return ""
	}
	return fmt.Sprintf("; %d of %s have no time in the file and are taken to need what others of their method do", lack, plural(all, "network"))
}

// shared says, after some words that lead to it, that times are not those of the
// whole machine, or not all of as many processors, if that is so.
func (s *findings) shared(lead string) string {
	least, most, others := 0, 0, false
	for _, l := range s.Lines {
		if l.Seconds == 0 && l.Latency == 0 {
			continue // no time to speak of
		}
		others = others || l.Processors != 0
		if jobs := max(1, l.Jobs); most == 0 {
			least, most = jobs, jobs
		} else {
			least, most = min(least, jobs), max(most, jobs)
		}
	}
	switch {
	case least < most:
		return fmt.Sprintf("%sup to %d networks were trained at once, some with more beside them than others, so that times do not compare", lead, most)
	case others:
		return lead + "not all networks were trained by as many processors, so that times do not compare"
	case most <= 1:
		return ""
	}
	return fmt.Sprintf("%s%d networks were trained at once, each by its share of the processors, so that times are rough and ratios of them rougher", lead, most)
}

// phiHead heads the i-th column of Dice at several phis.
func phiHead(i int, phi pareto.Phi) string {
	if i == 0 {
		return "Dice at phi " + phi.String()
	}
	return phi.String()
}

// reference says what the hypervolumes are measured from.
func (s *findings) reference() string {
	switch {
	case len(s.grid) == 0:
		return "The methods have no phi in common, so there is no hypervolume."
	case s.ref.Cost == 0:
		return "No cost was measured where methods are compared, so there is no hypervolume."
	}
	return fmt.Sprintf("Hypervolume is the share of the area between the axes and the reference point, Dice %g at %s MACs, that lies below the front.",
		s.ref.Dice, pareto.ByMACs.Format(s.ref.Cost))
}

// curves shows accuracy against cost and against phi.
func (s *findings) curves() ([]section, error) {
	byMACs, err := chartOf(s.againstMACs(), "Dice against the multiply-adds of one forward pass, within the trained range of phi.")
	if err != nil {
		return nil, err
	}
	caption := "Dice against phi."
	if slices.ContainsFunc(s.own, func(g *group) bool { return !g.each() }) {
		caption = "Dice against phi, also beyond the range that networks for many phis were trained for."
	}
	byPhi, err := chartOf(s.againstPhi(), caption)
	if err != nil {
		return nil, err
	}
	if len(byPhi) == 0 {
		return nil, nil
	}
	text := []string{overSeeds("Lines are means over seeds and bands reach from the least to the greatest seed. ", s.own) +
		"A hollow point is beaten by another of its own line that is cheaper and no less accurate."}
	text = append(text, s.controls()...)
	curve := section{
		Title: "Accuracy and cost", Text: text,
		Charts: append(byMACs, byPhi...),
		Tables: []table{s.methodsTable(), s.everyPhi()},
	}
	return append([]section{curve}, s.volumes()...), nil
}

// controls explains those that are there.
func (s *findings) controls() []string {
	var text []string
	if s.group(result.Wide) != nil {
		text = append(text, "Wide is Fixed with more channels, so it costs more at the same phi.")
	}
	if s.group(result.Constant) != nil {
		text = append(text, "Constant is Fixed whose weights a hypernetwork makes of a constant: as many trained parameters as SSHN, but one network for each phi.")
	}
	return text
}

func (s *findings) everyPhi() table {
	t := table{Title: "Dice at every phi", Head: []string{"phi", "MACs"}, Folded: true}
	if len(s.own) > 1 {
		t.Note = "MACs are the least of the methods that were measured there."
	}
	var phis []pareto.Phi
	for _, g := range s.own {
		t.Head = append(t.Head, Name(g.method))
		phis = append(phis, g.phis()...)
	}
	sortPhis(phis)
	for _, phi := range slices.CompactFunc(phis, pareto.Phi.Equal) {
		row := []string{phi.String(), none}
		var least int64
		for _, g := range s.own {
			m := g.at(phi)
			if m.macs > 0 && (least == 0 || m.macs < least) {
				least = m.macs
				row[1] = pareto.ByMACs.Format(float64(least))
			}
			row = append(row, m.String())
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// volumes shows the hypervolumes, on the grid of Fixed and on all that a method
// has: one network for every phi offers more points.
func (s *findings) volumes() []section {
	if s.ref.Cost == 0 {
		return nil
	}
	t := table{Head: []string{"method", "at the " + plural(len(s.grid), "phi") + " of the grid", "seeds", "at all its phis of the range", "phis"}}
	for _, g := range s.own {
		all := s.inside(g.phis())
		onGrid := g.volume(s.grid, s.ref)
		if onGrid.n == 0 {
			continue
		}
		t.Rows = append(t.Rows, []string{Name(g.method), onGrid.String(), count(onGrid.n), g.volume(all, s.ref).String(), count(len(all))})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	t.Note = overSeeds("Mean ± standard deviation over the seeds that have all of those phis.", s.own)
	if len(t.Rows) < len(s.own) {
		t.Note = strings.TrimSpace(t.Note + " Methods that lack some of the grid are left out.")
	}
	return []section{{Title: "Hypervolume", Text: []string{s.reference()}, Tables: []table{t}}}
}

// short says in sentences what was found.
func (s *findings) short() []string {
	fixed, sshn := s.group(result.Fixed), s.group(result.SSHN)
	if fixed == nil || sshn == nil || len(s.grid) == 0 {
		return nil
	}
	var text []string
	if p := s.compared(sshn, fixed); len(p) > 0 {
		low, high, better, told := math.Inf(1), math.Inf(-1), 0, 0
		for _, c := range p {
			low, high = min(low, c.mean), max(high, c.mean)
			if c.mean > 0 {
				better++
			}
			if c.holmT < 0.05 {
				told++
			}
		}
		text = append(text, fmt.Sprintf("At equal phi, and so at equal cost, the Dice of SSHN less that of Fixed is %s to %s; it is higher at %d of %s. "+
			"Student's t test over %s, corrected for the number of phis, tells the two apart at %d of them (p < 0.05).",
			signed(low), signed(high), better, plural(len(p), "phi"), plural(p[0].n, "subject"), told))
	}
	networks, all := fixed.training()
	if _, one := sshn.training(); one > 0 && all > 0 {
		text = append(text, fmt.Sprintf("One SSHN trains in %s: %.2f times one Fixed network (%s), and %.2f times the %d of them that make a curve (%s)%s.",
			duration(one), one/all*float64(networks), duration(all/float64(networks)), one/all, networks, duration(all), s.shared("; ")))
	}
	if a, b := sshn.volume(s.grid, s.ref), fixed.volume(s.grid, s.ref); a.n > 0 && b.n > 0 {
		text = append(text, fmt.Sprintf("At the same %s, SSHN has a hypervolume of %v, Fixed of %v.", plural(len(s.grid), "phi"), a, b))
	}
	return text
}
