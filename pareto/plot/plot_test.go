package plot_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/pareto/plot"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden pictures anew; look at them before you commit")

// figures are the pictures under testdata.
func figures(t testing.TB) map[string]plot.Figure {
	grid := pareto.Grid(0.1, 0.5, 9)
	wavy := func(seed float64) []pareto.Point {
		points := curve(0.9, grid...)
		for i := range points {
			points[i].Dice += 0.012 * math.Sin(seed+2*float64(i))
		}
		return points
	}
	sshn, err := plot.OverSeeds("SSHN", wavy(0), wavy(2), wavy(4.5))
	require.NoError(t, err)
	fixed := plot.Series{Label: "Fixed", Points: curve(0.89, pareto.Grid(0.1, 0.5, 5)...)}
	film := plot.Series{Label: "FiLM <n = 1>", Points: curve(0.87, grid...)}
	stochastic := plot.Series{Label: "Stochastic", Points: curve(0.84, grid...)}
	film.Points[6].Dice = 0.82
	methods := []plot.Series{sshn, fixed, film, stochastic}
	control := fixed
	control.Label, control.Look, control.Loose = "Control", 6, true
	control.Points, control.Low, control.High = fixed.Points[2:4], []float64{0.86, 0.87}, []float64{0.875, 0.89}
	one := curve(0.9, grid...)
	return map[string]plot.Figure{
		"one":     {Title: "Accuracy against cost", Series: []plot.Series{{Label: "SSHN", Points: one}}, Chosen: one[4]},
		"methods": {Title: "Four methods, three seeds", Series: methods, Chosen: sshn.Points[3], LogX: true},
		"phi":     {Series: methods, OverPhi: true},
		"limit":   {Series: []plot.Series{fixed, control}, OverPhi: true, Limit: 0.6, LimitLabel: "end of the range", Width: 480, Height: 420},
		"narrow":  {Title: "On a phone", Series: methods, Width: 360, Height: 400, By: pareto.BySeconds},
		"point":   {Series: []plot.Series{{Points: one[:1]}}, By: pareto.ByBytes, LogX: true},
	}
}

func TestPicturesAreThoseOfTestdata(t *testing.T) {
	for name, f := range figures(t) {
		var b bytes.Buffer
		require.NoError(t, f.WriteSVG(&b))
		golden := filepath.Join("testdata", name+".svg")
		if *update {
			require.NoError(t, os.WriteFile(golden, b.Bytes(), 0o644))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, b.Bytes()), "%s differs; write and look at it with -update", golden)
	}
}

func TestPNGHasTwoPixelsForEachPxAndTheSameBytesEachTime(t *testing.T) {
	f := figures(t)["narrow"]
	var a, b bytes.Buffer
	require.NoError(t, f.WritePNG(&a))
	require.NoError(t, f.WritePNG(&b))
	require.True(t, bytes.Equal(a.Bytes(), b.Bytes()))
	picture, err := png.Decode(&a)
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, 720, 800), picture.Bounds())
	colours := map[color.Color]int{}
	for y := range 800 {
		for x := range 720 {
			colours[picture.At(x, y)]++
		}
	}
	// Each of four series fills at least its mark in the legend, 10 px wide.
	for _, c := range []color.RGBA{{0x00, 0x72, 0xb2, 255}, {0xd5, 0x5e, 0x00, 255}, {0x00, 0x9e, 0x73, 255}, {0xcc, 0x79, 0xa7, 255}} {
		require.Greater(t, colours[c], 200, "%v", c)
	}
	require.Greater(t, colours[color.RGBA{255, 255, 255, 255}], 720*800/2)
}

func TestHardlyAnyDifferenceIsNotMagnified(t *testing.T) {
	points := curve(0.9, pareto.Phi{0.3}, pareto.Phi{0.4})
	points[0].Dice, points[1].Dice = 0.9, math.Nextafter(0.9, 1)
	for _, f := range []plot.Figure{{By: pareto.BySeconds}, {OverPhi: true}, {LogX: true}, {OverPhi: true, LogX: true}} {
		for _, n := range []int{1, 2} {
			f.Series = []plot.Series{{Points: points[:n]}}
			var b bytes.Buffer
			require.NoError(t, f.WriteSVG(&b))
			for _, label := range []string{">0.86<", ">0.88<", ">0.90<", ">0.92<", ">0.94<"} {
				require.Contains(t, b.String(), label)
			}
			require.NotContains(t, b.String(), "NaN")
		}
	}
}

func TestTheOrderOfPointsDoesNotMatter(t *testing.T) {
	var a, b bytes.Buffer
	s := figures(t)["methods"].Series[0]
	require.NoError(t, plot.Figure{Series: []plot.Series{s}}.WriteSVG(&a))
	slices.Reverse(s.Points)
	slices.Reverse(s.Low)
	slices.Reverse(s.High)
	require.NoError(t, plot.Figure{Series: []plot.Series{s}}.WriteSVG(&b))
	require.Equal(t, a.String(), b.String())
}

func TestPhiIsNotWrittenUnderAnothersMark(t *testing.T) {
	points := curve(0.9, pareto.Grid(0.1, 0.5, 9)...)
	for i := range points {
		points[i].Dice, points[i].MACs = 0.9+0.001*float64(i), 320e6+int64(i)*15e6 // close to each other
	}
	var b bytes.Buffer
	require.NoError(t, plot.Figure{Series: []plot.Series{{Points: points}}}.WriteSVG(&b))
	require.Contains(t, b.String(), ">0.5<")
	require.NotContains(t, b.String(), ">0.45<", "it would stand under 0.5")
	b.Reset()
	require.NoError(t, plot.Figure{Series: []plot.Series{{Points: points}}, LogX: true}.WriteSVG(&b))
	require.Contains(t, b.String(), ">0.45<")
}

func TestTextIsEscapedAndFallsBackToSans(t *testing.T) {
	var b bytes.Buffer
	f := plot.Figure{Title: `</svg><script>`, Series: []plot.Series{{Label: `"&'`, Points: curve(0.9, pareto.Phi{0.2})}}}
	require.NoError(t, f.WriteSVG(&b))
	require.NotContains(t, b.String(), "<script>")
	require.Equal(t, strings.Count(b.String(), "<text"), strings.Count(b.String(), "Liberation Sans,Arial,Helvetica,sans-serif;"))
	require.NoError(t, xml.Unmarshal(b.Bytes(), new(struct{})))
}

func TestWhatCannotBeDrawnIsNamed(t *testing.T) {
	bent := curve(0.9, pareto.Phi{0.2, 0.3})
	unmeasured := curve(0.9, pareto.Phi{0.2})
	unmeasured[0].MACs = 0
	lost := curve(0.9, pareto.Phi{0.2})
	lost[0].Dice = math.NaN()
	good := curve(0.9, pareto.Phi{0.2})
	slow := curve(0.9, pareto.Phi{0.2}, pareto.Phi{0.3})
	slow[0].Median, slow[1].Median = 1e300, 1e308
	wide := curve(0.9, pareto.Phi{0.2}, pareto.Phi{0.3})
	wide[0].Median, wide[1].Median = 1e-300, 1e300
	for text, f := range map[string]plot.Figure{
		`write svg: no axis holds the costs, from 1e+300 to 1e+308`:           {Series: []plot.Series{{Label: "a", Points: slow}}, By: pareto.BySeconds, LogX: true},
		`write svg: no axis holds the costs, from 1e-300 to 1e+300`:           {Series: []plot.Series{{Label: "a", Points: wide}}, By: pareto.BySeconds, LogX: true},
		`write svg: there are no points`:                                      {Series: []plot.Series{{Label: "a"}}},
		`write svg: series "a": phi 0.2/0.3 is not one number`:                {Series: []plot.Series{{Label: "a", Points: bent}}, OverPhi: true},
		`write svg: series "a": phi 0.2: its cost in MACs was not measured`:   {Series: []plot.Series{{Label: "a", Points: unmeasured}}},
		`write svg: series "a": phi 0.2: dice: NaN is outside [0, 1]`:         {Series: []plot.Series{{Label: "a", Points: lost}}},
		`write svg: series "a": a band of 1 and 0 for 1 points`:               {Series: []plot.Series{{Label: "a", Points: good, Low: []float64{0.1}}}},
		`write svg: series "a": phi 0.2: a band from 0.3 to 0.2`:              {Series: []plot.Series{{Label: "a", Points: good, Low: []float64{0.3}, High: []float64{0.2}}}},
		`write svg: series "a": phi 0.2: a band from 0 to NaN`:                {Series: []plot.Series{{Label: "a", Points: good, Low: []float64{0}, High: []float64{math.NaN()}}}},
		`write svg: a limit at +Inf`:                                          {Series: []plot.Series{{Label: "a", Points: good}}, Limit: math.Inf(1)},
		`write svg: chosen point: phi 0.2: its cost in MACs was not measured`: {Series: []plot.Series{{Label: "a", Points: good}}, Chosen: unmeasured[0]},
	} {
		require.EqualError(t, f.WriteSVG(io.Discard), text)
	}
	require.EqualError(t, plot.Figure{}.WritePNG(io.Discard), "write png: there are no points")
	require.PanicsWithError(t, "pareto plot: 100 x 500 px is less than 200 x 150", func() { plot.Figure{Width: 100}.WriteSVG(io.Discard) })
}

func TestOverSeedsIsTheMeanWithinItsBand(t *testing.T) {
	run := func(dice ...float64) (points []pareto.Point) {
		for i, d := range dice {
			points = append(points, pareto.Point{Phi: pareto.Phi{float64(i+1) / 8}, Dice: d, MACs: int64(i + 1), DiceSD: 9})
		}
		return points
	}
	s, err := plot.OverSeeds("a", run(0.25, 0.5), run(0.75, 0.5))
	require.NoError(t, err)
	require.Equal(t, plot.Series{
		Label: "a", Low: []float64{0.25, 0.5}, High: []float64{0.75, 0.5},
		Points: []pareto.Point{
			{Phi: pareto.Phi{0.125}, Dice: 0.5, DiceSD: math.Sqrt(0.125), MACs: 1},
			{Phi: pareto.Phi{0.25}, Dice: 0.5, MACs: 2},
		},
	}, s)
	s, err = plot.OverSeeds("a", run(0.25))
	require.NoError(t, err)
	require.Zero(t, s.Points[0].DiceSD)

	_, err = plot.OverSeeds("a")
	require.EqualError(t, err, `series "a": no runs`)
	_, err = plot.OverSeeds("a", run(0.5, 0.5), run(0.5))
	require.EqualError(t, err, `series "a": run 1 has 2 points, run 2 has 1`)
	other := run(0.5)
	other[0].Phi = pareto.Phi{0.3}
	_, err = plot.OverSeeds("a", run(0.5), other)
	require.EqualError(t, err, `series "a": point 1 is phi 0.125 in run 1 and phi 0.3 in run 2`)
}
