// Package metric measures how well labels were predicted: how much of a
// structure overlaps, in shares ([Overlap]), and how far its surface lies off, in
// mm ([Surface]).
//
// Dice is counted on hard labels, per structure, without the background: twice
// the elements that both have over the elements of both. A structure that is
// absent in truth and prediction does not count; one that is absent in only one
// of them has a Dice of 0. A subject's Dice is the mean over its structures,
// that of a data set the mean over subjects. Distances go by the same rule: a
// structure that was missed counts as the worst case, and only one that nobody
// has is left out, so no failure vanishes from a mean.
package metric
