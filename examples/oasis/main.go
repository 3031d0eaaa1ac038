// Command oasis trains a Scale-Space HyperNetwork on brain MRI, shows what each
// phi costs and how accurate it is, chooses one, and segments scans with it.
//
// Without arguments it does all of that in about two minutes, on brains that it
// makes itself. Its subcommands do one step each, on a folder in the layout of
// neurite-OASIS:
//
//	make-data   makes brains, procedural or of label maps
//	train       trains a network
//	pareto      measures accuracy and cost over phi
//	segment     segments a scan at a phi, or within a budget
//	evaluate    compares segmentations with the truth
//
// Each has help: oasis train -h. It ends with 0 if all went well, 1 after an
// error, 2 if the command line was not understood, and 130 if it was
// interrupted.
package main

import (
	"os"

	"github.com/sshn-go/sshn/examples/internal/cli"
)

func main() { os.Exit(run(cli.Interruptible(), os.Args[1:], os.Stdout, os.Stderr)) }
