package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"path"
	"slices"

	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
)

// Options say what a result file does not hold.
type Options struct {
	Title string // empty: made of the name of the data
	// Reference is where hypervolumes, in MACs, are measured from. The zero
	// value is Dice 0 at 1.1 times the greatest cost at a phi of Fixed; Wide,
	// whose cost is another, does not move it.
	Reference pareto.Reference
	Pictures  []Picture
	// Analyses says, by the first word of a variant, what was done otherwise,
	// as in "with instance norm".
	Analyses map[string]string
}

// A Picture is shown at the end of the page.
type Picture struct {
	Link string // relative to the page, as in a URL
	Alt  string // what it shows, for those who do not see it
}

// Save replaces the page at path by that of f.
func Save(path string, f *result.File, o Options) error {
	return atomicfile.Write(path, func(w io.Writer) error { return Write(w, f, o) })
}

// Write writes the page of f. It panics with a [*pareto.UseError] if the
// reference point is none, as [pareto.Hypervolume] does.
func Write(w io.Writer, f *result.File, o Options) error {
	s := newFindings(f, o.Reference)
	p := page{Title: o.Title, Short: s.short(), Missing: s.missing()}
	if p.Title == "" {
		p.Title = "One network for every phi, or one for each: " + f.Study.Data
	}
	for _, build := range []func() ([]section, error){
		s.setting, s.curves, s.costs, s.comparisons, s.structures,
		func() ([]section, error) { return s.analyses(o.Analyses) },
		s.transfers,
		func() ([]section, error) { return pictures(o.Pictures), nil },
	} {
		sections, err := build()
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		p.Sections = append(p.Sections, sections...)
	}
	if err := pageTemplate.Execute(w, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// A page is what the template shows.
type page struct {
	Title    string
	Short    []string // what was found, in sentences
	Missing  []string // what some have and others lack
	Sections []section
}

// A section is shown in the order of its fields.
type section struct {
	Title    string
	Text     []string
	Charts   []chart
	Tables   []table
	Pictures []Picture
}

// A table has its numbers to the right.
type table struct {
	Title  string
	Head   []string // none for one of words
	Rows   [][]string
	Note   string // below it
	Folded bool   // until the reader opens it
}

// Name is the file's.
func (p Picture) Name() string {
	name := path.Base(p.Link)
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

func pictures(all []Picture) []section {
	if len(all) == 0 {
		return nil
	}
	return []section{{Title: "Pictures", Pictures: all}}
}

// setting says what was done.
func (s *findings) setting() ([]section, error) {
	d := s.Study
	t := table{}
	row := func(name, format string, args ...any) {
		t.Rows = append(t.Rows, []string{name, fmt.Sprintf(format, args...)})
	}
	size := ""
	for i, n := range d.Extents {
		if i > 0 {
			size += " × "
		}
		size += fmt.Sprint(n)
	}
	row("data", "%s, images of %s", d.Data, size)
	row("subjects", "%d to train on, %d to choose the weights by, %d that are reported", d.Train, d.Val, d.Test)
	row("structures", "%s", list(d.Structures))
	wide := ""
	if s.group(result.Wide) != nil {
		wide = fmt.Sprintf(", %d of Wide", d.Wide)
	}
	bound := ""
	if d.Coarsest > 0 {
		bound = fmt.Sprintf(", no map more than %d times coarser than the image", d.Coarsest)
	}
	norm := ""
	if d.Norm != "" && d.Norm != string(unet.NoNorm) {
		norm = ", " + d.Norm + " norm after each convolution"
	}
	sampling := ""
	if d.Sampling != result.PlainSampling {
		sampling = ", maps made smaller with antialiasing"
	}
	row("network", "U-Net of %d levels with %d channels%s%s%s%s", d.Levels, d.Width, wide, norm, bound, sampling)
	budget := plural(d.Steps, "step") + " for each network"
	if d.Minutes > 0 {
		budget = fmt.Sprintf("%g min for each network, which nobody can reproduce exactly", d.Minutes)
	}
	augmented := "augmented"
	if d.Plain {
		augmented = "not augmented"
	}
	text := fmt.Sprintf("%s, %s a step, %s", budget, plural(d.Batch, "image"), augmented)
	if slices.ContainsFunc(s.shown(), func(g *group) bool { return !g.each() }) {
		from := "its range"
		if d.Widen > 0 {
			from = fmt.Sprintf("the middle of its range at first, and after %.3g %% of the training from all of it", 100*d.Widen)
		}
		text += fmt.Sprintf(", at %s where a network serves many, drawn from %s and %.0f %% beyond", plural(d.Parts, "phi"), from, 100*result.Margin)
	}
	text += fmt.Sprintf("; step size %g at first", d.Rate)
	if slices.ContainsFunc(s.shown(), func(g *group) bool { return g.method == result.SSHN || g.method == result.Constant }) {
		text += fmt.Sprintf(", of a hypernetwork's last matrix %g times that", d.HeadRate)
	}
	row("training", "%s", text)
	if len(s.seeds) > 0 {
		row("seeds", "%s", list(texts(s.seeds)))
	}
	var networks []string
	for _, l := range s.Lines {
		if !slices.Contains(networks, l.Network) {
			networks = append(networks, l.Network)
		}
	}
	row("so far", "%s, %s", plural(len(networks), "trained network"), plural(len(s.Lines), "measurement"))
	machine := plural(d.Processors, "processor")
	if d.Machine != "" {
		machine += ", " + d.Machine
	}
	row("times", "measured on %s%s", machine, s.shared("; "))
	return []section{{Title: "What was done", Tables: []table{t}}}, nil
}

// missing tells what methods lack that others have: of each phi of their own all
// seeds and, if they are one network for all phis, the phis of the others.
// Methods that were not asked for lack nothing.
func (s *findings) missing() []string {
	var phis []pareto.Phi
	for _, g := range s.own {
		if !g.control() {
			phis = append(phis, g.phis()...)
		}
	}
	sortPhis(phis)
	phis = slices.CompactFunc(phis, pareto.Phi.Equal)
	var missing []string
	for _, g := range s.own {
		at := phis
		if g.each() {
			at = g.phis()
		}
		lack, all := 0, len(at)*len(s.seeds)
		for _, phi := range at {
			lack += len(s.seeds) - g.at(phi).lines
		}
		if lack > 0 {
			missing = append(missing, fmt.Sprintf("%d of %s of %s", lack, plural(all, "measurement"), Name(g.method)))
		}
	}
	return missing
}
