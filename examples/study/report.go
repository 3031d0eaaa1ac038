package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/sshn-go/sshn/examples/internal/report"
	"github.com/sshn-go/sshn/examples/internal/result"
)

// Files of the report, beside that of the results.
const (
	pageFile   = "report.html"
	byMACsFile = "macs.svg"
	byPhiFile  = "phi.svg"
)

// report writes the page and the curves of what was found so far, and says in
// the table of a README what it comes to.
func (o *options) report(found *result.File, w io.Writer) error {
	if len(found.Lines) == 0 {
		return fmt.Errorf("%s: nothing is measured yet", filepath.Join(o.out, resultFile))
	}
	in := func(name string) string { return filepath.Join(o.out, name) }
	pictures, err := o.drawn()
	if err != nil {
		return err
	}
	about := make(map[string]string)
	for _, a := range analyses {
		about[a.name] = a.about
	}
	if err := report.Save(in(pageFile), found, report.Options{Pictures: pictures, Analyses: about}); err != nil {
		return err
	}
	if err := report.SaveCurves(in(byMACsFile), in(byPhiFile), found); err != nil {
		return err
	}
	if t := report.Table(found); t != "" {
		fmt.Fprintln(w, t)
	}
	what := "charts, tables and tests"
	if slices.ContainsFunc(found.Lines, func(l result.Line) bool { return l.Variant != "" || l.Of != nil }) {
		what += ", those of the analyses too"
	}
	fmt.Fprintf(w, "%s  %s\n", in(pageFile), what)
	return nil
}
