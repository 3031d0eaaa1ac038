// Command study compares one Scale-Space HyperNetwork with many fixed networks,
// and with the other ways to serve every phi, on images of one's own:
//
//	go run ./examples/study -data DIR -format wbc|oasis|folder -out DIR
//
// It trains all of them alike, one after the other or side by side (-jobs),
// measures them on subjects that nothing was chosen by, and leaves in the folder
//
//	results.jsonl      what was found: a line for each network and phi
//	report.html        charts, tables and tests, made from that file alone
//	macs.svg phi.svg   the curves
//	pictures/          images, truth and predictions
//	split.json         which subject is in which part
//	networks/          the trained models
//
// It may be stopped at any moment; the same command goes on from there. With
// -report it only makes the report anew.
//
// It ends with 0 if all went well, 1 after an error, 2 if the command line was
// not understood, and 130 if it was interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/examples/internal/cli"
)

func main() { os.Exit(run(cli.Interruptible(), os.Args[1:], os.Stdout, os.Stderr)) }

// run runs the program with the arguments that follow its name.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(stdout)
		return cli.Success
	case err != nil:
		err = cli.Usage("%v", err)
	default:
		if broken := autograd.Try(func() { err = o.study(ctx, stdout, stderr) }); broken != nil {
			err = broken
		}
	}
	code := cli.Code(err)
	if code != cli.Success {
		fmt.Fprintln(stderr, "study:", err)
	}
	if code == cli.Misuse {
		fmt.Fprintln(stderr, "See: go run ./examples/study -h")
	}
	return code
}
