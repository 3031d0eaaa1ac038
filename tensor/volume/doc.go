// Package volume takes a scan of any orientation and spacing into the frame that
// a network wants, and its labels back onto the scan's own grid.
//
// A [Grid] says where voxels lie. A [Move] leads from one grid to another whose
// axes are parallel: it turns and flips axes ([Reorient]), changes the spacing
// ([Resample]), crops or pads ([Crop], [Fit]), or does all of that at once
// ([Move.Then], [Frame]), so that voxels are interpolated only once. Every move
// has an inverse. The axes of an oblique grid stay oblique: nothing is rotated,
// and the affine of the grid arrived at is exact.
//
// An [Intensity] does the same for brightness, and has an inverse, too.
//
// Numbers of a grid's axes, as in a spacing, are in the order i, j, k; the
// tensor of its voxels is [k j i], i fastest.
package volume
