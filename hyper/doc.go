// Package hyper makes the weights theta of a network a function of a condition
// vector: phi, or phi per level or axis, or whatever else a user chooses.
//
// A [Source] says where theta comes from. [Shared] is one trained vector for
// all conditions, an ordinary network. [Net] is a hypernetwork h(phi; omega),
// as in Scale-Space HyperNetworks (Gonzalez Ortiz, Guttag and Dalca, NeurIPS
// 2023): a small perceptron whose last layer has the size of theta. [Freeze]
// evaluates a source at one condition; what is left is an ordinary network.
// A [Prior] draws the conditions to train on.
package hyper
