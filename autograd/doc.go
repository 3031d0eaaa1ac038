// Package autograd differentiates: a [Tape] records operations on tensors,
// runs them, and walks back over the list for the gradients.
//
// Recording works out shapes and costs only. The tape runs when a value is
// read ([Value.Tensor]), when [Tape.Run] is called, or on [Tape.Backward]. The
// order of recording is a topological order, so a run is one loop over the
// list and Backward the same loop from the end; knowing the list first, the
// tape frees each buffer after its last use and tells the cost of a network
// ([Tape.Cost]) without computing it.
//
// Memory. The tape owns every buffer that it makes and reuses it after
// [Tape.Reset]: a training step in steady state allocates no tensor data.
// Constants and leaves stay the caller's. A value that something else was
// computed from is released after its last use, so one that is to be read
// later must be kept with [Value.Keep]; a value that nothing was computed from,
// the loss and the gradients of leaves are kept by themselves.
//
// Misuse that the caller could have known panics with a [*tensor.ShapeError]
// or a [*UseError]; [Try] turns such a panic into an error. A Tape serves one
// goroutine; operations are immutable and may be shared.
//
// Layout is channels last: activations [N, spatial axes..., C], weights
// [taps..., Cin, Cout].
package autograd
