package main

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// A board is where trainings side by side write: whole lines, each after the name
// of its network.
type board struct {
	w  io.Writer
	mu sync.Mutex
}

// say writes a line.
func (b *board) say(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fmt.Fprintf(b.w, format+"\n", args...)
}

// A voice is the board's writer for one training.
type voice struct {
	*board
	name string
	rest []byte // of a line that is not complete
}

func (v *voice) Write(p []byte) (int, error) {
	v.rest = append(v.rest, p...)
	for {
		line, rest, ok := bytes.Cut(v.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		v.say("%s: %s", v.name, line)
		v.rest = rest
	}
}
