// Command calibrate finds the constants by which convolutions choose between
// their definition and Winograd's algorithms, for this machine and the
// instruction set that SSHN_CPU allows: the lines of
// winogradCosts, and how well they predict the times that were measured.
package main

import "github.com/sshn-go/sshn/internal/kernel"

func main() { kernel.CalibrateWinograd() }
