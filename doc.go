// Package sshn trains, measures and applies Scale-Space HyperNetworks: one
// segmentation network for every rescaling factor phi.
//
// A U-Net gets cheaper when its feature maps shrink more at each level, by phi
// instead of 1/2; how much accuracy that costs is only known after training.
// A Scale-Space HyperNetwork is trained once and predicts the weights theta for
// any phi. [Model.Measure] then measures the whole curve of accuracy against
// cost, the user picks the phi that fits a budget, and [Model.Freeze] leaves an
// ordinary U-Net of that phi.
//
// A [Model] is a network, a source of theta, preprocessing and labels, and it
// is what a file holds ([Model.Save], [Load]). The four methods of the paper are
// three independent choices in a [Config]: where theta comes from, the prior
// over phi, FiLM or not.
//
// Source: Gonzalez Ortiz, Guttag and Dalca, Scale-Space HyperNetworks for
// Efficient Biomedical Image Analysis, NeurIPS 2023.
package sshn

// Version is that of the library, which a model file names.
const Version = "0.1.0"
