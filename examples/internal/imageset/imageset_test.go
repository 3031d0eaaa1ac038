package imageset

import (
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

func write(t *testing.T, m image.Image, encode func(io.Writer, image.Image) error, elem ...string) {
	t.Helper()
	path := filepath.Join(elem...)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, encode(f, m))
	require.NoError(t, f.Close())
}

func encodeTIFF(w io.Writer, m image.Image) error { return tiff.Encode(w, m, nil) }

func grey(w, h int, values ...uint8) *image.Gray {
	return &image.Gray{Pix: values, Stride: w, Rect: image.Rect(0, 0, w, h)}
}

func red(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	each(m, func(i, j int) { m.Set(i, j, color.RGBA{R: 255, A: 255}) })
	return m
}

func TestCellsAreReadAndStraysSnapToTheNearest(t *testing.T) {
	dir := t.TempDir()
	write(t, red(3, 2), bmp.Encode, dir, "001.bmp")
	write(t, grey(3, 2, 0, 63, 64, 191, 192, 255), png.Encode, dir, "001.png")
	s, err := OpenCells(dir, 6)
	require.NoError(t, err)
	require.Equal(t, []string{"4 pixels in 1 of 1 masks are not 0, 128 or 255; they were taken for the nearest"}, s.Notes)
	require.Equal(t, "001", s.Subject(0))
	require.Equal(t, []int{6, 6, 3}, s.Samples[0].Image.Shape.Dims())
	require.Equal(t, []float32{1, 0, 0}, s.Samples[0].Image.Data[:3])
	require.Equal(t, []float32{0, 0, 0, 0, 1, 1}, s.Samples[0].Labels.Data[:6])
	require.Equal(t, []float32{1, 1, 2, 2, 2, 2}, s.Samples[0].Labels.Data[30:])
}

const table = "0 Nothing 0 0 0 0\n7 Leaf 0 255 0 0\n3 Stem 9 9 9 0\n"

func TestFoldersAreReadWithGreyAndIndexedMasks(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "labels.txt"), []byte(table), 0o666))
	write(t, red(2, 1), encodeTIFF, dir, "images", "a.tif")
	write(t, grey(2, 1, 3, 7), png.Encode, dir, "masks", "a.png")
	write(t, grey(2, 1, 10, 20), bmp.Encode, dir, "images", "b.bmp")
	indexed := image.NewPaletted(image.Rect(0, 0, 2, 1), make(color.Palette, 8))
	for i := range indexed.Palette {
		indexed.Palette[i] = color.RGBA{B: uint8(30 * i), A: 255}
	}
	indexed.Pix = []uint8{7, 0}
	write(t, indexed, png.Encode, dir, "masks", "b.png")

	write(t, grey(2, 1, 0, 0), png.Encode, dir, "masks", "c.png")

	s, err := OpenFolder(dir, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"1 of 3 masks have no image"}, s.Notes)
	require.Equal(t, "Stem", s.Classes[2].Name)
	require.Equal(t, []float32{2, 1, 2, 1}, s.Samples[0].Labels.Data)
	require.Equal(t, []float32{1, 0, 1, 0}, s.Samples[1].Labels.Data)
}

func TestAFolderOfAnotherKindIsToldWhatIsExpected(t *testing.T) {
	dir := t.TempDir()
	_, err := OpenFolder(dir, 2)
	require.EqualError(t, err, "open folder: "+dir+": expected images/, masks/ and labels.txt, found no images, no masks, no labels.txt")
	for _, name := range []string{"images", "masks"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o777))
	}
	_, err = OpenFolder(dir, 2)
	require.EqualError(t, err, "open folder: "+dir+": expected images/, masks/ and labels.txt, found no labels.txt")
	_, err = OpenFolder(filepath.Join(dir, "none"), 2)
	require.ErrorContains(t, err, "none: no such file")
}

func TestBadFilesAreNamed(t *testing.T) {
	lying := "BM" + string(make([]byte, 12)) + "\x28\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x01\x00\x18\x00" + string(make([]byte, 24))
	for want, put := range map[string]func(dir string){
		"001.png: no such file": func(dir string) { os.Remove(filepath.Join(dir, "001.png")) },
		"001.png: image: unknown format": func(dir string) {
			os.WriteFile(filepath.Join(dir, "001.png"), []byte("no image"), 0o666)
		},
		"001.bmp: ": func(dir string) { os.WriteFile(filepath.Join(dir, "001.bmp"), []byte(lying), 0o666) },
		"001.png: expected 2 x 2 pixels, as": func(dir string) {
			write(t, grey(1, 1, 0), png.Encode, dir, "001.png")
		},
		"no files .bmp": func(dir string) { os.Remove(filepath.Join(dir, "001.bmp")) },
	} {
		dir := t.TempDir()
		write(t, red(2, 2), bmp.Encode, dir, "001.bmp")
		write(t, grey(2, 2, 0, 0, 128, 255), png.Encode, dir, "001.png")
		_, err := OpenCells(dir, 4)
		require.NoError(t, err)
		put(dir)
		_, err = OpenCells(dir, 4)
		require.ErrorContains(t, err, want)
	}
}

func TestAnImageThatClaimsToBeHugeIsNotDecoded(t *testing.T) {
	dir := t.TempDir()
	write(t, image.NewGray(image.Rect(0, 0, maxExtent+1, 1)), png.Encode, dir, "wide.png")
	_, err := decode(filepath.Join(dir, "wide.png"))
	require.ErrorContains(t, err, "wide.png: expected extents of 1 to 8192 pixels, found 8193 x 1")
}

func TestMasksOfOtherLabelsOrColoursAreRefused(t *testing.T) {
	class := map[int]uint8{0: 0, 7: 1}
	_, err := classify(grey(2, 1, 7, 9), class)
	require.EqualError(t, err, "label 9 at column 1, row 0, which labels.txt lacks")
	_, err = classify(red(1, 1), class)
	require.EqualError(t, err, "expected an indexed or grey mask, found colours (*image.RGBA)")
}

func TestTheWhiteBloodCellsAreRead(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "data", "wbc", "Dataset 1")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no white blood cells beside this checkout: ", dir)
	}
	s, err := OpenCells(dir, 128)
	require.NoError(t, err)
	require.Equal(t, 300, s.Len())
	t.Log(s.Notes)
	count := [3]int{}
	for _, x := range s.Samples {
		for _, class := range x.Labels.Data {
			count[int(class)]++
		}
	}
	require.Greater(t, count[0], count[1])
	require.Greater(t, count[1], 0)
	require.Greater(t, count[2], 0)
}
