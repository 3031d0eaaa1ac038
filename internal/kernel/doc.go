// Package kernel holds the loops over float32 slices in which the time goes:
// convolution and its gradients, matrix products, and vector primitives.
//
// Slices are dense and channels last: an activation is [N, D, H, W, C] with
// leading spatial axes of 1 where there are fewer than three, and a
// convolution's weight is [kD, kH, kW, Cin/groups, Cout]. The output of a
// function is its first argument; outputs must not overlap inputs. Functions
// overwrite their output unless they say otherwise. Slices of the wrong length
// panic.
//
// A convolution that is not Winograd's is made of tiles, a broadcast times a
// vector, on views of its inputs: directly where they lie, or on copies of
// blocks with their padding, made of several inputs or resampled on the fly. Of
// an input that is alone only the strips at the edges are copied. Three taps that
// are neighbours share what a tile loads, where there are registers for that. Where
// there are few output channels the lanes run over taps, and maps of a few pixels are
// laid out first.
//
// Every loop exists in plain Go, generic over float32 and float64, so that
// tests can run it in double precision as the reference. Work is cut into
// chunks by the problem alone and partial sums are added in the order of the
// chunks: results have the same bits on any number of processors, though not on
// different instruction sets.
//
// Assembly takes numbers below 2^-126, the smallest normal one, as zero, operands
// and results alike. A product with such a number takes a hundred times as long,
// and the gradients of what a network is sure of are full of them: without this,
// training on photographs took 1.4 times as long half-way through.
package kernel

// A float is what the plain loops are generic over.
type float interface{ float32 | float64 }
