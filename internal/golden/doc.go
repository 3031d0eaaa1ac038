// Package golden gives tests the reference tensors that PyTorch computed: one
// file per operation in ../shared/golden beside the module, each with many
// cases. Where the folder is absent a test skips.
//
// Tensors come in PyTorch's order, channels after the batch, and are permuted
// to channels last by [ChannelsLast], [ConvWeight], [ConvTransposeWeight] and
// [LinearWeight].
package golden
