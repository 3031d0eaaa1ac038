package pareto

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const header = "phi,dice,dice_sd,macs,peak_bytes,median_s,p95_s,label\n"

func TestFilesGiveTheSamePointsBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	points := []Point{
		{Phi: Phi{math.SmallestNonzeroFloat64}, MACs: math.MaxInt64, Bytes: math.MaxInt64, Latency: Latency{P95: math.MaxFloat64}},
		{Phi: Phi{0.2, 0.3}, Dice: 1, Label: ` "quoted", comma; <b> & ÅØ `},
	}
	for range 50 {
		points = append(points, Point{
			Phi: Phi{rng.Float64(), rng.Float64()}[:1+rng.IntN(2)], Dice: rng.Float64(), DiceSD: rng.Float64(),
			MACs: rng.Int64(), Bytes: rng.Int64(), Latency: Latency{Median: rng.ExpFloat64(), P95: rng.ExpFloat64()},
		})
	}
	for _, want := range [][]Point{points, points[:1], nil} {
		var b bytes.Buffer
		require.NoError(t, WriteCSV(&b, want))
		got, err := ReadCSV(&b)
		require.NoError(t, err)
		require.Equal(t, want, got)

		require.NoError(t, WriteJSON(&b, want))
		got, err = ReadJSON(&b)
		require.NoError(t, err)
		require.Equal(t, len(want), len(got))
		for i := range want {
			require.Equal(t, want[i], got[i])
		}
	}
}

func TestJSONIsReadable(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, WriteJSON(&b, []Point{{Phi: Phi{0.25}, Dice: 0.5}, {Phi: Phi{0.2, 0.3}, Label: "film"}}))
	require.JSONEq(t, `[
		{"phi": 0.25, "dice": 0.5, "dice_sd": 0, "macs": 0, "peak_bytes": 0, "median_s": 0, "p95_s": 0},
		{"phi": [0.2, 0.3], "dice": 0, "dice_sd": 0, "macs": 0, "peak_bytes": 0, "median_s": 0, "p95_s": 0, "label": "film"}
	]`, b.String())
	b.Reset()
	require.NoError(t, WriteJSON(&b, nil))
	require.Equal(t, "[]\n", b.String())
}

func TestReadersPassOverOtherColumns(t *testing.T) {
	want := []Point{{Phi: Phi{0.1}, Dice: 0.5, MACs: 7, Latency: Latency{Median: 1, P95: 2}}}
	got, err := ReadCSV(strings.NewReader("\ufeff\"phi\",dice,dice_sd,macs,peak_bytes,median_s,p95_s\n0.1,0.5,0,7,0,1,2\n"))
	require.NoError(t, err)
	require.Equal(t, want, got)
	got, err = ReadCSV(strings.NewReader("seed,p95_s,median_s,peak_bytes,macs,dice_sd,dice,phi\n3,2,1,0,7,0,0.5,0.1\n"))
	require.NoError(t, err)
	require.Equal(t, want, got)
	got, err = ReadJSON(strings.NewReader("\ufeff" + `[{"seed":3,"p95_s":2,"median_s":1,"peak_bytes":0,"macs":7,"dice_sd":0,"dice":0.5,"phi":0.1}]`))
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestReadCSVSaysWhatIsWrong(t *testing.T) {
	for text, file := range map[string]string{
		`read csv: column names: EOF`:                                                                "",
		`read csv: no column "phi" among ["dice" "macs"]`:                                            "dice,macs\n",
		`read csv: two columns "dice"`:                                                               "dice,dice\n",
		`read csv: record on line 2: wrong number of fields`:                                         header + "0.1,0.5\n",
		`read csv: line 3: dice: "good" is not a number`:                                             header + "0.1,0.5,0,1,1,1,1,\n0.1,good,0,1,1,1,1,\n",
		`read csv: line 2: dice: 87.4 is outside [0, 1]`:                                             header + "0.1,87.4,0,1,1,1,1,\n",
		`read csv: line 2: dice: NaN is outside [0, 1]`:                                              header + "0.1,nan,0,1,1,1,1,\n",
		`read csv: line 2: median_s: +Inf is negative or not finite`:                                 header + "0.1,0.5,0,1,1,inf,1,\n",
		`read csv: line 2: p95_s: "1e999" is not a number`:                                           header + "0.1,0.5,0,1,1,1,1e999,\n",
		`read csv: line 2: macs: "1.5" is not a whole number`:                                        header + "0.1,0.5,0,1.5,1,1,1,\n",
		`read csv: line 2: peak_bytes: "99999999999999999999" is not a whole number`:                 header + "0.1,0.5,0,1,99999999999999999999,1,1,\n",
		`read csv: line 2: peak_bytes: -1 is negative or not finite`:                                 header + "0.1,0.5,0,1,-1,1,1,\n",
		`read csv: line 2: phi: "" is neither a number such as 0.22 nor several such as 0.2/0.3`:     header + ",0.5,0,1,1,1,1,\n",
		`read csv: line 2: phi: "0.1/" is neither a number such as 0.22 nor several such as 0.2/0.3`: header + "0.1/,0.5,0,1,1,1,1,\n",
		`read csv: line 2: phi: -0.1 is not a positive number`:                                       header + "-0.1,0.5,0,1,1,1,1,\n",
		`read csv: line 2: label: "a\nb" is not one line of text`:                                    header + "0.1,0.5,0,1,1,1,1,\"a\nb\"\n",
		`read csv: line 2: label: "\x1b[2J" is not one line of text`:                                 header + "0.1,0.5,0,1,1,1,1,\x1b[2J\n",
		`read csv: parse error on line 2, column 8: bare " in non-quoted-field`:                      header + "0.1,0.5\"\n",
	} {
		_, err := ReadCSV(strings.NewReader(file))
		require.EqualError(t, err, text)
	}
}

func TestReadJSONSaysWhatIsWrong(t *testing.T) {
	full := func(phi, dice string) string {
		return `[{"phi":` + phi + `,"dice":` + dice + `,"dice_sd":0,"macs":1,"peak_bytes":1,"median_s":1,"p95_s":1}]`
	}
	for text, file := range map[string]string{
		`read json: an array of points was expected: unexpected end of JSON input`:                                          "",
		`read json: an array of points was expected: invalid character 'x' after top-level value`:                           "[]x",
		`read json: an array of points was expected: json: cannot unmarshal object into Go value of type []json.RawMessage`: "{}",
		`read json: point 1: there is no "phi"`:                                                                             "[null]",
		`read json: point 1: there is no "dice_sd"`:                                                                         `[{"phi":1,"dice":1}]`,
		`read json: point 1: there is no "dice"`:                                                                            full("0.1", "null"),
		`read json: point 1: dice: 1.5 is outside [0, 1]`:                                                                   full("0.1", "1.5"),
		`read json: point 1: phi: there is none`:                                                                            full("[]", "0.5"),
		`read json: point 1: phi: 0 is not a positive number`:                                                               full("[0.1,0]", "0.5"),
		`read json: point 1: phi: "\"a\"" is neither a number nor an array of numbers`:                                      full(`"a"`, "0.5"),
	} {
		_, err := ReadJSON(strings.NewReader(file))
		require.EqualError(t, err, text)
	}
	_, err := ReadJSON(strings.NewReader(full("0.1", `"0.5"`)))
	require.ErrorContains(t, err, "read json: point 1: ")
	require.ErrorContains(t, err, "dice of type float64")
}

func TestACutFileIsAnErrorOrEndsAtAPoint(t *testing.T) {
	var csv, json bytes.Buffer
	require.NoError(t, WriteCSV(&csv, three()))
	require.NoError(t, WriteJSON(&json, three()))
	read := 0
	for n := range csv.Len() {
		if got, err := ReadCSV(bytes.NewReader(csv.Bytes()[:n])); err == nil {
			require.Equal(t, three()[:len(got)], append([]Point{}, got...), "cut at %d", n)
			read++
		}
	}
	// Nothing is lost by a cut around a newline, the last byte aside, nor
	// within ",label", the column that may be absent.
	require.Equal(t, 2*4-1+len(",label"), read)
	for n := range json.Len() - 1 { // the last byte is the newline
		_, err := ReadJSON(bytes.NewReader(json.Bytes()[:n]))
		require.Error(t, err, "cut at %d", n)
	}
}

func TestWritersRefuseWhatReadersWould(t *testing.T) {
	bad := []Point{three()[0], {Phi: Phi{0.1}, Dice: math.NaN()}}
	var b bytes.Buffer
	require.EqualError(t, WriteCSV(&b, bad), "write csv: point 2: dice: NaN is outside [0, 1]")
	require.EqualError(t, WriteJSON(&b, bad), "write json: point 2: dice: NaN is outside [0, 1]")
	require.EqualError(t, WriteCSV(full{}, three()), "write csv: disk full")
	require.EqualError(t, WriteJSON(full{}, three()), "write json: disk full")
	require.EqualError(t, WriteTable(full{}, three(), ByMACs, Point{}), "write table: disk full")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte(header + "0.1,0.5,0.01,12,34,0.5,1e-3,a\n0.2/0.3,1,0,0,0,0,0,\"b \"\"c\"\"\"\n"))
	f.Add([]byte("dice,dice\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		points, err := ReadCSV(bytes.NewReader(file))
		if err != nil {
			return
		}
		var b bytes.Buffer
		require.NoError(t, WriteCSV(&b, points))
		again, err := ReadCSV(&b)
		require.NoError(t, err)
		require.Equal(t, points, again)
	})
}

func FuzzReadJSON(f *testing.F) {
	f.Add([]byte(`[{"phi":[0.1,0.2],"dice":0.5,"dice_sd":0,"macs":1,"peak_bytes":1,"median_s":1,"p95_s":1,"label":"\u00e5"}]`))
	f.Add([]byte(`[{"phi":0.1,"phi":null}]`))
	f.Fuzz(func(t *testing.T, file []byte) {
		points, err := ReadJSON(bytes.NewReader(file))
		if err != nil {
			return
		}
		var b bytes.Buffer
		require.NoError(t, WriteJSON(&b, points))
		again, err := ReadJSON(&b)
		require.NoError(t, err)
		require.Equal(t, points, again)
	})
}
