package result

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/sshn-go/sshn/internal/atomicfile"
)

// Load reads a file. One that does not exist is an error that
// errors.Is(err, fs.ErrNotExist).
func Load(path string) (*File, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	defer r.Close()
	f, err := Read(r)
	if err != nil {
		return nil, fmt.Errorf("read results %s: %w", path, err)
	}
	return f, nil
}

// Save replaces the file at path, so that a kill leaves the old or the new.
func (f *File) Save(path string) error { return atomicfile.Write(path, f.Write) }

// header is the first line of a file.
type header struct {
	Study *Study `json:"study"`
}

// Write writes the lines.
func (f *File) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	if err := e.Encode(header{&f.Study}); err != nil {
		return err
	}
	for _, l := range f.Lines {
		if err := e.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

// longest is how many bytes a line may have: a hundred thousand Dice.
const longest = 4 << 20

// Read reads and checks the lines. The error names the first bad one.
func Read(r io.Reader) (*File, error) {
	f := &File{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longest)
	n := 0
	for lines.Scan() {
		n++
		if err := f.add(n, lines.Bytes()); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	if n == 0 {
		return nil, errors.New("expected a line {\"study\": ...}, found an empty file")
	}
	return f, nil
}

func (f *File) add(n int, text []byte) error {
	if n == 1 {
		var h header
		if err := decode(text, &h); err != nil {
			return err
		}
		if h.Study == nil {
			return errors.New("expected {\"study\": ...}, found null")
		}
		f.Study = *h.Study
		return nil
	}
	var l Line
	if err := decode(text, &l); err != nil {
		return err
	}
	f.Lines = append(f.Lines, l)
	return l.check(len(f.Study.Structures))
}

// decode reads one value that knows all its fields, so that a file of another
// kind is not taken for an empty result.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one JSON value")
	}
	return nil
}

func (l Line) check(structures int) error {
	switch {
	case l.Network == "" || l.Method == "":
		return errors.New("no network or no method")
	case len(l.Phi) == 0 || slices.Min(l.Phi) <= 0:
		return fmt.Errorf("a phi of %v", l.Phi)
	case len(l.Dice) != len(l.Subjects):
		return fmt.Errorf("%d subjects and the Dice of %d", len(l.Subjects), len(l.Dice))
	case l.MACs < 0 || l.Bytes < 0 || l.Params < 0 || l.Steps < 0 || l.Jobs < 0 || l.Processors < 0 || !(l.Seconds >= 0) || !(l.Latency >= 0):
		return errors.New("a negative cost")
	}
	for i, d := range l.Dice {
		if len(d) != structures {
			return fmt.Errorf("subject %s: %d structures, the study has %d", l.Subjects[i], len(d), structures)
		}
		for _, x := range d {
			if x < 0 || x > 1 {
				return fmt.Errorf("subject %s: a Dice of %v", l.Subjects[i], x)
			}
		}
	}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (s Scores) MarshalJSON() ([]byte, error) {
	x := make([]*float64, len(s))
	for i := range s {
		if !math.IsNaN(s[i]) {
			x[i] = &s[i]
		}
	}
	return json.Marshal(x)
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Scores) UnmarshalJSON(b []byte) error {
	var x []*float64
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	*s = make(Scores, len(x))
	for i, v := range x {
		(*s)[i] = math.NaN()
		if v != nil {
			(*s)[i] = *v
		}
	}
	return nil
}
