// Package data feeds training: labelled samples, splits by subject, batches,
// patches and augmentation.
//
// What is drawn at random comes from streams derived from (seed, purpose,
// step, item), so a [Loader] yields the same batches for the same seed however
// many goroutines prefetch them, and the state of a run is its step.
package data
