package report

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/examples/internal/result"
	"github.com/sshn-go/sshn/pareto"
)

var update = flag.Bool("update", false, "write the made-up study and its page anew; look at the page in a browser before you commit")

const study, golden = "testdata/study.jsonl", "testdata/study.html"

var options = Options{
	Title: "A made-up study", Pictures: []Picture{
		{"pictures/phi 0.1.png", "Subject 002: image; truth; SSHN, phi 0.1"}, {"pictures/phi 0.5.png", "Subject 002: image; truth; SSHN, phi 0.5"},
	},
	Analyses: map[string]string{"prior": "trained for a narrower range of phi"},
}

func TestThePageIsThatOfTestdata(t *testing.T) {
	if *update {
		require.NoError(t, madeUp().Save(study))
		f, err := result.Load(study)
		require.NoError(t, err)
		require.NoError(t, Save(golden, f, options))
	}
	f, err := result.Load(study)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, Write(&b, f, options))
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, b.Bytes()), "%s differs; write and look at it with -update", golden)
}

func TestThePageNeedsNoNetwork(t *testing.T) {
	page, err := os.ReadFile(golden)
	require.NoError(t, err)
	for _, link := range regexp.MustCompile(`(?:src|href)="([^"]*)"|url\(([^)]*)\)|@import`).FindAllString(string(page), -1) {
		require.Contains(t, link, `="pictures/phi%20`)
	}
	require.NotContains(t, string(page), "<script")
	require.NotContains(t, string(page), "NaN")
}

func TestPicturesSayWhatTheyShow(t *testing.T) {
	page, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Contains(t, string(page), `<img src="pictures/phi%200.1.png" alt="Subject 002: image; truth; SSHN, phi 0.1"`)
}

func TestAStudyHasAPageAtEveryMoment(t *testing.T) {
	f := madeUp()
	for n := range len(f.Lines) + 1 {
		if testing.Short() && n%7 > 0 {
			continue
		}
		part := &result.File{Study: f.Study, Lines: f.Lines[:n]}
		var b bytes.Buffer
		require.NoError(t, Write(&b, part, Options{}), "%d lines", n)
		require.NotContains(t, b.String(), "NaN", "%d lines", n)
		require.NotContains(t, b.String(), "Inf", "%d lines", n)
		require.NotContains(t, Table(part), "NaN", "%d lines", n)
	}
	var b bytes.Buffer
	require.NoError(t, Write(&b, &result.File{Study: f.Study, Lines: f.Lines[:3]}, Options{}))
	require.Contains(t, b.String(), "Accuracy and cost")
	require.NotContains(t, b.String(), "Weights predicted for one phi")
}

func TestAnalysesAloneHaveNoTableOfMethods(t *testing.T) {
	f := madeUp()
	f.Lines = slices.DeleteFunc(f.Lines, func(l result.Line) bool { return l.Variant == "" })
	require.NotEmpty(t, f.Lines)
	require.Empty(t, Table(f))
	var b bytes.Buffer
	require.NoError(t, Write(&b, f, Options{}))
	for _, of := range []string{"Accuracy and cost", "What training costs", "By structure"} {
		require.NotContains(t, b.String(), of)
	}
}

func TestStepsThatDifferAreARangeAndTheirMeanDividesTheTime(t *testing.T) {
	a, b := measured(result.SSHN, 1, 0.5, 0.5, 1e6, 30), measured(result.SSHN, 2, 0.5, 0.5, 1e6, 30)
	a.Steps, b.Steps = 200, 400
	sections, err := newFindings(&result.File{Lines: []result.Line{b, a}}, pareto.Reference{}).costs()
	require.NoError(t, err)
	row := sections[0].Tables[0].Rows[0]
	require.Equal(t, []string{"200 to 400", "30.0 s", "100 ms"}, row[3:6])
}

func TestTimesOfOtherProcessorsAreTold(t *testing.T) {
	a, b := measured(result.Fixed, 1, 0.5, 0.5, 1e6, 30), measured(result.SSHN, 1, 0.5, 0.5, 1e6, 30)
	b.Processors = 2
	s := newFindings(&result.File{Study: result.Study{Processors: 1}, Lines: []result.Line{a, b}}, pareto.Reference{})
	require.Equal(t, "; not all networks were trained by as many processors, so that times do not compare", s.shared("; "))
}

func TestNetworksWithoutATimeAreTold(t *testing.T) {
	a, b, c := measured(result.Fixed, 1, 0.5, 0.5, 1e6, 30), measured(result.SSHN, 1, 0.5, 0.5, 1e6, 30), measured(result.SSHN, 2, 0.5, 0.5, 1e6, 0)
	a.Jobs, b.Jobs = 2, 2 // c was beside nothing, and says nothing by it
	s := newFindings(&result.File{Lines: []result.Line{a, b, c}}, pareto.Reference{})
	require.Equal(t, "; 1 of 3 networks have no time in the file and are taken to need what others of their method do", s.untimed())
	require.Contains(t, s.shared("; "), "2 networks were trained at once, each by its share")
	require.Empty(t, newFindings(&result.File{Lines: []result.Line{a, b}}, pareto.Reference{}).untimed())
}

func TestVariantsHaveLooksThoughMethodsHaveAllColours(t *testing.T) {
	var groups []*group
	for _, m := range methods {
		groups = append(groups, &group{method: m.key})
	}
	seen := map[int]bool{}
	for n := range 8 {
		seen[variantLook(n, groups)] = true
	}
	require.Len(t, seen, 8)
}

func TestTimesThatWereNotMeasuredDoNotCount(t *testing.T) {
	g := &group{method: result.SSHN, lines: []result.Line{
		{Phi: pareto.Phi{0.5}, Seed: 1}, {Phi: pareto.Phi{0.5}, Seed: 2, Seconds: 10, Latency: 3}, {Phi: pareto.Phi{0.5}, Seed: 3, Seconds: 20, Latency: 2},
	}}
	m := g.at(pareto.Phi{0.5})
	require.Equal(t, []float64{15, 2}, []float64{m.trained, m.latency})
	g.lines = append(g.lines, result.Line{Phi: pareto.Phi{0.1}, Seed: 1})
	networks, seconds := g.training()
	require.Equal(t, 1, networks)
	require.Equal(t, 15., seconds)
	g.method = result.Fixed
	networks, seconds = g.training()
	require.Equal(t, 2, networks)
	require.Equal(t, 30., seconds)
}

func TestAControlBeyondTheRangeDoesNotWidenIt(t *testing.T) {
	f := madeUp()
	i := slices.IndexFunc(f.Lines, func(l result.Line) bool { return l.Method == result.Wide })
	beyond := f.Lines[i]
	beyond.Phi, beyond.Lo, beyond.Hi = pareto.Phi{0.9}, 0.9, 0.9
	want := newFindings(f, pareto.Reference{}).hi
	f.Lines = append(f.Lines, beyond)
	require.Equal(t, want, newFindings(f, pareto.Reference{}).hi)
}

func TestEachMethodAloneHasAPage(t *testing.T) {
	f := madeUp()
	for _, skip := range []bool{false, true} {
		for _, m := range methods {
			part := &result.File{Study: f.Study, Lines: slices.DeleteFunc(slices.Clone(f.Lines), func(l result.Line) bool { return (l.Method == m.key) == skip })}
			var b bytes.Buffer
			require.NoError(t, Write(&b, part, Options{}), m.key)
			require.NotContains(t, b.String(), "NaN", m.key)
			require.NotContains(t, b.String(), "No cost was measured", m.key)
			others := skip && len(newFindings(part, pareto.Reference{}).own) > 1
			require.Equal(t, others, strings.Contains(b.String(), "the least of the methods"), m.key)
			require.Equal(t, others, strings.Contains(b.String(), "Methods that lack"), m.key)
		}
	}
}

// measured is a line at one phi, of one subject and structure.
func measured(method string, seed uint64, phi, dice float64, macs int64, seconds float64) result.Line {
	return result.Line{
		Network: fmt.Sprint(method, phi, seed), Method: method, Seed: seed, Lo: 0.1, Hi: 0.5, Phi: pareto.Phi{phi},
		Subjects: []string{"a"}, Dice: []result.Scores{{dice}}, MACs: macs, Seconds: seconds,
	}
}

// tableOf is the table without its head's rule and its notes.
func tableOf(lines ...result.Line) string {
	rows, _, _ := strings.Cut(Table(&result.File{Study: result.Study{Structures: []string{"x"}}, Lines: lines}), "\n\n")
	head, rows, _ := strings.Cut(rows, "\n|--")
	_, rows, _ = strings.Cut(rows, "\n")
	return head + "\n" + rows
}

func TestControlsDoNotNarrowTheGrid(t *testing.T) {
	sshn := []result.Line{measured(result.SSHN, 1, 0.25, 0.5, 10e6, 90), measured(result.SSHN, 1, 0.5, 0.5, 100e6, 90)}
	wide := measured(result.Wide, 1, 1, 0.6, 900e6, 70)
	wide.Hi = 1
	require.Equal(t, `| method | networks | training time | Dice at phi 0.25 | 0.5 | hypervolume |
| SSHN | 1 | 90.0 s | 0.500 | 0.500 | 0.455 |
| Wide | 1 | 70.0 s | – | – | – |`, tableOf(append(sshn, wide)...))
	require.Equal(t, `| method | networks | training time | Dice at phi 0.5 | hypervolume |
| Wide | 1 | 70.0 s | 0.600 | 0.000 |
| Constant | 2 | 2.0 min | 0.400 | 0.036 |`, tableOf(
		measured(result.Wide, 1, 0.5, 0.6, 300e6, 70), measured(result.Constant, 1, 0.25, 0.3, 10e6, 60), measured(result.Constant, 1, 0.5, 0.4, 100e6, 60),
	), "controls alone")
}

func TestNetworksOffTheGridAreCounted(t *testing.T) {
	f := []result.Line{
		measured(result.Fixed, 1, 0.1, 0.5, 10e6, 60), measured(result.Fixed, 1, 0.5, 0.5, 100e6, 80),
		measured(result.SSHN, 1, 0.25, 0.5, 30e6, 90), measured(result.Wide, 1, 0.3, 0.5, 90e6, 70), measured(result.Wide, 1, 0.5, 0.5, 300e6, 75),
	}
	require.Equal(t, `| method | networks | training time | Dice at phi 0.1 | 0.5 | hypervolume |
| Fixed | 2 | 2.3 min | 0.500 | 0.500 | 0.455 |
| SSHN | 1 | 90.0 s | – | – | – |
| Wide | 2 | 2.4 min | – | 0.500 | – |`, tableOf(f...))
	s, err := newFindings(&result.File{Lines: f}, pareto.Reference{}).costs()
	require.NoError(t, err)
	require.Len(t, s[0].Tables[0].Rows, 3)
}

func TestWhatSomeHaveAndOthersLackIsSaid(t *testing.T) {
	fixed, sshn, wide := result.Fixed, result.SSHN, result.Wide
	at := func(method string, seed uint64, phi float64) result.Line {
		return measured(method, seed, phi, 0.5, 10e6, 60)
	}
	for _, c := range []struct {
		about string
		lines []result.Line
		want  []string
	}{
		{"what nobody asked for", []result.Line{at(sshn, 1, 0.25), at(sshn, 1, 0.5), at(wide, 1, 1)}, nil},
		{"Fixed has fewer phis", []result.Line{at(fixed, 1, 0.5), at(sshn, 1, 0.25), at(sshn, 1, 0.5)}, nil},
		{"a seed of a control beyond the range", []result.Line{at(sshn, 1, 0.5), at(sshn, 2, 0.5), at(wide, 1, 1)}, []string{"1 of 2 measurements of Wide"}},
		{"a phi of one network for all", []result.Line{at(fixed, 1, 0.25), at(fixed, 1, 0.5), at(sshn, 1, 0.5)}, []string{"1 of 2 measurements of SSHN"}},
		{"all lack some", []result.Line{at(fixed, 1, 0.25), at(fixed, 1, 0.5), at(fixed, 2, 0.5), at(sshn, 1, 0.25), at(sshn, 1, 0.5)},
			[]string{"1 of 4 measurements of Fixed", "2 of 4 measurements of SSHN"}},
	} {
		f := &result.File{Study: result.Study{Structures: []string{"x"}}, Lines: c.lines}
		require.Equal(t, c.want, newFindings(f, pareto.Reference{}).missing(), c.about)
		var b bytes.Buffer
		require.NoError(t, Write(&b, f, Options{}))
		if c.want == nil {
			require.NotContains(t, b.String(), "Not in this file", c.about)
		} else {
			require.Contains(t, b.String(), ">Not in this file: "+strings.Join(c.want, "; ")+".<", c.about)
		}
	}
}

func TestOneSeedHasNoDeviation(t *testing.T) {
	f := madeUp()
	var b bytes.Buffer
	require.NoError(t, Write(&b, f, Options{}))
	spread := regexp.MustCompile("(?i)standard deviation|bands|lines are means")
	require.True(t, spread.MatchString(b.String()), "two seeds have one")
	f.Lines = slices.DeleteFunc(f.Lines, func(l result.Line) bool { return l.Seed > 1 })
	b.Reset()
	require.NoError(t, Write(&b, f, Options{}))
	require.Empty(t, spread.FindAllString(b.String(), -1))
	require.NotContains(t, b.String(), "±")
	require.NotContains(t, Table(f), "±")
}

// The chart of training times has the legend of the others, and lines beneath it.
func TestAMethodHasOneMarkInAllCharts(t *testing.T) {
	s := newFindings(madeUp(), pareto.Reference{})
	curves, err := chartOf(s.againstPhi(), "")
	require.NoError(t, err)
	training, err := s.trainingChart(10)
	require.NoError(t, err)
	for _, m := range methods {
		key := regexp.MustCompile(`<path [^>]*>\s*<text [^>]*>` + m.name + `</text>`) // its last path is the mark
		want := key.FindString(string(curves[0].SVG))
		require.NotEmpty(t, want)
		require.Equal(t, want, key.FindString(string(training[0].SVG)))
	}
}

func TestTheLongestTrainingIsBelowTheLegend(t *testing.T) {
	f := madeUp()
	f.Lines = slices.DeleteFunc(f.Lines, func(l result.Line) bool { return l.Method != result.SSHN })
	charts, err := newFindings(f, pareto.Reference{}).trainingChart(10)
	require.NoError(t, err)
	// The line is one of two that are as wide: that of the legend and its own.
	ys := regexp.MustCompile(`<path d="M[\d.]+,([\d.]+)L[^"]*" style="fill:none;stroke:#0072B2`).FindAllStringSubmatch(string(charts[0].SVG), -1)
	require.Len(t, ys, 2)
	legend, err := strconv.ParseFloat(ys[0][1], 64)
	require.NoError(t, err)
	line, err := strconv.ParseFloat(ys[1][1], 64)
	require.NoError(t, err)
	require.Less(t, line+8, legend)
}

func TestLinesWithoutCostsOrDiceBreakNothing(t *testing.T) {
	f := madeUp()
	for i := range f.Lines {
		l := &f.Lines[i]
		switch i % 3 {
		case 0:
			l.MACs, l.Bytes, l.Latency, l.Seconds, l.Steps = 0, 0, 0, 0, 0
		case 1:
			l.Dice = slices.Clone(l.Dice)
			for k := range l.Dice {
				l.Dice[k] = result.Scores{math.NaN(), math.NaN()}
			}
		}
	}
	var b bytes.Buffer
	require.NoError(t, Write(&b, f, Options{}))
	require.NotContains(t, b.String(), "NaN")

	for i := range f.Lines {
		f.Lines[i].Subjects, f.Lines[i].Dice, f.Lines[i].MACs = nil, nil, 0
	}
	require.NoError(t, Write(&b, f, Options{}))
}

func TestWhatAFileSaysIsText(t *testing.T) {
	f := madeUp()
	const evil = `</svg><script>alert(1)</script>`
	f.Study.Data, f.Study.Machine, f.Study.Structures[0] = evil, evil, evil
	for i := range f.Lines {
		f.Lines[i].Variant = strings.Replace(f.Lines[i].Variant, "prior", evil, 1)
		if f.Lines[i].Method == result.Wide {
			f.Lines[i].Method = evil
		}
	}
	var b bytes.Buffer
	require.NoError(t, Write(&b, f, Options{Title: evil, Pictures: []Picture{{"javascript:alert(1)", `">` + evil}}}))
	require.NotContains(t, b.String(), "<script")
	require.NotContains(t, b.String(), `="javascript:`)
}

func TestThePageSaysWhatTrainingSaw(t *testing.T) {
	f := &result.File{Study: result.Study{Plain: true, Batch: 6, Parts: 3, Steps: 1, Rate: 0.5, HeadRate: 0.25}}
	f.Lines = []result.Line{measured(result.Fixed, 1, 0.5, 0.5, 1e6, 1)}
	alone, err := newFindings(f, pareto.Reference{}).setting()
	require.NoError(t, err)
	require.Contains(t, alone[0].Tables[0].Rows, []string{"training", "1 step for each network, 6 images a step, not augmented; step size 0.5 at first"})
	f.Lines = append(f.Lines, measured(result.SSHN, 1, 0.5, 0.5, 1e6, 1))
	s, err := newFindings(f, pareto.Reference{}).setting()
	require.NoError(t, err)
	require.Contains(t, s[0].Tables[0].Rows, []string{"training", "1 step for each network, 6 images a step, not augmented, " +
		"at 3 phis where a network serves many, drawn from its range and 10 % beyond; step size 0.5 at first, of a hypernetwork's last matrix 0.25 times that"})
	f.Study.Widen, f.Study.Levels, f.Study.Width, f.Study.Coarsest, f.Study.Sampling = 0.6, 5, 32, 16, result.PlainSampling
	s, err = newFindings(f, pareto.Reference{}).setting()
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(s[0].Tables[0].Rows), "serves many, drawn from the middle of its range at first, and after 60 % of the training from all of it and 10 % beyond;")
	require.Contains(t, s[0].Tables[0].Rows, []string{"network", "U-Net of 5 levels with 32 channels, no map more than 16 times coarser than the image"})
	f.Study.Sampling = "" // as it was before it was told
	s, err = newFindings(f, pareto.Reference{}).setting()
	require.NoError(t, err)
	require.Contains(t, s[0].Tables[0].Rows, []string{"network", "U-Net of 5 levels with 32 channels, no map more than 16 times coarser than the image, maps made smaller with antialiasing"})
	f.Study.Norm, f.Study.Sampling = "none", result.PlainSampling
	s, err = newFindings(f, pareto.Reference{}).setting()
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(s[0].Tables[0].Rows), "32 channels, no map")
	f.Study.Norm = "group"
	s, err = newFindings(f, pareto.Reference{}).setting()
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(s[0].Tables[0].Rows), "32 channels, group norm after each convolution, no map")
}

func TestChartsAreWellFormed(t *testing.T) {
	page, err := os.ReadFile(golden)
	require.NoError(t, err)
	charts := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAll(page, -1)
	require.Len(t, charts, 5) // two curves, training, a variant, a transfer
	for _, svg := range charts {
		require.NoError(t, xml.Unmarshal(svg, new(struct{})))
	}
}

func TestTheTableSaysWhatEachMethodCostsAndAchieves(t *testing.T) {
	line := measured
	f := &result.File{
		Study: result.Study{Structures: []string{"x"}, Test: 1},
		Lines: []result.Line{
			line(result.SSHN, 1, 0.1, 0.6, 10e6, 90), line(result.SSHN, 1, 0.5, 0.8, 100e6, 90), line(result.SSHN, 1, 0.8, 0.1, 300e6, 90),
			line(result.Fixed, 1, 0.1, 0.5, 10e6, 60), line(result.Fixed, 1, 0.5, 0.75, 100e6, 80),
			line(result.Fixed, 2, 0.1, 0.7, 10e6, 70), line(result.Fixed, 2, 0.5, 0.75, 100e6, 90),
		},
	}
	// Fixed takes the mean of 60 and 70 plus that of 80 and 90 s. The reference
	// is at 110 M: .6 of it from 100 to 110 and so on, as of 110 M.
	sshn := (0.6*(110-10) + (0.8-0.6)*(110-100)) / 110
	fixed := [2]float64{(0.5*100 + 0.25*10) / 110, (0.7*100 + 0.05*10) / 110}
	mean, sd := (fixed[0]+fixed[1])/2, math.Abs(fixed[0]-fixed[1])/math.Sqrt2
	want := fmt.Sprintf(`| method | networks | training time | Dice at phi 0.1 | 0.5 | hypervolume |
|---|---:|---:|---:|---:|---:|
| Fixed | 2 | 2.5 min | 0.600 ± 0.141 | 0.750 ± 0.000 | %.3f ± %.3f |
| SSHN | 1 | 90.0 s | 0.600 | 0.800 | %.3f |

`, mean, sd, sshn)
	require.Equal(t, want, Table(f)[:len(want)])
	require.Contains(t, Table(f)[len(want):], "Dice 0 at 110 M MACs")
}

func TestMACsAtAPhiAreTheLeastOfTheMethods(t *testing.T) {
	f := &result.File{Study: result.Study{Structures: []string{"x"}, Test: 1}}
	for method, macs := range map[string]int64{result.Stochastic: 12e6, result.FiLM: 13e6, result.SSHN: 11e6} {
		f.Lines = append(f.Lines, measured(method, 1, 0.1, 0.5, macs, 90))
	}
	rows := newFindings(f, pareto.Reference{}).everyPhi().Rows
	require.Len(t, rows, 1)
	require.Equal(t, "11 M", rows[0][1])
}

func TestDifferencesAreOfSubjectsThatBothHave(t *testing.T) {
	line := func(seed uint64, subjects []string, dice ...float64) result.Line {
		l := result.Line{Seed: seed, Phi: pareto.Phi{0.5}, Subjects: subjects}
		for _, d := range dice {
			l.Dice = append(l.Dice, result.Scores{d})
		}
		return l
	}
	a := &group{lines: []result.Line{
		line(1, []string{"a", "b", "c"}, 0.75, 0.5, 1), line(2, []string{"a", "b", "c"}, 0.5, math.NaN(), 1), line(3, []string{"a"}, 0),
	}}
	b := &group{lines: []result.Line{line(1, []string{"b", "a"}, 0.25, 0.25), line(2, []string{"b", "a"}, 0.5, 0.25)}}
	bySubject, bySeed := differences(a, b, pareto.Phi{0.5})
	require.Equal(t, []float64{(0.5 + 0.25) / 2, 0.25}, bySubject)
	require.Equal(t, []float64{(0.5 + 0.25) / 2, 0.25}, bySeed)
}

func TestCurvesAreSavedAsPictures(t *testing.T) {
	folder := t.TempDir()
	macs, phi := filepath.Join(folder, "macs.svg"), filepath.Join(folder, "phi.svg")
	require.NoError(t, SaveCurves(macs, phi, madeUp()))
	for path, text := range map[string]string{macs: "multiply-adds", phi: "end of the range of training"} {
		svg, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, xml.Unmarshal(svg, new(struct{})))
		require.Contains(t, string(svg), text)
	}
	empty := filepath.Join(folder, "empty.svg")
	require.NoError(t, SaveCurves(empty, empty, &result.File{}))
	require.NoFileExists(t, empty)
}

// madeUp is a study of networks that never were, with all that a page shows.
func madeUp() *result.File {
	r := rand.New(rand.NewPCG(1, 2))
	f := &result.File{Study: result.Study{
		Data: "made-up cells", Structures: []string{"Cytoplasm", "Nucleus"}, Extents: []int{128, 128},
		Train: 36, Val: 12, Test: 12, Width: 16, Wide: 28, Levels: 4, Sampling: result.Antialiased, Batch: 8, Parts: 4, Steps: 400, Every: 100, Rate: 2e-3, HeadRate: 0.1, Processors: 2, Machine: "no machine",
	}}
	// Dice saturates with phi up to the end of the training range, and falls beyond.
	add := func(l result.Line, top, of float64) {
		phi := l.Phi[0]
		level := top - 0.2*math.Exp(-9*phi) - 0.6*max(0, phi-l.Hi)*max(0, phi-l.Hi) - 0.9*(phi-of)*(phi-of) + 0.004*r.NormFloat64()
		for i := range f.Study.Test {
			easy := 0.02 * math.Sin(float64(3*i))
			score := func(offset float64) float64 {
				return math.Round(1e4*min(1, max(0, level+easy+offset+0.01*r.NormFloat64()))) / 1e4
			}
			l.Subjects = append(l.Subjects, fmt.Sprintf("%03d", 5*i+2))
			l.Dice = append(l.Dice, result.Scores{score(0.02), score(-0.02)})
		}
		l.Dice[3][1] = math.NaN() // a cell without a nucleus, and none was found
		l.MACs = int64(math.Round(8e6 + 1.1e9*phi*phi))
		if l.Method == result.Wide {
			l.MACs *= 3
		}
		l.Bytes, l.Latency = l.MACs/50+1e6, float64(l.MACs)/2e10+1e-3
		l.Steps, l.Weights = f.Study.Steps, 109_400
		f.Lines = append(f.Lines, l)
	}
	grid := pareto.Grid(0.1, 0.5, 5)
	dense := append(pareto.Grid(0.1, 0.5, 9), pareto.Grid(0.6, 1, 5)...)
	for _, m := range []struct {
		method  string
		top     float64
		params  int
		seconds float64
		phis    []pareto.Phi
	}{
		{result.Fixed, 0.93, 109_400, 61, grid},
		{result.Stochastic, 0.90, 109_400, 58, dense},
		{result.FiLM, 0.91, 192_500, 66, dense},
		{result.SSHN, 0.925, 10_700_000, 141, dense},
		{result.Wide, 0.935, 983_000, 190, []pareto.Phi{{0.3}, {0.5}}},
		{result.Constant, 0.92, 10_600_000, 133, []pareto.Phi{{0.1}, {0.5}}},
	} {
		for seed := range uint64(2) {
			for _, phi := range m.phis {
				l := result.Line{
					Network: fmt.Sprintf("%s seed %d", m.method, seed+1), Method: m.method, Seed: seed + 1,
					Lo: 0.1, Hi: 0.5, Phi: phi, Params: m.params, Seconds: m.seconds + float64(seed),
				}
				if len(m.phis) < len(dense) {
					l.Network = fmt.Sprintf("%s %v seed %d", m.method, phi, seed+1)
					l.Lo, l.Hi = phi[0], phi[0]
					l.Seconds += 40 * phi[0]
				}
				add(l, m.top, phi[0])
			}
		}
	}
	for _, phi := range dense {
		add(result.Line{
			Network: "sshn prior 0.1-0.4 seed 1", Method: result.SSHN, Variant: "prior 0.1-0.4", Seed: 1,
			Lo: 0.1, Hi: 0.4, Phi: phi, Params: 10_700_000, Seconds: 139,
		}, 0.93, phi[0])
	}
	for _, of := range grid {
		for _, phi := range grid {
			if !of.Equal(phi) {
				add(result.Line{
					Network: "sshn seed 1", Method: result.SSHN, Seed: 1, Lo: 0.1, Hi: 0.5, Phi: phi, Of: of, Params: 10_700_000, Seconds: 141,
				}, 0.925, of[0])
			}
		}
	}
	return f
}
