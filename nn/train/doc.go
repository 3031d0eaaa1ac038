// Package train is the training loop: steps, progress, a log, validation,
// checkpoints and resuming. It knows nothing of networks: an [Objective]
// records the loss of a step, and the loop descends on its gradient.
//
// A run that was killed and resumed ends with the same bits as one left alone,
// provided that the objective draws its randomness from streams derived from
// the step, as nn.Stream and data.Loader do: the state of every random source
// is then the number of steps. A run that ends by time ([Config.Limit]) is not
// repeatable to the bit, for clocks are not.
package train
