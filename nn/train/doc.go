// Package train is the training loop: steps, progress, a log, validation,
// checkpoints and resuming. It knows nothing of networks: an [Objective]
// records the loss of a step, and the loop descends on its gradient.
//
// A run that was killed and resumed ends with the same bits as one left alone,
// provided that the objective draws its randomness from streams derived from
// the step, as nn.Stream and data.Loader do.
package train
