// Package plot draws curves of accuracy against cost, or against phi, as SVG
// and PNG.
//
// A [Figure] holds several labelled [Series]; where its zero fields stand, the
// defaults make a picture for a README. Filled marks are points on the front of
// their own series, hollow ones are beaten by another of its points, and a ring
// is the chosen point. The colours are told apart by colour-blind readers too,
// and each series has a mark of its own shape. Drawing the same figure twice
// gives the same bytes.
package plot
