package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// packages hold the benchmarks that PyTorch can be laid beside. Where two have
// one of the same name, the first counts.
var packages = []string{".", "./internal/kernel", "./rescale", "./nn/loss", "./nn/optim", "./hyper", "./autograd"}

const script = "internal/cmd/bench/torch.py"

// A duel runs Go and PyTorch in turns, one benchmark after another, each in a
// process of its own.
type duel struct {
	turns  int
	names  string
	time   time.Duration
	procs  int
	python string
}

func (d duel) run() (m machine, ours, theirs []result, err error) {
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, nil, nil, err
	}
	defer os.RemoveAll(folder)
	binaries, err := compile(folder)
	if err != nil {
		return nil, nil, nil, err
	}
	list, err := output(d.python, script, "-list", "-bench", d.names)
	if err != nil {
		return nil, nil, nil, err
	}
	names := strings.Fields(string(list))
	for turn := range d.turns {
		m = m.better(measure(d.procs))
		for i, name := range names {
			fmt.Fprintf(os.Stderr, "\rturn %d of %d, benchmark %d of %d ", turn+1, d.turns, i+1, len(names))
			mine, err := d.inGo(binaries, name)
			if err != nil {
				return nil, nil, nil, err
			}
			yours, err := d.inTorch(name)
			if err != nil {
				return nil, nil, nil, err
			}
			ours, theirs = append(ours, mine...), append(theirs, yours...)
		}
	}
	fmt.Fprintln(os.Stderr)
	return m, ours, theirs, nil
}

// compile makes the test binaries, and tells for each benchmark which has it.
func compile(folder string) (map[string]string, error) {
	binaries := map[string]string{}
	for i, p := range packages {
		file := filepath.Join(folder, fmt.Sprintf("%d.test", i))
		if _, err := output("go", "test", "-c", "-o", file, p); err != nil {
			return nil, err
		}
		list, err := output(file, "-test.list", "^Benchmark")
		if err != nil {
			return nil, err
		}
		for _, name := range strings.Fields(string(list)) {
			if binaries[name] == "" {
				binaries[name] = file
			}
		}
	}
	return binaries, nil
}

func (d duel) inGo(binaries map[string]string, name string) ([]result, error) {
	parts := strings.Split(name, "/")
	file := binaries[parts[0]]
	if file == "" {
		return nil, nil // the table shows that Go has no such benchmark
	}
	return results(file, "-test.run", "^$", "-test.bench", exactly(parts), "-test.benchtime", d.time.String(), "-test.cpu", strconv.Itoa(d.procs))
}

func (d duel) inTorch(name string) ([]result, error) {
	return results(d.python, script, "-bench", "^"+regexp.QuoteMeta(name)+"$",
		"-time", fmt.Sprint(d.time.Seconds()), "-cpu", strconv.Itoa(d.procs))
}

// exactly returns the pattern that go test -bench takes for one name.
func exactly(parts []string) string {
	quoted := make([]string, len(parts))
	for i, p := range parts {
		quoted[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(quoted, "/")
}

func results(name string, args ...string) ([]result, error) {
	text, err := output(name, args...)
	if err != nil {
		return nil, err
	}
	return parse(bytes.NewReader(text))
}

// output runs a command; an error holds what the command had to say.
func output(name string, args ...string) ([]byte, error) {
	var complaint bytes.Buffer
	c := exec.Command(name, args...)
	c.Stderr = &complaint
	text, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s%s", name, strings.Join(args, " "), err, text, complaint.Bytes())
	}
	return text, nil
}
