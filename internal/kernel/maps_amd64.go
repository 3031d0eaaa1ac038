//go:build !purego

package kernel

var maps512 = mapKernels{
	leaky: leaky512, leakyBackSet: leakyBackSet512, leakyBackAdd: leakyBackAdd512,
	rectify: rectify512, sumRows: sumRows512,
}

var maps256 = mapKernels{
	leaky: leaky256, leakyBackSet: leakyBackSet256, leakyBackAdd: leakyBackAdd256,
	rectify: rectify256, sumRows: sumRows256,
}
