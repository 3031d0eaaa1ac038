// Package metric measures how well labels were predicted.
//
// Dice is counted on hard labels, per structure, without the background: twice
// the elements that both have over the elements of both. A structure that is
// absent in truth and prediction does not count; one that is absent in only one
// of them has a Dice of 0. A subject's Dice is the mean over its structures,
// that of a data set the mean over subjects.
package metric
