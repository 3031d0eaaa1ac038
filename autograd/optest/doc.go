// Package optest checks operations of package autograd from a table: a row
// names an operation and the shapes of its inputs, and [Run] derives from it
// whether the value, the gradient, the adjoint, the memory and the independence
// of the number of workers are right; [Bench] times it. To add an operation to
// the tests is to add a row.
//
// Gradients are compared with central differences of <y, r>, r random, at three
// steps h, each a quarter of the last. The error of a difference is C h² + F/h,
// where F is the noise of the values, so it must fall to a quarter at least
// between the last two steps (without noise it falls to a sixteenth), or to the
// floor that F sets: [Case.Noise] times the unit roundoff times the norm of
// what was summed. A wrong gradient makes an error that stays.
package optest
