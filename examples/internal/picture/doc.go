// Package picture draws slices of scans and their labels for looking at: an
// image in grey, and label maps in the colours of their table, side by side, with
// captions and a legend. A [Row] is one slice, a [Volume] three through a voxel.
//
// A slice is turned as radiologists hang it: head or face up, the subject's
// left on the viewer's right; a sagittal one looks to the left. Letters at the
// edges of the image say which side of the subject each is: R and L, A and P for
// front and back, S and I for head and feet.
package picture
