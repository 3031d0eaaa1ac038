package metric

import (
	"fmt"
	"math"
	"slices"

	"github.com/sshn-go/sshn/tensor"
)

// A Surface says how far apart the surfaces of one structure lie in truth and
// prediction, in mm.
//
// The surface of a structure is those of its elements that have a neighbour
// across a face which is of another structure or outside of the image. Along an
// axis of one element nothing is a neighbour; the only element of an image is
// its own surface. Each element of either surface has a
// distance, between centres, to the nearest of the other's.
//
// A structure that only one of them has is missed and counts as the worst case:
// its distances are Worst and its Dice is 0. For one that neither has, all
// measures are NaN: it does not count. They are NaN in no other case.
type Surface struct {
	Truth, Prediction int     // elements of each surface
	Worst             float64 // diagonal of the image in mm, which no distance reaches

	toPrediction, toTruth []float64 // ascending
}

// Surfaces compares each structure of a subject: truth and prediction
// [spatial...], of one to three axes, with classes from 0, the background. It
// returns a Surface by class; that of the background is empty. The spacing is as
// for [Distance]. Surfaces panics with a [*tensor.ShapeError] if the shapes
// differ or the spacing does not fit; labels that are none of the classes are
// an error, as for [Overlap.Add].
func Surfaces(truth, prediction tensor.Tensor, classes int, spacing ...float64) ([]Surface, error) {
	g := newGrid("surfaces", truth.Shape, spacing)
	if err := checkLabels("surfaces", truth, prediction, classes); err != nil {
		return nil, err
	}
	all := make([]Surface, classes)
	boxes := g.boxes(classes, truth.Data, prediction.Data)
	var work []float64
	for c := 1; c < classes; c++ {
		s := &all[c]
		s.Worst = g.diagonal()
		b := boxes[c]
		if b.empty() {
			continue
		}
		in := b.grid(g)
		if n := in.len(); cap(work) < n {
			work = make([]float64, n)
		}
		t := g.surface(truth.Data, float32(c), b)
		p := g.surface(prediction.Data, float32(c), b)
		s.Truth, s.Prediction = len(t), len(p)
		if s.Truth == 0 || s.Prediction == 0 {
			continue
		}
		// The nearest elements lie in the box, so nothing outside matters.
		s.toPrediction = in.distances(work[:in.len()], t, p)
		s.toTruth = in.distances(work[:in.len()], p, t)
	}
	return all, nil
}

// Hausdorff returns the greater of two percentiles: of the distances from the
// truth's surface to the prediction's, and of those back. 95 gives HD95, 100 the
// Hausdorff distance. A percentile is interpolated linearly between the order
// statistics at ranks of (n - 1) percent / 100 (Hyndman and Fan's type 7, as in
// NumPy). Source: Huttenlocher et al., IEEE TPAMI 15(9), 1993, "partial
// distance", for ranks; Maier-Hein et al., Nature Methods 21, 2024 (Metrics
// Reloaded), for the greater of the two. Hausdorff panics if percent is not in [0, 100].
func (s *Surface) Hausdorff(percent float64) float64 {
	if !(percent >= 0 && percent <= 100) {
		panic(&tensor.UseError{Problem: fmt.Sprintf("metric: percentile %v is not in [0, 100]", percent)})
	}
	if s.Truth == 0 || s.Prediction == 0 {
		return s.missed(s.Worst)
	}
	return max(percentile(s.toPrediction, percent), percentile(s.toTruth, percent))
}

// Mean returns the average symmetric surface distance: the mean over all
// elements of both surfaces. Source: Heimann et al., IEEE TMI 28(8), 2009.
func (s *Surface) Mean() float64 {
	if s.Truth == 0 || s.Prediction == 0 {
		return s.missed(s.Worst)
	}
	sum := 0.0
	for _, d := range [...][]float64{s.toPrediction, s.toTruth} {
		for _, x := range d {
			sum += x
		}
	}
	return sum / float64(s.Truth+s.Prediction)
}

// Dice returns the normalised surface Dice: the share of the elements of both
// surfaces that lie at most tolerance mm from the other surface, and a millionth
// of it more, for files hold spacings in 32 bits. Elements count alike, whatever
// their area. Source: Nikolov et al., J Med Internet Res 23(7), 2021, "Surface
// DSC". Dice panics if the tolerance is negative or NaN.
func (s *Surface) Dice(tolerance float64) float64 {
	if !(tolerance >= 0) {
		panic(&tensor.UseError{Problem: fmt.Sprintf("metric: tolerance %v is not one in mm", tolerance)})
	}
	if s.Truth == 0 || s.Prediction == 0 {
		return s.missed(0)
	}
	near := 0
	for _, d := range [...][]float64{s.toPrediction, s.toTruth} {
		beyond, _ := slices.BinarySearch(d, math.Nextafter(tolerance*(1+1e-6), math.Inf(1)))
		near += beyond
	}
	return float64(near) / float64(s.Truth+s.Prediction)
}

// missed returns the worst case, or NaN for a structure that neither has.
func (s *Surface) missed(worst float64) float64 {
	if s.Truth == 0 && s.Prediction == 0 {
		return math.NaN()
	}
	return worst
}

// percentile returns a percentile of ascending numbers.
func percentile(x []float64, percent float64) float64 {
	rank := float64(len(x)-1) * percent / 100
	below := int(rank)
	above := min(below+1, len(x)-1)
	share := rank - float64(below)
	return x[below] + float64(share*(x[above]-x[below]))
}
