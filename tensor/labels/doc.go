// Package labels reads and writes FreeSurfer's colour tables, which say what
// the integers of a segmentation mean and how to draw them.
//
// A line of a table is
//
//	id name R G B A
//
// separated by spaces or tabs. The last column counts from 0, opaque, to 255,
// invisible: 255 minus what [image/color] calls alpha. Blank lines and lines
// that begin with # are skipped.
//
// Format: https://surfer.nmr.mgh.harvard.edu/fswiki/LabelsClutsAnnotationFiles
package labels
