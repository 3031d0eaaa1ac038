// Command bench lays benchmarks beside what this machine can do at best, and
// beside PyTorch. From the module's root,
//
//	go run ./internal/cmd/bench
//
// prints the machine: multiply-adds in registers and copies, on one processor
// and on all;
//
//	go test -run - -bench . ./... | go run ./internal/cmd/bench -
//	go run ./internal/cmd/bench go.txt torch.txt
//
// each benchmark as a share of that, with a second file (of torch.py) also the
// ratio of their times; and
//
//	go run ./internal/cmd/bench -turns 5 -names 'UNet|SSHN'
//
// runs Go and PyTorch in turns, so that what else the machine does hits both,
// and prints the same table of medians. The variable SSHN_CPU holds for all of
// it.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	var d duel
	flag.IntVar(&d.turns, "turns", 0, "run Go and PyTorch so many times, rather than read files")
	flag.StringVar(&d.names, "names", ".", "a regular expression: the benchmarks to run")
	flag.DurationVar(&d.time, "time", 500*time.Millisecond, "for a benchmark in a turn")
	flag.IntVar(&d.procs, "cpu", runtime.GOMAXPROCS(0), "processors to run on")
	flag.StringVar(&d.python, "python", "python3", "the interpreter that has PyTorch")
	flag.Parse()
	if d.procs < 1 {
		log.Fatalf("-cpu %d: one processor at least is needed", d.procs)
	}
	runtime.GOMAXPROCS(d.procs)

	if err := run(os.Stdout, d, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer, d duel, files []string) error {
	var m machine
	var ours, theirs []result
	var err error
	switch {
	case d.turns > 0:
		m, ours, theirs, err = d.run()
	case len(files) > 2:
		err = fmt.Errorf("%d files, where Go's output and PyTorch's are two", len(files))
	default:
		m = measure(runtime.GOMAXPROCS(0))
		for i, into := range []*[]result{&ours, &theirs}[:len(files)] {
			if *into, err = read(files[i]); err != nil {
				return err
			}
		}
	}
	if err != nil {
		return err
	}
	m.print(w)
	return table(w, m, medians(ours), medians(theirs))
}

// read returns the results in a file, "-" being standard input.
func read(file string) ([]result, error) {
	if file == "-" {
		return parse(os.Stdin)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	results, err := parse(f)
	if err == nil && len(results) == 0 {
		err = fmt.Errorf("%s: no line of a benchmark", file)
	}
	return results, err
}
