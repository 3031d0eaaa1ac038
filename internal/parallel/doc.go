// Package parallel runs the chunks of a loop on all processors, with the same
// result on any number of them: how a loop is cut depends on the loop alone.
//
// Workers are started by the first loop that can use them, spin for a short
// while after each (waking a parked goroutine costs a hundred times what a
// spinning one does), then park, and end when nothing was asked of them for a
// while. The caller always takes part, so loops may be nested and started from
// many goroutines at once.
package parallel
