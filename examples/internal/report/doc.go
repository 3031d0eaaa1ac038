// Package report turns the results of a study into one page that tells what was
// found, whichever way it went: [Save] writes it, [Table] and [SaveCurves] make
// what a README shows of it.
//
// The page is made of the result file alone, opens from disk without a network,
// and is complete at any moment of a study: a section without data is left out,
// and what a method lacks is said.
package report
