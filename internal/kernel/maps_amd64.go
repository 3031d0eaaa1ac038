//go:build !purego

package kernel

var maps512 = mapKernels{
	leaky: leaky512, leakyBackSet: leakyBackSet512, leakyBackAdd: leakyBackAdd512,
	rectify: rectify512, sumRows: sumRows512,
	adam: adam512, adamLargest: adamLargest512, descend: descend512, descendMomentum: descendMomentum512, dotWide: dotWide512,
	softmaxRows: softmaxRows512, addLogs: addLogs512, labelGradientSet: labelGradientSet512, labelGradientAdd: labelGradientAdd512,
	powers:  powers512,
	moments: moments512, correlate: correlate512, normalise: normalise512,
	correlateRectified: correlateRectified512, normaliseRectified: normaliseRectified512,
	denormaliseSet: denormaliseSet512, denormaliseAdd: denormaliseAdd512,
}

var maps256 = mapKernels{
	leaky: leaky256, leakyBackSet: leakyBackSet256, leakyBackAdd: leakyBackAdd256,
	rectify: rectify256, sumRows: sumRows256,
	adam: adam256, adamLargest: adamLargest256, descend: descend256, descendMomentum: descendMomentum256, dotWide: dotWide256,
	softmaxRows: softmaxRows256, addLogs: addLogs256, labelGradientSet: labelGradientSet256, labelGradientAdd: labelGradientAdd256,
	powers:  powers256,
	moments: moments256, correlate: correlate256, normalise: normalise256,
	correlateRectified: correlateRectified256, normaliseRectified: normaliseRectified256,
	denormaliseSet: denormaliseSet256, denormaliseAdd: denormaliseAdd256,
}
