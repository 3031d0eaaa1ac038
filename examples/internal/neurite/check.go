package neurite

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// A Problem is a bad file and why it is bad.
type Problem struct {
	Path string
	Err  error
}

func (p Problem) Error() string { return p.Path + ": " + p.Err.Error() }

// Unwrap returns Err.
func (p Problem) Unwrap() error { return p.Err }

// A CheckError lists every bad file of a set.
type CheckError struct {
	Problems []Problem // in the order of the subjects
	Subjects int       // how many were read
}

func (e *CheckError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems in the files of %d subjects:", len(e.Problems), e.Subjects)
	if len(e.Problems) == 1 {
		b.Reset()
		fmt.Fprintf(&b, "a problem in the files of %d subjects:", e.Subjects)
	}
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.Error())
	}
	return b.String()
}

// Check reads every file and returns a [*CheckError] that names each bad one
// and why, or nil. A file is bad if it is missing or cannot be read; if an
// image has voxels that are not finite, or all alike; if labels are no
// integers, stand in no table or are all background, or lie on another grid
// than the image; and if the image has another shape, other directions of its
// axes or another spacing than those of most subjects. After each subject it calls
// progress, if that is not nil, from one goroutine at a time.
func (s *Set) Check(progress func(done, total int)) error {
	type result struct {
		grid     string
		mm       [3]float64
		problems []Problem
	}
	results := make([]result, s.Len())
	var mu sync.Mutex
	done := 0
	parallel.For(s.Len(), 1, func(i, _ int) {
		r := s.read(i)
		results[i].problems = r.problems
		if r.image != nil {
			results[i].grid = describe(r.image.Header)
			results[i].mm = s.spacing(r.image.Header)
		}
		mu.Lock()
		defer mu.Unlock()
		done++
		if progress != nil {
			progress(done, s.Len())
		}
	})

	votes, sizes := map[string]int{}, map[[3]float64]int{}
	for _, r := range results {
		if r.grid != "" {
			votes[r.grid]++
			sizes[r.mm]++
		}
	}
	usual, mm := most(votes, strings.Compare), most(sizes, func(a, b [3]float64) int { return slices.Compare(a[:], b[:]) })
	e := &CheckError{Subjects: s.Len()}
	for i, r := range results {
		if r.grid != "" && r.grid != usual {
			path, _ := s.Files(i)
			r.problems = append(r.problems, Problem{path, fmt.Errorf("%s; %d of the others have %s", r.grid, votes[usual], usual)})
		} else if r.grid != "" && unlike(r.mm, mm) {
			path, _ := s.Files(i)
			r.problems = append(r.problems, Problem{path, fmt.Errorf("voxels of %s mm; %d of the others have %s mm", lengths(r.mm), sizes[mm], lengths(mm))})
		}
		e.Problems = append(e.Problems, r.problems...)
	}
	if len(e.Problems) > 0 {
		return e
	}
	return nil
}

// describe says what the images of a set must have in common.
func describe(h *nifti.Header) string {
	return extents(h.Shape()) + " voxels, axes " + cmp.Or(h.Orientation(), "unknown")
}

// spacing returns the mm between voxels, 0 along the axis that a slice is flat
// along.
func (s *Set) spacing(h *nifti.Header) [3]float64 {
	mm := h.Spacing()
	for axis := range mm {
		if s.Kind.Dims == 2 && h.Grid().Extent(axis) == 1 {
			mm[axis] = 0
		}
	}
	return mm
}

// unlike tells whether spacings differ by more than a thousandth, which moves no
// voxel of 500 by more than half a voxel.
func unlike(a, b [3]float64) bool {
	for axis := range a {
		if math.Abs(a[axis]-b[axis]) > 1e-3*b[axis] {
			return true
		}
	}
	return false
}

// lengths writes a spacing, without the axis that a slice is flat along.
func lengths(mm [3]float64) string {
	var texts []string
	for _, x := range mm {
		if x > 0 {
			texts = append(texts, fmt.Sprintf("%.4g", x))
		}
	}
	return strings.Join(texts, " x ")
}

// extents writes [k j i] as people do, i first.
func extents(s tensor.Shape) string { return fmt.Sprintf("%d x %d x %d", s.Dim(2), s.Dim(1), s.Dim(0)) }

// most returns the key with most votes, the first in order among equals.
func most[K comparable](votes map[K]int, order func(a, b K) int) K {
	var best K
	for _, key := range slices.SortedFunc(maps.Keys(votes), order) {
		if votes[key] > votes[best] {
			best = key
		}
	}
	return best
}

// SameGrid returns an error, to be followed by the name of the image, if
// labels do not lie where the image's voxels do.
func SameGrid(seg, image *nifti.Header) error {
	if seg.Shape() != image.Shape() {
		return fmt.Errorf("%s voxels, but %s in", extents(seg.Shape()), extents(image.Shape()))
	}
	spacing := image.Spacing()
	tolerance := slices.Min(spacing[:]) / 10 // programs round affines in their own ways
	if off := image.Grid().Apart(seg.Grid()); off > tolerance {
		return fmt.Errorf("voxels lie up to %.3g mm from those of", off)
	}
	return nil
}

// counts lists labels with their numbers of voxels, the first few of many.
func counts(n map[int]int) string {
	var texts []string
	for _, id := range slices.Sorted(maps.Keys(n)) {
		texts = append(texts, fmt.Sprintf("%d (%d voxels)", id, n[id]))
	}
	return some(texts)
}

// withoutPath takes the path out of an error that a Problem will name it for.
func withoutPath(err error, path string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("missing")
	}
	var e *fs.PathError
	if errors.As(err, &e) && e.Path == path {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	if text, ok := strings.CutPrefix(err.Error(), path+": "); ok {
		return &renamed{text, err}
	}
	return err
}

type renamed struct {
	text string
	err  error
}

func (r *renamed) Error() string { return r.text }
func (r *renamed) Unwrap() error { return r.err }
