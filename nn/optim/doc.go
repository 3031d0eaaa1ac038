// Package optim changes parameters so that the loss falls: optimisers over one
// flat vector, a step size per stretch of it, clipping and schedules.
//
// An optimiser sees no network: it is given the vector, its gradient and the
// step size of the step. Parameters that learn at another rate are [Group]s.
package optim
