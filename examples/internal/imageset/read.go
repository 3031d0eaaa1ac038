package imageset

import (
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"

	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/tensor"
)

// maxExtent is the greatest extent of an image: a header that lies is not to
// have more than some hundred megabytes allocated.
const maxExtent = 8192

func readPair(path string, size int, mask func(string) (string, error), class func(image.Image) ([]uint8, error)) (data.Sample, error) {
	picture, err := decode(path)
	if err != nil {
		return data.Sample{}, err
	}
	maskPath, err := mask(base(path))
	if err != nil {
		return data.Sample{}, err
	}
	m, err := decode(maskPath)
	if err != nil {
		return data.Sample{}, err
	}
	extent := picture.Bounds().Size()
	if found := m.Bounds().Size(); found != extent {
		return data.Sample{}, fmt.Errorf("%s: expected %d x %d pixels, as %s has, found %d x %d", maskPath, extent.X, extent.Y, path, found.X, found.Y)
	}
	classes, err := class(m)
	if err != nil {
		return data.Sample{}, fmt.Errorf("%s: %w", maskPath, err)
	}
	return data.Sample{Subject: base(path), Image: shrink(picture, size), Labels: nearest(classes, extent, size)}, nil
}

// decode reads an image after a look at the extents that its header claims.
func decode(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, format, err := image.DecodeConfig(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxExtent || c.Height > maxExtent {
		return nil, fmt.Errorf("%s: expected extents of 1 to %d pixels, found %d x %d", path, maxExtent, c.Width, c.Height)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	m, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: decode %s: %w", path, format, err)
	}
	return m, nil
}

// shrink resizes an image to [size size 3]; what is transparent is black.
func shrink(m image.Image, size int) tensor.Tensor {
	scaled := image.NewRGBA(image.Rect(0, 0, size, size))
	draw.BiLinear.Scale(scaled, scaled.Bounds(), m, m.Bounds(), draw.Src, nil)
	x := tensor.New(size, size, 3)
	for i := range size * size {
		for c := range 3 {
			x.Data[3*i+c] = float32(scaled.Pix[4*i+c]) / 255
		}
	}
	return x
}

// nearest resizes classes, row by row, to [size size].
func nearest(classes []uint8, extent image.Point, size int) tensor.Tensor {
	y := tensor.New(size, size)
	for j := range size {
		row := (2*j + 1) * extent.Y / (2 * size)
		for i := range size {
			y.Data[j*size+i] = float32(classes[row*extent.X+(2*i+1)*extent.X/(2*size)])
		}
	}
	return y
}

// snap returns the class of each pixel of a cell's mask, and how many were
// neither 0 nor 128 nor 255.
func snap(m image.Image) (classes []uint8, strays int) {
	each(m, func(i, j int) {
		grey := color.GrayModel.Convert(m.At(i, j)).(color.Gray).Y
		class := uint8(0)
		switch { // the middles are 64 and 191.5
		case grey > 191:
			class = 2
		case grey >= 64:
			class = 1
		}
		if int(grey) != cells[class].ID {
			strays++
		}
		classes = append(classes, class)
	})
	return classes, strays
}

// classify returns the class of each pixel of a mask that holds labels.
func classify(m image.Image, class map[int]uint8) (classes []uint8, err error) {
	var label func(i, j int) int
	switch m := m.(type) {
	case *image.Paletted:
		label = func(i, j int) int { return int(m.ColorIndexAt(i, j)) }
	case *image.Gray:
		label = func(i, j int) int { return int(m.GrayAt(i, j).Y) }
	case *image.Gray16:
		label = func(i, j int) int { return int(m.Gray16At(i, j).Y) }
	default:
		return nil, fmt.Errorf("expected an indexed or grey mask, found colours (%T)", m)
	}
	each(m, func(i, j int) {
		k, ok := class[label(i, j)]
		if !ok && err == nil {
			err = fmt.Errorf("label %d at column %d, row %d, which labels.txt lacks", label(i, j), i, j)
		}
		classes = append(classes, k)
	})
	return classes, err
}

// each visits the pixels row by row.
func each(m image.Image, visit func(i, j int)) {
	r := m.Bounds()
	for j := r.Min.Y; j < r.Max.Y; j++ {
		for i := r.Min.X; i < r.Max.X; i++ {
			visit(i, j)
		}
	}
}
