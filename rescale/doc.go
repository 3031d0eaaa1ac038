// Package rescale resizes maps to any size: the operation by which a network's
// feature maps shrink by a factor phi of one's choice, where an ordinary
// network knows one half only.
//
// Along one axis each output is a weighted mean of inputs, y = A x, and over
// several axes the map is the product of one matrix per axis, the same for
// every channel: (A_D x A_H x A_W) x. What distinguishes the modes is the rows
// of A: the nearest pixel, the two neighbours, or four. The matrices are made
// in exact or double arithmetic, and are sparse, so they are kept as tables.
//
// The gradient is that of a linear map. From dL = <gy, A dx> = <A' gy, dx> it
// follows that gx = A' gy: the adjoint, which is again such a product, that of
// the transposed tables. So one loop serves both directions, and the backward
// pass needs neither the input nor the output.
//
// Where a pixel lies. Pixels are cells of equal size that fill the map, and
// values sit in their centres: output o of n lies at (o+1/2)*in/n - 1/2 in the
// input's indices. With [Config.AlignCorners] the centres of the outermost
// pixels are laid upon each other instead: o*(in-1)/(n-1).
//
// Sizes follow one rule, [Size]: a map of n pixels becomes max(1, ceil(phi*n)),
// as in Gonzalez Ortiz, Guttag and Dalca, Scale-Space Hypernetworks for
// Efficient Biomedical Image Analysis, NeurIPS 2023.
package rescale
