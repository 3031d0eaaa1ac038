// Package unet is the U-Net at any rescaling factor phi, over two or three
// spatial axes with one code.
//
// The encoder's levels are stages of convolutions with a rescaling to
// ceil(phi n) between; the decoder rescales up to the size of the skip tensor,
// concatenates it and applies a stage; a 1x1 convolution gives the logits.
// Phi is not part of the network: it comes with each pass ([nn.Pass].Factors),
// as one number, one per level or one per axis.
//
// Source: Ronneberger, Fischer and Brox, MICCAI 2015; the factor phi after
// Gonzalez Ortiz, Guttag and Dalca, NeurIPS 2023.
package unet
