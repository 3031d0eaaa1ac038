package imageset

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor/labels"
)

// A Set is a folder of images with masks, in memory. Images are [size size 3],
// red, green and blue in [0, 1], resized bilinearly (over as many pixels as
// one of the result covers); labels are [size size], the places in Classes,
// resized by nearest neighbour. A subject is a file's name without extension.
type Set struct {
	data.Samples
	Classes []labels.Entry // what each class stands for; the background, label 0, is class 0
	Notes   []string       // what was not as it should be but did no harm, for the user to read
}

// cells are the classes of the white blood cells, whose masks say 0, 128, 255.
var cells = []labels.Entry{
	{ID: 0, Name: "Background"},
	{ID: 128, Name: "Cytoplasm", Colour: color.NRGBA{R: 122, G: 186, B: 220, A: 255}},
	{ID: 255, Name: "Nucleus", Colour: color.NRGBA{R: 120, G: 18, B: 134, A: 255}},
}

// OpenCells reads a folder of white blood cells, NNN.bmp with masks NNN.png of
// the values 0, 128 and 255. Other values become the nearest of the three, and
// Notes tells how many. The error names each bad file.
func OpenCells(dir string, size int) (*Set, error) {
	images, err := list(dir, ".bmp")
	if err != nil {
		return nil, fmt.Errorf("open white blood cells: %w", err)
	}
	s := &Set{Classes: cells}
	strays, files := 0, 0
	err = s.read(images, size, func(name string) (string, error) {
		return filepath.Join(dir, name+".png"), nil
	}, func(m image.Image) (classes []uint8, err error) {
		classes, n := snap(m)
		if n > 0 {
			strays, files = strays+n, files+1
		}
		return classes, nil
	})
	if err != nil {
		return nil, fmt.Errorf("open white blood cells: %w", err)
	}
	if strays > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d pixels in %d of %d masks are not 0, 128 or 255; they were taken for the nearest", strays, files, len(images)))
	}
	return s, nil
}

// OpenFolder reads images/ and masks/, whose files have the same names but for
// their extensions, and the colour table labels.txt. Masks are indexed, or grey
// of 8 or 16 bits; a value that the table lacks is an error. The error names
// each bad file, and Notes tells how many masks have no image.
func OpenFolder(dir string, size int) (*Set, error) {
	if err := complete(dir); err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	s := &Set{}
	class, err := s.classes(filepath.Join(dir, "labels.txt"))
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	images, err := list(filepath.Join(dir, "images"), extensions...)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	masks, err := list(filepath.Join(dir, "masks"), extensions...)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	of := map[string]string{}
	for _, path := range masks {
		of[base(path)] = path
	}
	if extra := len(masks) - len(images); extra > 0 { // each image has one, or is an error
		s.Notes = append(s.Notes, fmt.Sprintf("%d of %d masks have no image", extra, len(masks)))
	}
	err = s.read(images, size, func(name string) (string, error) {
		if of[name] == "" {
			return "", fmt.Errorf("%s: no mask of this name", filepath.Join(dir, "masks", name))
		}
		return of[name], nil
	}, func(m image.Image) ([]uint8, error) { return classify(m, class) })
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	return s, nil
}

// complete returns an error that says what a folder lacks, and what it is to have.
func complete(dir string) error {
	if _, err := os.Stat(dir); err != nil {
		return err
	}
	var lacks []string
	for _, name := range []string{"images", "masks", "labels.txt"} {
		if _, err := os.Stat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
			lacks = append(lacks, name)
		}
	}
	if lacks != nil {
		return fmt.Errorf("%s: expected images/, masks/ and labels.txt, found no %s", dir, strings.Join(lacks, ", no "))
	}
	return nil
}

// classes reads a label table and returns the class of each label.
func (s *Set) classes(path string) (map[int]uint8, error) {
	table, err := labels.ReadFile(path)
	if err != nil {
		return nil, err
	}
	background, ok := table.Lookup(0)
	if !ok {
		background = labels.Entry{Name: "Background"}
	}
	s.Classes = []labels.Entry{background}
	class := map[int]uint8{0: 0}
	for _, e := range table.Entries() {
		if e.ID != 0 {
			class[e.ID] = uint8(len(s.Classes))
			s.Classes = append(s.Classes, e)
		}
	}
	if n := len(s.Classes); n < 2 || n > 256 {
		return nil, fmt.Errorf("%s: expected 1 to 255 labels beside the background, found %d", path, n-1)
	}
	return class, nil
}

// read reads the images and their masks; class turns a mask into classes.
func (s *Set) read(images []string, size int, mask func(name string) (string, error), class func(image.Image) ([]uint8, error)) error {
	if size < 1 || size > maxExtent {
		return fmt.Errorf("expected a size of 1 to %d pixels, found %d", maxExtent, size)
	}
	var bad []error
	for _, path := range images {
		sample, err := readPair(path, size, mask, class)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		s.Samples = append(s.Samples, sample)
	}
	return errors.Join(bad...)
}

var extensions = []string{".png", ".bmp", ".tif", ".tiff", ".jpg", ".jpeg"}

// list returns the files of a folder with one of the extensions, in order.
func list(dir string, extensions ...string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	seen := map[string]string{}
	for _, e := range entries {
		if e.IsDir() || !slices.Contains(extensions, strings.ToLower(filepath.Ext(e.Name()))) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if other := seen[base(path)]; other != "" {
			return nil, fmt.Errorf("%s: %s has the same name", path, other)
		}
		seen[base(path)] = path
		paths = append(paths, path)
	}
	if paths == nil {
		return nil, fmt.Errorf("%s: no files %s", dir, strings.Join(extensions, " "))
	}
	return paths, nil
}

func base(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}
