// Package tensor is a dense, row-major array of float32 with a shape: an
// exported slice and its geometry, as image.RGBA is.
//
// A [Tensor] is a header, as a slice is: copying one shares the numbers.
// Shapes are comparable values of rank 0 to 5. The library is channels last,
// so an activation is [N, spatial axes..., C] and a convolution's weight is
// [taps..., Cin, Cout]. There are no strides: a view is a contiguous range.
package tensor
