package neurite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/examples/internal/phantom"
	"github.com/sshn-go/sshn/tensor/labels"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// A Map is a file of a brain's labels, to make subjects from.
type Map struct {
	Name string // of the subject, or of the file without its ending
	Path string

	id map[int]int // FreeSurfer's of the file's labels; nil: they are FreeSurfer's
}

// FindMaps finds the label maps of a folder: in the layout of neurite-OASIS the
// volumes aligned_seg35 of its subjects, whose images are not needed and whose
// table says by FreeSurfer's names what the labels are; else its own .nii and
// .nii.gz files, in the order of their names, with FreeSurfer's labels (as in
// aseg). No map is read yet.
func FindMaps(dir string) ([]Map, error) {
	maps, err := findMaps(dir)
	if err != nil {
		return nil, fmt.Errorf("find label maps: %w", err)
	}
	return maps, nil
}

func findMaps(dir string) ([]Map, error) {
	if err := isFolder(dir); err != nil {
		return nil, err
	}
	table, err := labels.ReadFile(filepath.Join(dir, "seg35_labels.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return loose(dir)
	}
	if err != nil {
		return nil, err
	}
	id := map[int]int{0: 0}
	for _, e := range table.Entries() {
		known, ok := phantom.FreeSurfer(e.Name)
		if !ok && e.ID != 0 {
			return nil, fmt.Errorf("%s: %s, label %d, is no structure of FreeSurfer's aseg", filepath.Join(dir, "seg35_labels.txt"), e.Name, e.ID)
		}
		id[e.ID] = known
	}
	s, err := Open(dir, Kind{Labels: "seg35", Dims: 3})
	if err != nil {
		return nil, err
	}
	var maps []Map
	for i, name := range s.subjects {
		_, path := s.Files(i)
		maps = append(maps, Map{name, path, id})
	}
	return maps, nil
}

// loose finds the volumes of a folder.
func loose(dir string) ([]Map, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var maps []Map
	for _, e := range entries {
		if name, ok := strings.CutSuffix(strings.TrimSuffix(e.Name(), ".gz"), ".nii"); ok && !e.IsDir() {
			maps = append(maps, Map{Name: name, Path: filepath.Join(dir, e.Name())})
		}
	}
	if maps == nil {
		return nil, fmt.Errorf("%s: neither seg35_labels.txt, as in the layout of neurite-OASIS, nor .nii or .nii.gz files", dir)
	}
	names := map[string]string{}
	for _, m := range maps {
		if other, twice := names[person(m.Name)]; twice {
			return nil, fmt.Errorf("%s: %s and %s would be one subject", dir, other, filepath.Base(m.Path))
		}
		names[person(m.Name)] = filepath.Base(m.Path)
	}
	return maps, nil
}

func (m Map) read() (*phantom.Map, error) {
	v, err := nifti.ReadFile(m.Path, nifti.Options{})
	if err != nil {
		return nil, err
	}
	ids, err := v.Labels()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Path, err)
	}
	strangers := map[int]int{}
	for at, id := range ids {
		to, ok := m.id[int(id)]
		if m.id == nil {
			to, ok = int(id), true
		}
		if !ok {
			strangers[int(id)]++
		}
		v.Data.Data[at] = float32(to)
	}
	if len(strangers) > 0 {
		return nil, fmt.Errorf("%s: labels that seg35_labels.txt lacks: %s", m.Path, counts(strangers))
	}
	brain, err := phantom.NewMap(v.Data, v.Header.Grid())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Path, err)
	}
	return brain, nil
}

// person returns the name of a subject without its session, _MR1 and so on.
func person(subject string) string {
	at := strings.LastIndex(subject, "_MR")
	if at <= 0 || at+3 == len(subject) || strings.Trim(subject[at+3:], "0123456789") != "" {
		return subject
	}
	return subject[:at]
}

// persons returns for each subject the first of the same person.
func persons(subjects []string) []string {
	first := map[string]string{}
	all := slices.Clone(subjects)
	for i, name := range subjects {
		who := person(name)
		if first[who] == "" {
			first[who] = name
		}
		all[i] = first[who]
	}
	return all
}
