// Package kernel holds the loops over float32 slices in which the time goes:
// convolution and its gradients, matrix products, and vector primitives.
//
// Slices are dense and channels last: an activation is [N, D, H, W, C] with
// leading spatial axes of 1 where there are fewer than three, and a
// convolution's weight is [kD, kH, kW, Cin/groups, Cout]. The output of a
// function is its first argument; outputs must not overlap inputs. Functions
// called "gradient" add to their output, all others overwrite it unless they
// say otherwise. Slices of the wrong length panic.
//
// Every loop exists in plain Go, generic over float32 and float64, so that
// tests can run it in double precision as the reference. Work is cut into
// chunks by the problem alone and partial sums are added in the order of the
// chunks: results have the same bits on any number of processors, though not on
// different instruction sets.
package kernel

// A float is what the plain loops are generic over.
type float interface{ float32 | float64 }
