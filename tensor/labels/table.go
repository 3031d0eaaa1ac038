package labels

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// An Entry is the meaning and the colour of one label.
type Entry struct {
	ID     int    // from 0 to 2^31-1; 0 is the background by custom
	Name   string // UTF-8 without spaces
	Colour color.NRGBA
}

// A Table maps labels to entries. It is immutable, and its order is that of
// the file.
type Table struct {
	entries []Entry
	index   map[int]int
}

// New returns the table of the entries. It is an error if an id stands twice
// or lies out of range, or if a name is empty, holds a space, or is not UTF-8.
func New(entries ...Entry) (*Table, error) {
	t := &Table{index: map[int]int{}}
	for _, e := range entries {
		if err := t.add(e); err != nil {
			return nil, fmt.Errorf("colour table: %w", err)
		}
	}
	return t, nil
}

// Len returns the number of entries.
func (t *Table) Len() int { return len(t.entries) }

// Entries returns the entries in order. The caller owns the slice.
func (t *Table) Entries() []Entry { return slices.Clone(t.entries) }

// Lookup returns the entry of a label; false means that there is none.
func (t *Table) Lookup(id int) (Entry, bool) {
	i, ok := t.index[id]
	if !ok {
		return Entry{}, false
	}
	return t.entries[i], true
}

// Colour returns the colour of a label, which is transparent black for one that
// the table lacks.
func (t *Table) Colour(id int) color.NRGBA {
	e, _ := t.Lookup(id)
	return e.Colour
}

// Names returns the names in order. The caller owns the slice.
func (t *Table) Names() []string {
	names := make([]string, len(t.entries))
	for i, e := range t.entries {
		names[i] = e.Name
	}
	return names
}

// Mirror returns, for every label of the table, the label of the same structure
// in the other half of the body: an image that is flipped left to right must
// have its labels exchanged so. A structure is known by its name, as in
// Left-Caudate and Right-Caudate, or ctx-lh-insula and ctx-rh-insula. A label
// without a counterpart, or with several, is its own.
func (t *Table) Mirror() map[int]int {
	byName := map[string][]int{}
	for _, e := range t.entries {
		byName[e.Name] = append(byName[e.Name], e.ID)
	}
	mirror := map[int]int{}
	for _, e := range t.entries {
		mirror[e.ID] = e.ID
		other := byName[opposite(e.Name)]
		if len(other) == 1 && len(byName[e.Name]) == 1 {
			mirror[e.ID] = other[0]
		}
	}
	return mirror
}

// Equal tells whether two tables have the same entries in the same order.
func (t *Table) Equal(u *Table) bool {
	return slices.Equal(t.entries, u.entries)
}

func (t *Table) add(e Entry) error {
	if e.ID < 0 || e.ID > math.MaxInt32 {
		return fmt.Errorf("label %d: expected one from 0 to %d", e.ID, math.MaxInt32)
	}
	if f := strings.Fields(e.Name); len(f) != 1 || f[0] != e.Name || !utf8.ValidString(e.Name) {
		return fmt.Errorf("label %d: expected a name in UTF-8 without spaces, found %q", e.ID, e.Name)
	}
	if i, twice := t.index[e.ID]; twice {
		return fmt.Errorf("label %d stands twice, as %s and %s", e.ID, t.entries[i].Name, e.Name)
	}
	t.index[e.ID] = len(t.entries)
	t.entries = append(t.entries, e)
	return nil
}

var sides = map[string]string{
	"Left": "Right", "left": "right", "LH": "RH", "lh": "rh",
	"Right": "Left", "right": "left", "RH": "LH", "rh": "lh",
}

// opposite exchanges the first word of a name that is a side; words are parted
// by - _ or a full stop. A name without a side comes back empty, which no entry
// has.
func opposite(name string) string {
	for at := 0; at <= len(name); {
		end := at + strings.IndexAny(name[at:]+"-", "-_.")
		if side, ok := sides[name[at:end]]; ok {
			return name[:at] + side + name[end:]
		}
		at = end + 1
	}
	return ""
}
