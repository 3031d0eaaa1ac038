package labels

import (
	"bufio"
	"fmt"
	"image/color"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/sshn-go/sshn/internal/atomicfile"
)

// Read reads a colour table. The text of an error begins with the number of the
// line.
func Read(r io.Reader) (*Table, error) { return read("colour table", r) }

// ReadFile reads the colour table at path. The text of an error names path and
// line.
func ReadFile(path string) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(path, f)
}

// Write writes the table in the columns of FreeSurfer's own files. [Read] gives
// back an equal table.
func (t *Table) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, e := range t.entries {
		c := e.Colour
		fmt.Fprintf(b, "%4d  %-36s %3d %3d %3d %3d\n", e.ID, e.Name, c.R, c.G, c.B, 255-c.A)
	}
	return b.Flush()
}

// WriteFile writes the table to path, whole or not at all.
func (t *Table) WriteFile(path string) error { return atomicfile.Write(path, t.Write) }

func read(name string, r io.Reader) (*Table, error) {
	t := &Table{index: map[int]int{}}
	lines := bufio.NewScanner(r)
	n := 1
	for ; lines.Scan(); n++ {
		text := lines.Text()
		if n == 1 {
			text = strings.TrimPrefix(text, "\ufeff") // Windows editors put it there
		}
		fields := strings.Fields(text)
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		e, err := parse(fields)
		if err == nil {
			err = t.add(e)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, n, err)
	}
	return t, nil
}

func parse(fields []string) (Entry, error) {
	if len(fields) != 6 && (len(fields) < 6 || fields[6][0] != '#') {
		return Entry{}, fmt.Errorf("expected 6 columns, id name R G B A, found %d", len(fields))
	}
	id, err := strconv.Atoi(fields[0])
	if err != nil {
		return Entry{}, fmt.Errorf("expected an integer as id, found %q", fields[0])
	}
	var c [4]uint8
	for i := range c {
		v, err := strconv.ParseUint(fields[2+i], 10, 8)
		if err != nil {
			return Entry{}, fmt.Errorf("label %d: expected %c from 0 to 255, found %q", id, "RGBA"[i], fields[2+i])
		}
		c[i] = uint8(v)
	}
	return Entry{id, fields[1], color.NRGBA{c[0], c[1], c[2], 255 - c[3]}}, nil
}
