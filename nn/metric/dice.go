package metric

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/sshn-go/sshn/tensor"
)

// Overlap counts, for one subject, how truth and prediction overlap. The
// subject may come in parts: slices, patches.
type Overlap struct {
	both, truth, prediction []int64 // by class
}

// NewOverlap returns the empty counts for the given number of classes, class 0
// the background.
func NewOverlap(classes int) *Overlap {
	return &Overlap{make([]int64, classes), make([]int64, classes), make([]int64, classes)}
}

// Add counts the elements of a part: class indices of equal shapes. It panics
// with a [*tensor.ShapeError] if the shapes differ. If a number is not one of
// the classes it returns an error that names the first such, and counts nothing.
func (o *Overlap) Add(truth, prediction tensor.Tensor) error {
	if err := checkLabels("overlap", truth, prediction, len(o.both)); err != nil {
		return err
	}
	for i, t := range truth.Data {
		p := prediction.Data[i]
		o.truth[int(t)]++
		o.prediction[int(p)]++
		if t == p {
			o.both[int(t)]++
		}
	}
	return nil
}

// Dice returns the Dice of each class, in [0, 1]; it is NaN for the background
// and for a class that is absent in both, which do not count.
func (o *Overlap) Dice() []float64 {
	dice := make([]float64, len(o.both))
	for c := range dice {
		dice[c] = math.NaN()
		if sum := o.truth[c] + o.prediction[c]; c > 0 && sum > 0 {
			dice[c] = 2 * float64(o.both[c]) / float64(sum)
		}
	}
	return dice
}

// VolumeSimilarity returns, for each class, 1 less the difference of its volumes
// in truth and prediction as a share of their sum: 1 if they are equal, wherever
// they lie, and 0 for a structure that was missed. It is NaN where [Overlap.Dice]
// is. Source: Taha and Hanbury, BMC Medical Imaging 15:29, 2015,
// "Volumetric similarity".
func (o *Overlap) VolumeSimilarity() []float64 {
	s := make([]float64, len(o.both))
	for c := range s {
		s[c] = math.NaN()
		if sum := o.truth[c] + o.prediction[c]; c > 0 && sum > 0 {
			s[c] = 1 - math.Abs(float64(o.truth[c]-o.prediction[c]))/float64(sum)
		}
	}
	return s
}

// Elements returns how many elements of each class the truth has.
func (o *Overlap) Elements() []int64 { return append([]int64(nil), o.truth...) }

// Mean returns the mean Dice over the structures that count; it is NaN if there
// are none.
func (o *Overlap) Mean() float64 { return Summarise(o.Dice()).Mean }

// A Summary is a mean and a deviation over N subjects. Both are NaN for none,
// and the deviation is 0 for one.
type Summary struct {
	Mean, SD float64
	N        int
}

// Summarise returns the mean and the sample deviation of the numbers that are
// not NaN: those of subjects, or structures, that count.
func Summarise(x []float64) Summary {
	var kept []float64
	for _, v := range x {
		if !math.IsNaN(v) {
			kept = append(kept, v)
		}
	}
	s := Summary{N: len(kept), Mean: math.NaN(), SD: math.NaN()}
	if len(kept) > 0 {
		s.Mean, s.SD = stat.MeanStdDev(kept, nil)
	}
	if len(kept) == 1 {
		s.SD = 0
	}
	return s
}

// checkLabels panics if the shapes differ, and returns an error that names the
// first number that is not one of the classes.
func checkLabels(op string, truth, prediction tensor.Tensor, classes int) error {
	if truth.Shape != prediction.Shape {
		panic(&tensor.ShapeError{Op: op, Shapes: []tensor.Shape{truth.Shape, prediction.Shape}, Problem: "truth and prediction differ"})
	}
	for i, t := range truth.Data {
		for _, x := range [...]float32{t, prediction.Data[i]} {
			if !(x >= 0 && x < float32(classes)) || x != float32(int(x)) {
				return fmt.Errorf("metric: element %d: label %v is not one of %d classes", i, x, classes)
			}
		}
	}
	return nil
}
