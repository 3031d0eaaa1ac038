package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/term"
)

// A board shows what the trainings under way say: on a terminal the last word of
// each in one line that is written anew, elsewhere line by line.
type board struct {
	w     io.Writer
	width int // of the terminal; 0: w is none

	mu   sync.Mutex
	last []*voice // of those that have said something
}

func newBoard(w io.Writer) *board {
	b := &board{w: w}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		b.width, _, _ = term.GetSize(int(f.Fd()))
	}
	return b
}

// say writes a line that stays.
func (b *board) say(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	fmt.Fprintln(b.w, text)
	b.draw()
}

// of returns where the training of a network writes, one of so many side by side,
// until done is called. One alone has the board's writer, and shows a bar there.
func (b *board) of(name string, jobs int) (w io.Writer, done func()) {
	if jobs == 1 {
		return b.w, func() {}
	}
	v := &voice{board: b, name: name}
	return v, v.leave
}

// clear removes the line that is written anew.
func (b *board) clear() {
	if len(b.last) > 0 {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}

// draw writes that line, each voice in its share of the width.
func (b *board) draw() {
	texts := make([]string, len(b.last))
	for i, v := range b.last {
		share := b.width/len(b.last) - len(" | ")
		texts[i] = v.name + ": " + v.text
		texts[i] = texts[i][:max(0, min(len(texts[i]), share))]
	}
	fmt.Fprint(b.w, strings.Join(texts, " | "))
}

// A voice is the writer of one training of several.
type voice struct {
	board      *board
	name, text string // the last line
	rest       []byte // of a line that is not complete
}

func (v *voice) Write(p []byte) (int, error) {
	b := v.board
	b.mu.Lock()
	defer b.mu.Unlock()
	v.rest = append(v.rest, p...)
	for {
		line, rest, ok := bytes.Cut(v.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		v.text, v.rest = string(line), rest
		if b.width == 0 {
			fmt.Fprintf(b.w, "%s: %s\n", v.name, v.text)
			continue
		}
		b.clear()
		if !slices.Contains(b.last, v) {
			b.last = append(b.last, v)
		}
		b.draw()
	}
}

// leave takes the voice off the board.
func (v *voice) leave() {
	b := v.board
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	b.last = slices.DeleteFunc(b.last, func(o *voice) bool { return o == v })
	b.draw()
}
