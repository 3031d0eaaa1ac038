package loss

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// CrossEntropy returns how badly the logits tell the labels, in nats:
//
//	logits [N, spatial..., K], labels [N, spatial...] -> []
//	l = -w(y) (1-s) log p(y) - s/K Σ w(k) log p(k),  p = softmax of the logits
//
// for a position of label y, with class weights w and smoothing s. The mean
// divides the sum of l by that of w(y); it is 0 if that is 0, as where all is
// ignored. It panics with a [*tensor.ShapeError] if the shapes, or the number of
// weights, do not fit; with a [*autograd.UseError] if c makes no sense; and with
// a [*LabelError], when the tape runs, if a label is neither a class nor
// ignored.
func CrossEntropy(logits, labels autograd.Value, c Config) autograd.Value {
	return record(labelled{kind: "crossentropy", ce: 1, Config: c}, logits, labels)
}

// Dice returns one less the soft Dice overlap of the softmax p of the logits
// with the labels:
//
//	logits [N, spatial..., K], labels [N, spatial...] -> []
//	D(k) = (2 Σ p(k) [y=k] + ε) / (Σ p(k) + Σ [y=k] + ε),  1 - mean of D
//
// where the sums run over the positions, not ignored, of the batch (or of a
// sample) and the mean over the classes but the background (and over samples).
// A class that is absent in the labels has a D near 0 unless all its p are, and
// then 1. It panics as [CrossEntropy] does.
//
// Source: Milletari, Navab and Ahmadi, V-Net, 3DV 2016, section 3, with sums
// instead of sums of squares below the fraction.
func Dice(logits, labels autograd.Value, c Config) autograd.Value {
	return record(labelled{kind: "dice", dice: 1, Config: c}, logits, labels)
}

// DiceOfProbabilities is [Dice] of p itself, which must be probabilities.
func DiceOfProbabilities(p, labels autograd.Value, c Config) autograd.Value {
	return record(labelled{kind: "dice", dice: 1, probabilities: true, Config: c}, p, labels)
}

// DiceCE returns c.DiceWeight times [Dice] plus c.CEWeight times [CrossEntropy].
func DiceCE(logits, labels autograd.Value, c Config) autograd.Value {
	o := labelled{kind: "dicece", dice: orDefault(c.DiceWeight, 1), ce: orDefault(c.CEWeight, 1), Config: c}
	return record(o, logits, labels)
}

func record(o labelled, x, labels autograd.Value) autograd.Value {
	o.check(o.kind, x)
	o.Ignore, o.Weights = slices.Clone(o.Ignore), slices.Clone(o.Weights)
	return autograd.Apply(o, x, labels)
}

// A LabelError tells of a label that is no class. The tape panics with it when
// it runs, for whoever made the labels could have known.
type LabelError struct {
	Op      string // as in "dicece"
	Label   float32
	Shape   tensor.Shape // of the labels
	Index   []int        // of the first bad label
	Classes int
	Ignore  []int // what is allowed beside the classes
}

// Error implements error.
func (e *LabelError) Error() string {
	text := fmt.Sprintf("%s: label %s at %v of %v: expected a class, 0 to %d",
		e.Op, strconv.FormatFloat(float64(e.Label), 'g', -1, 32), e.Index, e.Shape, e.Classes-1)
	if len(e.Ignore) > 0 {
		text += fmt.Sprintf(", or one of the ignored %v", e.Ignore)
	}
	return text
}

// What class returns for a label that is no class.
const (
	ignored = -1 - iota
	wrong
)

// class returns the class of a label.
func class(label float32, classes int, ignore []int) int {
	y := int(label)
	switch {
	case float32(y) != label: // so is NaN
		return wrong
	case len(ignore) > 0 && slices.Contains(ignore, y):
		return ignored
	case y < 0 || y >= classes:
		return wrong
	}
	return y
}

// index returns where element i of a row-major array lies.
func index(i int, s tensor.Shape) []int {
	at := make([]int, s.Rank())
	for axis := s.Rank() - 1; axis >= 0; axis-- {
		at[axis] = i % s.Dim(axis)
		i /= s.Dim(axis)
	}
	return at
}
