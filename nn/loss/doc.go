// Package loss holds what training makes small: a prediction and a target give
// one number.
//
// Labels are class indices 0 to K-1, held as float32 in a constant of the
// prediction's shape without the channels; a one-hot tensor is never made.
// [CrossEntropy], [Dice] and [DiceCE] read the logits once: softmax and all sums
// in one pass. Sums run in float64, in an order that depends on the shapes alone.
// A target of which nothing counts gives 0, never NaN, and a prediction that
// holds a NaN where something counts gives NaN.
//
// The cost of a loss is no part of a network's: it is given as 0 MACs.
package loss
