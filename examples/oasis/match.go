package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/tensor/nifti"
)

// A pair is the two segmentations of a subject.
type pair struct{ subject, truth, prediction string }

// match finds the truth of each prediction, and the subjects that have a truth
// alone. That a prediction has none is an error.
func match(truth, prediction, kind string) (pairs []pair, without []string, err error) {
	known, err := bySubject(truth)
	if err != nil {
		return nil, nil, err
	}
	found, err := bySubject(prediction)
	if err != nil {
		return nil, nil, err
	}
	var strangers []string
	for _, subject := range slices.Sorted(maps.Keys(found)) {
		if known[subject] == nil {
			strangers = append(strangers, subject)
			continue
		}
		p := pair{subject: subject}
		p.truth, p.prediction, err = choose(known[subject], found[subject], kind)
		if err != nil {
			return nil, nil, fmt.Errorf("subject %s: %w", subject, err)
		}
		pairs = append(pairs, p)
	}
	for _, subject := range slices.Sorted(maps.Keys(known)) {
		if found[subject] == nil {
			without = append(without, subject)
		}
	}
	switch {
	case len(found) == 0:
		err = fmt.Errorf("%s: no .nii or .nii.gz in this folder or the folders in it", prediction)
	case len(strangers) > 0:
		err = fmt.Errorf("%s: %d of %d subjects are not in %s: %s", prediction, len(strangers), len(found), truth, some(strangers))
	}
	return pairs, without, err
}

// bySubject lists the volumes of a folder: its own files, each under its name
// without the ending, and those of the folders in it under the folder's.
func bySubject(dir string) (map[string][]string, error) {
	subjects := map[string][]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if name, ok := stem(path); ok {
			subjects[name] = append(subjects[name], path)
			continue
		}
		if info, err := os.Stat(path); err != nil || !info.IsDir() { // the folder may be a link
			continue
		}
		inner, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		for _, f := range inner {
			if _, ok := stem(f.Name()); ok {
				subjects[e.Name()] = append(subjects[e.Name()], filepath.Join(path, f.Name()))
			}
		}
	}
	return subjects, nil
}

// choose takes one of a subject's files on either side: the only one, or the
// only one of the kind, or the only pair of one name, or that of equal extents,
// as where one folder has slices beside volumes.
func choose(truth, prediction []string, kind string) (t, p string, err error) {
	truth, prediction = ofKind(truth, kind), ofKind(prediction, kind)
	if len(truth) == 1 && len(prediction) == 1 {
		return truth[0], prediction[0], nil
	}
	for _, alike := range []func(a, b string) bool{sameName, sameExtents} {
		count := 0
		for _, a := range truth {
			for _, b := range prediction {
				if alike(a, b) {
					t, p = a, b
					count++
				}
			}
		}
		if count == 1 {
			return t, p, nil
		}
	}
	return "", "", fmt.Errorf("which files are to be compared? -labels X takes those named X or ending in _X, as does a table X_labels.txt; without it, exactly one file must have the same name in both folders; there are %s", some(slices.Concat(truth, prediction)))
}

func sameName(a, b string) bool {
	x, _ := stem(a)
	y, _ := stem(b)
	return x == y
}

// sameExtents is false for files that cannot be read: comparing them says why.
func sameExtents(a, b string) bool {
	x, errA := nifti.ReadHeader(a)
	y, errB := nifti.ReadHeader(b)
	return errA == nil && errB == nil && x.Shape() == y.Shape()
}

// ofKind returns the files that are named kind or end in _kind; all of them if
// there is no choice to be made or none is.
func ofKind(paths []string, kind string) []string {
	var chosen []string
	for _, path := range paths {
		if name, _ := stem(path); kind != "" && (name == kind || strings.HasSuffix(name, "_"+kind)) {
			chosen = append(chosen, path)
		}
	}
	if len(paths) == 1 || chosen == nil {
		return paths
	}
	return chosen
}

// stem returns the name of a volume's file without its ending.
func stem(path string) (name string, ok bool) {
	name = strings.TrimSuffix(filepath.Base(path), ".gz")
	return strings.CutSuffix(name, ".nii")
}

// some lists the first few of many names.
func some(names []string) string {
	const few = 4
	if len(names) > few {
		return strings.Join(names[:few], ", ") + fmt.Sprintf(" and %d more", len(names)-few)
	}
	return strings.Join(names, ", ")
}
