package loss

import (
	"math"

	"github.com/sshn-go/sshn/autograd"
)

// Reduction tells what becomes of the losses of many positions.
type Reduction uint8

const (
	Mean Reduction = iota // their mean; 0 if there are none
	Sum
)

// scale is what a sum over n elements is multiplied by.
func (r Reduction) scale(n int) float64 {
	if r == Sum {
		return 1
	}
	return 1 / float64(max(n, 1))
}

// Config holds the attributes of the losses over labels. The zero Config is the
// mean cross-entropy, and Dice over the batch without background.
type Config struct {
	// Ignore lists labels that count nowhere. They may be classes or others.
	Ignore []int

	// Of the cross-entropy.
	Weights   []float64 // by class; nil means 1 each
	Smoothing float64   // this part of a label, 0 to 1, is spread over all classes
	Reduction Reduction // Mean divides by the sum of the weights of the labels

	// Of Dice.
	Background bool    // class 0 counts too
	PerSample  bool    // Dice of each sample, then their mean, instead of the batch's
	Epsilon    float64 // in voxels, added to both sides of the fraction; 0 means 1e-5

	// Of DiceCE.
	DiceWeight, CEWeight float64 // 0 means 1
}

// check panics with a *autograd.UseError if c is no sound choice.
func (c *Config) check(op string, x autograd.Value) {
	problem := ""
	for _, w := range c.Weights {
		if !positive(w) {
			problem = "a class weight must be 0 or positive"
		}
	}
	switch {
	case !(c.Smoothing >= 0 && c.Smoothing <= 1):
		problem = "the smoothing must lie in 0 to 1"
	case !positive(c.Epsilon):
		problem = "epsilon must be positive, or 0 for its default"
	case !positive(c.DiceWeight) || !positive(c.CEWeight):
		problem = "the weight of a term must be positive, or 0 for 1"
	}
	if problem != "" {
		panic(&autograd.UseError{Op: op, Shape: x.Shape(), Problem: problem})
	}
}

func positive(x float64) bool { return x >= 0 && !math.IsInf(x, 1) }

func orDefault(x, otherwise float64) float64 {
	if x == 0 {
		return otherwise
	}
	return x
}
