// Package nifti reads and writes brain scans and their segmentations: NIfTI-1
// and NIfTI-2, in one file or a pair, gzipped or not, of either endianness.
//
// A [Volume] keeps the file's memory order: voxel (i, j, k), i fastest, is the
// element [k j i] of its tensor, and a slice of 160 x 192 x 1 is [1 192 160].
// Nothing is transposed or resampled; the [Header] says where the voxels lie.
// Results are written onto the grid of the scan that was read: everything in
// its header that places the voxels is kept byte for byte.
//
// A header is a claim. Memory grows with the voxels that are there and not with
// those that are promised, and [Options] limits both.
//
// Formats: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h and
// https://nifti.nimh.nih.gov/pub/dist/doc/nifti2.h
package nifti
