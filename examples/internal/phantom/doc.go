// Package phantom makes procedural brains: label maps and T1-like images, with
// no file read.
//
// One anatomy, in three dimensions, is deformed anew for each subject: a
// cerebrum whose boundary between white matter and cortex is folded by noise,
// and deep structures that are unions of ellipsoids. [Volume] looks at all of
// it; [Slice] looks at the coronal plane 109, as the two-dimensional set of
// neurite-OASIS does. Left and right are labelled apart though they look
// alike, so a segmentation cannot go by intensity alone.
//
// The geometry is that of neurite-OASIS: 160 x 192 x 224 voxels of 1 mm, the
// axes i, j, k pointing left, down and forward. Memory holds i fastest, so a
// volume is [224 192 160 1] and a slice [192 160 1].
package phantom
