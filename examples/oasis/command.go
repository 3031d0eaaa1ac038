package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/examples/internal/cli"
	"github.com/sshn-go/sshn/pareto"
)

// A command is one thing that the program can be told to do.
type command interface {
	about() string // its synopsis, an empty line, and what it does
	flags(*flag.FlagSet)
	run(context.Context, console) error
}

// commands are by name; the one without is what no arguments stand for.
var commands = []struct {
	name string
	new  func() command
}{
	{"", func() command { return new(demo) }},
	{"make-data", func() command { return new(makeData) }},
	{"train", func() command { return new(trainCommand) }},
	{"pareto", func() command { return new(paretoCommand) }},
	{"segment", func() command { return new(segment) }},
	{"evaluate", func() command { return new(evaluate) }},
}

// A console is where a command writes: results to out, all else to err.
type console struct{ out, err io.Writer }

// run runs the program with the arguments that follow its name.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	name := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	err := dispatch(ctx, name, args, console{stdout, stderr})
	code := cli.Code(err)
	if code != cli.Success {
		fmt.Fprintln(stderr, "oasis:", err)
	}
	if code == cli.Misuse {
		if !slices.Contains(names(), name) {
			name = ""
		}
		fmt.Fprintf(stderr, "See: %s -h\n", program(name))
	}
	return code
}

func dispatch(ctx context.Context, name string, args []string, c console) error {
	for _, known := range commands {
		if known.name == name {
			return perform(ctx, name, known.new(), args, c)
		}
	}
	return cli.Usage("%q is no subcommand; there are %s", name, strings.Join(names(), ", "))
}

func perform(ctx context.Context, name string, do command, args []string, c console) error {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	do.flags(f)
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(c.out, "usage: %s %s\n\nflags:\n", program(name), do.about())
		f.SetOutput(c.out)
		f.PrintDefaults()
		return nil
	case err != nil:
		return cli.Usage("%v", err)
	case f.NArg() > 0:
		return cli.Usage("unexpected argument %q", f.Arg(0))
	}
	var err error
	if broken := autograd.Try(func() { err = do.run(ctx, c) }); broken != nil {
		return broken
	}
	return err
}

func program(subcommand string) string {
	return strings.TrimSpace("go run ./examples/oasis " + subcommand)
}

func names() []string {
	var all []string
	for _, c := range commands {
		all = append(all, c.name)
	}
	return slices.DeleteFunc(all, func(name string) bool { return name == "" })
}

// needed returns an error for the first flag that is empty, of pairs of a
// name and its value.
func needed(flags ...string) error {
	for i := 0; i < len(flags); i += 2 {
		if flags[i+1] == "" {
			return cli.Usage("-%s is needed", flags[i])
		}
	}
	return nil
}

// printJSON prints a result for programs.
func (c console) printJSON(x any) error {
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	return e.Encode(x)
}

// plural is a number of things, as in 1 step or 2 steps.
func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}

// note tells of what the user should know and that stops nothing.
func (c console) note(format string, args ...any) {
	fmt.Fprintf(c.err, "note: "+format+"\n", args...)
}

// warn notes a phi outside the range that a model was trained for; a frozen
// model refuses another than its own.
func (c console) warn(m *sshn.Model, phi pareto.Phi) {
	var outside *sshn.PhiError
	if err := m.Covers(phi); errors.As(err, &outside) && m.Config().At == nil {
		c.note("%s", strings.TrimPrefix(err.Error(), "sshn: "))
	}
}
