package neurite

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor/labels"
)

// A Kind says which of a folder's images and labels are wanted.
type Kind struct {
	Labels string // seg4, seg24, seg35 or another for which the folder has a table
	Dims   int    // 2 for slices, 3 for volumes, 0 for the first of them that the folder has labels for
}

// A Set is a folder of subjects with images and labels of one kind. It is
// immutable, and a [data.Dataset].
type Set struct {
	Dir     string
	Kind    Kind           // as asked for, with the Dims that were found
	Classes []labels.Entry // what each class stands for; the background, label 0, is class 0
	Notes   []string       // what was not as it should be but did no harm, for the user to read

	subjects []string
	persons  []string    // of each subject the first of the same person
	class    map[int]int // of a label
}

var _ data.Dataset = (*Set)(nil)

// Open finds the subjects of a folder and reads the label table; no image is
// read yet. A missing subjects.txt is replaced by the list of folders, and
// subjects that have neither image nor labels of the kind are left out; both
// are told in Notes. An error names the file and says what was expected.
func Open(dir string, k Kind) (*Set, error) {
	s := &Set{Dir: dir, Kind: k}
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("open data set: %w", err)
	}
	return s, nil
}

func (s *Set) open() error {
	if s.Kind.Dims != 0 && prefix[s.Kind.Dims] == "" {
		return fmt.Errorf("expected 2 or 3 dimensions, found %d", s.Kind.Dims)
	}
	if err := isFolder(s.Dir); err != nil {
		return err
	}
	if err := s.readTable(); err != nil {
		return err
	}
	listed, err := s.list()
	if err != nil {
		return err
	}
	for _, dims := range []int{2, 3} {
		if s.Kind.Dims != 0 && s.Kind.Dims != dims {
			continue
		}
		found := *s
		found.Kind.Dims = dims
		found.keep(listed)
		if found.labelled() {
			*s = found
			return nil
		}
	}
	return fmt.Errorf("%s: none of %d subjects has a file %s", s.Dir, len(listed), s.wanted())
}

// Len returns the number of subjects.
func (s *Set) Len() int { return len(s.subjects) }

// Subject returns the name of a subject, which is that of its folder. Sessions
// of one person, folders that differ in _MR1, _MR2 alone, are one subject in
// several samples, called by the first, so that no split parts them.
func (s *Set) Subject(i int) string { return s.persons[i] }

// Files returns the paths of a subject's image and labels, which may be
// missing; .nii stands in for .nii.gz.
func (s *Set) Files(i int) (image, segmentation string) {
	return s.file(s.subjects[i], "norm"), s.file(s.subjects[i], s.Kind.Labels)
}

var prefix = map[int]string{2: "slice_", 3: "aligned_"}

func (s *Set) file(subject, what string) string {
	path := filepath.Join(s.Dir, subject, prefix[s.Kind.Dims]+what+".nii")
	if exists(path) && !exists(path+".gz") {
		return path
	}
	return path + ".gz"
}

// wanted names the label files that were looked for.
func (s *Set) wanted() string {
	name := func(dims int) string { return prefix[dims] + s.Kind.Labels + ".nii.gz" }
	if s.Kind.Dims != 0 {
		return name(s.Kind.Dims)
	}
	return name(2) + " or " + name(3)
}

// readTable reads the label table and gives the labels their classes, in its
// order, the background first.
func (s *Set) readTable() error {
	name := s.Kind.Labels + "_labels.txt"
	if s.Kind.Labels == "" || filepath.Base(name) != name {
		return fmt.Errorf("expected a kind of labels such as seg4, found %q", s.Kind.Labels)
	}
	table, err := labels.ReadFile(filepath.Join(s.Dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		tables, _ := filepath.Glob(filepath.Join(s.Dir, "*_labels.txt"))
		for i, t := range tables {
			tables[i] = strings.TrimSuffix(filepath.Base(t), "_labels.txt")
		}
		if tables == nil {
			return fmt.Errorf("%s: no label table (%s) in this folder, so it is no data set in this layout", s.Dir, name)
		}
		return fmt.Errorf("%w; there are tables for %v", err, tables)
	}
	if err != nil {
		return err
	}
	background, ok := table.Lookup(0)
	if !ok {
		background = labels.Entry{Name: "Unknown"}
	}
	s.Classes = []labels.Entry{background}
	s.class = map[int]int{0: 0}
	for _, e := range table.Entries() {
		if e.ID != 0 {
			s.class[e.ID] = len(s.Classes)
			s.Classes = append(s.Classes, e)
		}
	}
	if len(s.Classes) == 1 {
		return fmt.Errorf("%s: no labels but the background", filepath.Join(s.Dir, name))
	}
	return nil
}

// list returns the subjects that the folder claims to have.
func (s *Set) list() ([]string, error) {
	path := filepath.Join(s.Dir, "subjects.txt")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		s.note("no subjects.txt: taking the folders in %s", s.Dir)
		return folders(s.Dir)
	}
	if err != nil {
		return nil, err
	}
	var subjects []string
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	for n := 1; lines.Scan(); n++ {
		name := strings.TrimRight(strings.TrimSpace(lines.Text()), "/\\")
		switch {
		case name == "":
		case filepath.Base(name) != name || !filepath.IsLocal(name) || name == "." || strings.Contains(name, `\`):
			return nil, fmt.Errorf("%s:%d: expected the name of a folder, found %q", path, n, name)
		case slices.Contains(subjects, name):
			s.note("%s:%d: %s again", path, n, name)
		default:
			subjects = append(subjects, name)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(subjects) == 0 {
		return nil, fmt.Errorf("%s: no subjects", path)
	}
	return subjects, nil
}

func folders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir) // sorted
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && info.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no subjects.txt and no folders", dir)
	}
	return names, nil
}

// keep takes the listed subjects but for those that have a folder with nothing
// of the kind in it. One without a folder stays, for Check to tell.
func (s *Set) keep(listed []string) {
	s.Notes = slices.Clone(s.Notes)
	var without []string
	for _, name := range listed {
		image, seg := s.file(name, "norm"), s.file(name, s.Kind.Labels)
		if exists(filepath.Join(s.Dir, name)) && !exists(image) && !exists(seg) {
			without = append(without, name)
			continue
		}
		s.subjects = append(s.subjects, name)
	}
	s.persons = persons(s.subjects)
	if len(without) > 0 {
		s.note("%d of %d subjects left out, without %s and its image: %s", len(without), len(listed), s.wanted(), some(without))
	}
}

// labelled tells whether any subject has labels.
func (s *Set) labelled() bool {
	return slices.ContainsFunc(s.subjects, func(name string) bool { return exists(s.file(name, s.Kind.Labels)) })
}

func (s *Set) note(format string, args ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, args...))
}

func isFolder(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s", path)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is a file; expected a folder", path)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// some joins the names, the first few if there are many.
func some(names []string) string {
	const few = 4
	if len(names) > few {
		return strings.Join(names[:few], ", ") + fmt.Sprintf(" and %d more", len(names)-few)
	}
	return strings.Join(names, ", ")
}
