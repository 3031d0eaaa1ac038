package optim

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/tensor"
)

// A Schedule gives the step size of each step, counted from 0. It is a pure
// function, so a run that goes on from a checkpoint meets the same.
type Schedule func(step int) float64

// Constant is the same step size always.
func Constant(rate float64) Schedule { return func(int) float64 { return rate } }

// Step multiplies the step size by factor after every so many steps. It panics
// if that is not positive.
func Step(rate, factor float64, every int) Schedule {
	checkSteps("step", every)
	return func(step int) float64 { return rate * math.Pow(factor, float64(step/every)) }
}

// Cosine falls from rate to least along half a cosine over the given number of
// steps and then stays. It panics if that is not positive. Source: Loshchilov
// and Hutter, ICLR 2017, section 3.
func Cosine(rate, least float64, steps int) Schedule {
	checkSteps("cosine", steps)
	return func(step int) float64 {
		x := min(float64(step)/float64(steps), 1)
		return least + (rate-least)*(1+math.Cos(math.Pi*x))/2
	}
}

// WarmUp rises linearly to the first step size of s over the given number of
// steps, and then is s from its beginning. It panics if that is not positive.
func WarmUp(steps int, s Schedule) Schedule {
	checkSteps("warm-up", steps)
	return func(step int) float64 {
		if step < steps {
			return s(0) * float64(step+1) / float64(steps+1)
		}
		return s(step - steps)
	}
}

func checkSteps(schedule string, steps int) {
	if steps < 1 {
		panic(&tensor.UseError{Problem: fmt.Sprintf("optim: a %s schedule over %d steps; 1 is the least", schedule, steps)})
	}
}
