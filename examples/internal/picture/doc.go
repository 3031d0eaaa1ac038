// Package picture draws slices of scans and their labels for looking at: an
// image in grey, and label maps in the colours of their table, side by side, with
// captions and a legend. A [Row] is one slice, a [Volume] three through a voxel.
//
// A slice is turned as radiologists hang it: head or face up, the subject's
// left on the viewer's right; a sagittal one looks to the left.
package picture
