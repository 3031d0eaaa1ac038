package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"regexp"

	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/internal/atomicfile"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/pareto/plot"
)

// SaveCurves draws the methods of a study for a README, as SVG: mean Dice
// against MACs within the range of phi that was trained, into the file byMACs,
// and against phi, also beyond that range, into byPhi. Bands reach from the
// least of the seeds to the greatest. A curve without a point, as in a study of
// analyses alone, has no file.
func SaveCurves(byMACs, byPhi string, f *result.File) error {
	s := newFindings(f, pareto.Reference{})
	if err := save(byMACs, s.againstMACs()); err != nil {
		return err
	}
	return save(byPhi, s.againstPhi())
}

func save(path string, f plot.Figure) error {
	if len(f.Series) == 0 {
		return nil
	}
	return atomicfile.Write(path, f.WriteSVG)
}

// series returns the means of a group at phis, with a band from the least of
// the seeds to the greatest. What no seed was measured at is left out.
func (g *group) series(label string, phis []pareto.Phi) plot.Series {
	s := plot.Series{Label: label, Look: lookOf(g.method)}
	for _, phi := range phis {
		m := g.at(phi)
		if m.n == 0 || m.macs == 0 {
			continue
		}
		s.Points = append(s.Points, pareto.Point{Phi: phi, Dice: m.mean, MACs: m.macs})
		s.Low = append(s.Low, min(m.low, m.mean)) // a mean of equal numbers may be off by rounding
		s.High = append(s.High, max(m.high, m.mean))
	}
	return s
}

// series joins the points of a control only where none of the grid is between.
func (s *findings) series(g *group, phis []pareto.Phi) plot.Series {
	series := g.series(Name(g.method), phis)
	series.Loose = g.each() && len(s.inside(g.phis())) < len(s.grid)
	return series
}

// add leaves out a series without points.
func add(f *plot.Figure, s plot.Series) {
	if len(s.Points) > 0 {
		f.Series = append(f.Series, s)
	}
}

func (s *findings) againstMACs() plot.Figure {
	f := plot.Figure{LogX: true}
	for _, g := range s.own {
		add(&f, s.series(g, s.inside(g.phis())))
	}
	return f
}

func (s *findings) againstPhi() plot.Figure {
	f := plot.Figure{OverPhi: true}
	for _, g := range s.own {
		add(&f, s.series(g, single(g.phis())))
	}
	s.limit(&f)
	return f
}

// limit marks the end of the range that was trained, if points lie beyond.
func (s *findings) limit(f *plot.Figure) {
	for _, series := range f.Series {
		for _, p := range series.Points {
			if p.Phi[0] > s.hi+1e-9 {
				f.Limit, f.LimitLabel = s.hi, "end of the range of training"
			}
		}
	}
}

// A chart is a picture in the page.
type chart struct {
	SVG     template.HTML
	Caption string
}

// panel is the size of half the page's width in px, whose text a phone's width
// still shows at 10 px.
const panelWidth, panelHeight = 480, 420

// chartOf draws f as a panel. It returns nil if there is nothing to draw.
func chartOf(f plot.Figure, caption string) ([]chart, error) {
	if len(f.Series) == 0 {
		return nil, nil
	}
	f.Width, f.Height = panelWidth, panelHeight
	return inline(f.WriteSVG, panelWidth, caption)
}

var (
	fontFamily = regexp.MustCompile(`font-family:[^;]*;`)
	fileHeader = regexp.MustCompile(`(?s)^.*?<svg width="[^"]*" height="[^"]*" `)
)

// inline makes a picture part of a page: without the header of a file, as wide
// as its place but no wider than width px, and in the page's font.
func inline(write func(io.Writer) error, width float64, caption string) ([]chart, error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return nil, err
	}
	svg := fontFamily.ReplaceAllString(b.String(), "")
	header := fileHeader.FindString(svg)
	open := fmt.Sprintf(`<svg role="img" aria-label="%s" style="max-width:%gpx" `, template.HTMLEscapeString(caption), width)
	return []chart{{template.HTML(open + svg[len(header):]), caption}}, nil
}
