// Package nn is what networks are made of: a layout of named parameters,
// layers, and one forward pass.
//
// A network's parameters are one flat vector theta. A layer owns a named
// stretch of it (a [Param]: offset and shape), never the data. Constructors ask
// a [Builder] for their parameters by name; the [Layout] that they fill tells
// how long theta is and how it starts. A forward pass is given theta in its
// [Pass]: a trained leaf, or the output of a hypernetwork. No layer can tell
// which, so every layer, a user's own too, runs under a hypernetwork, is saved
// under its names and is counted.
//
// Layers and layouts are immutable once built and may be shared by goroutines;
// a Pass serves one.
package nn
