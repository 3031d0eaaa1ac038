package optim

import "math"

// A Schedule gives the step size of each step, counted from 0. It is a pure
// function.
type Schedule func(step int) float64

// Constant is the same step size always.
func Constant(rate float64) Schedule { return func(int) float64 { return rate } }

// Step multiplies the step size by factor after every so many steps.
func Step(rate, factor float64, every int) Schedule {
	return func(step int) float64 { return rate * math.Pow(factor, float64(step/every)) }
}

// Cosine falls from rate to least along half a cosine over the given number of
// steps and then stays. Source: Loshchilov and Hutter, ICLR 2017, section 3.
func Cosine(rate, least float64, steps int) Schedule {
	return func(step int) float64 {
		x := min(float64(step)/float64(steps), 1)
		return least + (rate-least)*(1+math.Cos(math.Pi*x))/2
	}
}

// WarmUp rises linearly to the first step size of s over the given number of
// steps, and then is s from its beginning.
func WarmUp(steps int, s Schedule) Schedule {
	return func(step int) float64 {
		if step < steps {
			return s(0) * float64(step+1) / float64(steps+1)
		}
		return s(step - steps)
	}
}
