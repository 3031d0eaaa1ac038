package metric

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

func TestDiceByHand(t *testing.T) {
	o := NewOverlap(5)
	// Class 1: 2 of 3 and 3 agree. 2: only in the truth. 3: only predicted. 4: in neither.
	require.NoError(t, o.Add(tensor.From([]float32{0, 1, 1, 1}, 2, 2), tensor.From([]float32{0, 1, 1, 3}, 2, 2)))
	require.NoError(t, o.Add(tensor.From([]float32{0, 2}, 2), tensor.From([]float32{1, 0}, 2)))
	d := o.Dice()
	require.True(t, math.IsNaN(d[0]) && math.IsNaN(d[4]))
	require.Equal(t, []float64{2 * 2. / 6, 0, 0}, d[1:4])
	require.InDelta(t, 2./9, o.Mean(), 1e-15)
	require.Equal(t, []int64{2, 3, 1, 0, 0}, o.Elements())
	require.True(t, math.IsNaN(NewOverlap(3).Mean()))
}

func TestLabelsThatAreNoClassAreErrors(t *testing.T) {
	zero := tensor.New(1)
	for _, x := range []float32{3, -1, 0.5, float32(math.NaN())} {
		bad := tensor.From([]float32{x}, 1)
		want := fmt.Sprintf("metric: element 0: label %v is not one of 3 classes", x)
		require.EqualError(t, NewOverlap(3).Add(bad, zero), want)
		require.EqualError(t, NewOverlap(3).Add(zero, bad), want)
	}
	o := NewOverlap(3)
	require.Error(t, o.Add(tensor.From([]float32{1, 1, 7}, 3), tensor.New(3)))
	require.Equal(t, NewOverlap(3), o, "nothing is counted of a part with an error")
	require.PanicsWithError(t, "overlap of [1] and [2]: truth and prediction differ", func() { NewOverlap(3).Add(zero, tensor.New(2)) })
}

func TestMeansGoOverStructuresThenSubjects(t *testing.T) {
	var table Table
	add := func(name string, truth, prediction []float32) {
		o := NewOverlap(3)
		require.NoError(t, o.Add(tensor.From(truth, len(truth)), tensor.From(prediction, len(truth))))
		table.Add(name, o)
	}
	add("perfect", []float32{1, 1, 2, 0}, []float32{1, 1, 2, 0})
	add("half", []float32{1, 0, 2, 0}, []float32{1, 0, 0, 0}) // 1 and 0
	add("empty", []float32{0, 0}, []float32{0, 0})            // does not count
	s := table.Mean()
	require.Equal(t, 2, s.N)
	require.Equal(t, 0.75, s.Mean)
	require.InDelta(t, math.Sqrt(0.125), s.SD, 1e-15)
	require.Equal(t, Summary{Mean: 1, SD: 0, N: 2}, table.Structure(1))
	require.Equal(t, 0.5, table.Structure(2).Mean)
	require.Equal(t, Summary{Mean: 0.5, N: 1}, Summarise([]float64{math.NaN(), 0.5}))
	none := Summarise(nil)
	require.True(t, math.IsNaN(none.Mean) && math.IsNaN(none.SD))
}

func TestArgmaxTakesTheFirstOfEquals(t *testing.T) {
	y, err := Argmax(tensor.From([]float32{1, 2, 2, -1, -5, -1, 0, 0, 3}, 3, 1, 3))
	require.NoError(t, err)
	require.Equal(t, tensor.NewShape(3, 1), y.Shape)
	require.Equal(t, []float32{1, 0, 2}, y.Data)
	require.PanicsWithError(t, "argmax of [2 0]: takes [..., K] with a class", func() { Argmax(tensor.New(2, 0)) })
	require.PanicsWithError(t, "argmax of []: takes [..., K] with a class", func() { Argmax(tensor.Scalar(1)) })
}

func TestArgmaxOfNaNIsAnErrorWhereverItStands(t *testing.T) {
	inf := float32(math.Inf(1))
	for at := range 3 {
		x := tensor.From([]float32{1, 2, 3, inf, -inf, inf, 1, 2, 3}, 3, 3)
		x.Set(float32(math.NaN()), 2, at)
		_, err := Argmax(x)
		require.EqualError(t, err, "metric: argmax: 1 of 3 elements of [3 3] have a logit that is NaN, the first is element 2")
	}
}

func TestATablePrintsWhatCountsAndHowOften(t *testing.T) {
	var table Table
	for i, p := range [][]float32{{1, 1, 2, 0}, {1, 0, 0, 0}} {
		o := NewOverlap(4)
		require.NoError(t, o.Add(tensor.From([]float32{1, 1, 0, 0}, 4), tensor.From(p, 4)))
		table.Add(fmt.Sprint("subject ", i), o)
	}
	require.Equal(t, ""+
		"structure    Dice     SD  subjects\n"+
		"cortex      0.833  0.236         2\n"+
		"white       0.000  0.000         1\n"+
		"3               -      -         0\n"+
		"mean        0.583  0.118         2\n", table.Text([]string{"background", "cortex", "white"}))
}

func Example() {
	truth := tensor.From([]float32{0, 1, 1, 2}, 4)
	logits := tensor.From([]float32{9, 0, 0, 0, 9, 0, 9, 0, 0, 0, 0, 9}, 4, 3)
	o := NewOverlap(3)
	classes, err := Argmax(logits)
	if err != nil {
		panic(err)
	}
	if err := o.Add(truth, classes); err != nil {
		panic(err)
	}
	fmt.Printf("%.3f\n", o.Mean())
	// Output:
	// 0.833
}
