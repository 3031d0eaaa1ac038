package picture

import (
	stdimage "image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/sshn-go/sshn/tensor"
	"github.com/stretchr/testify/require"
)

func TestViewHangsEverySliceTheSameWay(t *testing.T) {
	// Voxels 0 1 2 in the first row (j = 0), 3 4 5 in the second; i runs along a
	// row, and the orientation names where i leads, then j.
	for orientation, want := range map[string][][]int{
		"":    {{0, 1, 2}, {3, 4, 5}},
		"LIA": {{0, 1, 2}, {3, 4, 5}}, // coronal, as in neurite-OASIS
		"RPS": {{2, 1, 0}, {5, 4, 3}}, // axial, right to the viewer's left
		"RAS": {{5, 4, 3}, {2, 1, 0}}, // axial, face up
		"PIR": {{0, 1, 2}, {3, 4, 5}}, // sagittal, looking left
		"ASL": {{5, 4, 3}, {2, 1, 0}},
		"ILA": {{0, 3}, {1, 4}, {2, 5}}, // j across
		"SRA": {{5, 2}, {4, 1}, {3, 0}},
	} {
		v := newView(tensor.NewShape(2, 3), orientation)
		var got [][]int
		for y := range v.height {
			var row []int
			for x := range v.width {
				row = append(row, v.voxel(x, y))
			}
			got = append(got, row)
		}
		require.Equal(t, want, got, orientation)
		letters := map[string]edges{"": {}, "LIA": {'R', 'L', 'S', 'I'}, "RPS": {'R', 'L', 'A', 'P'}, "RAS": {'R', 'L', 'A', 'P'},
			"PIR": {'A', 'P', 'S', 'I'}, "ASL": {'A', 'P', 'S', 'I'}, "ILA": {'R', 'L', 'S', 'I'}, "SRA": {'R', 'L', 'S', 'I'}}
		require.Equal(t, letters[orientation], v.letters, orientation)
	}
}

func TestPanelsHoldImageThenLabels(t *testing.T) {
	r := Row{
		Image:   tensor.From([]float32{-1, 0, 1, 3}, 2, 2),
		Labels:  []tensor.Tensor{tensor.From([]float32{0, 1, 0, 7}, 2, 2)},
		Colours: []color.NRGBA{{}, {200, 100, 0, 255}},
	}
	img, l := drawn(t, r), r.sheet().layout()
	require.Equal(t, 2*least+3*gap, img.Bounds().Dx())
	require.Equal(t, least+2*gap, img.Bounds().Dy())

	at := func(panel, x, y int) color.NRGBA {
		corner := l.panels[0][panel].Min
		return pixel(img, corner.X+x*least/2, corner.Y+y*least/2)
	}
	require.Equal(t, color.NRGBA{0, 0, 0, 255}, at(0, 0, 0))
	require.Equal(t, color.NRGBA{64, 64, 64, 255}, at(0, 1, 0)) // a quarter of the range
	require.Equal(t, color.NRGBA{255, 255, 255, 255}, at(0, 1, 1))
	require.Equal(t, at(0, 0, 1), at(1, 0, 1), "the background shows the image")
	require.Equal(t, color.NRGBA{173, 93, 13, 255}, at(1, 1, 0)) // 0.8 of the colour, 0.2 of 64
	require.Equal(t, color.NRGBA{255, 51, 255, 255}, at(1, 1, 1), "magenta for a label without a colour")
}

func TestLettersStandAtTheEdgesOfTheImage(t *testing.T) {
	r := Row{Image: tensor.New(30, 30), Labels: []tensor.Tensor{tensor.New(30, 30)}}
	r.Image.Data[0] = -1 // all else is white
	r.Orientation = "RA"
	img, p := drawn(t, r), r.sheet().layout().panels[0]
	for i, want := range []bool{true, false} {
		in := p[i].Inset(1)
		left := stdimage.Rect(in.Min.X, in.Min.Y+100, in.Min.X+line, in.Max.Y-100)
		require.Equal(t, want, inked(img, left), "panel %d", i)
		require.Equal(t, want, inked(img, left.Add(stdimage.Pt(in.Dx()-line, 0))), "panel %d", i)
	}
	r.Orientation = ""
	img = drawn(t, r)
	require.False(t, inked(img, p[0].Inset(20)))
}

// Whatever the number of labels, no part of a picture lies over another, and
// all lie within.
func TestNothingOverlaps(t *testing.T) {
	for _, labels := range []int{1, 5, 36} {
		image := tensor.New(40, 25)
		for i := range image.Data {
			image.Data[i] = float32(i % labels)
		}
		r := Row{Title: "Subject, phi 0.25", Captions: []string{"image", "truth", "prediction"}, Image: image, Labels: []tensor.Tensor{image, image}}
		for i := range labels {
			r.Names = append(r.Names, "Right-Cerebral-White-Matter")
			r.Colours = append(r.Colours, color.NRGBA{uint8(7 * i), 200, 0, 255})
		}
		l := r.sheet().layout()
		require.Len(t, l.keys, labels-1)
		words := []stdimage.Rectangle{wordsAt(l.title, r.Title)}
		for i, p := range l.panels[0] {
			words = append(words, p, wordsAt(stdimage.Pt(p.Min.X, l.captions), r.Captions[i]))
		}
		for _, k := range l.keys {
			words = append(words, k.swatch, wordsAt(k.text, r.Names[k.label]))
		}
		for i, a := range words {
			require.True(t, a.In(l.size), "%v in %v", a, l.size)
			for _, b := range words[:i] {
				require.False(t, a.Overlaps(b), "%v and %v", a, b)
			}
		}
		if labels > 1 {
			k := l.keys[0]
			img := drawn(t, r)
			require.Equal(t, r.Colours[1], pixel(img, k.swatch.Min.X+3, k.swatch.Min.Y+3))
			require.True(t, inked(img, wordsAt(k.text, r.Names[1])), "the name is written")
			require.True(t, inked(img, words[0]), "the title is written")
		}
	}
}

// wordsAt returns where text stands whose base line begins at a point.
func wordsAt(at stdimage.Point, text string) stdimage.Rectangle {
	m := face.Metrics()
	return stdimage.Rect(at.X, at.Y-m.CapHeight.Ceil(), at.X+textWidth(text), at.Y+m.Descent.Ceil())
}

func inked(img stdimage.Image, r stdimage.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if pixel(img, x, y) == (color.NRGBA{0, 0, 0, 255}) {
				return true
			}
		}
	}
	return false
}

func pixel(img stdimage.Image, x, y int) color.NRGBA {
	return color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
}

// drawn returns what r's file holds.
func drawn(t *testing.T, r Row) stdimage.Image {
	path := filepath.Join(t.TempDir(), "row.png")
	require.NoError(t, r.WriteFile(path))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	return img
}

func TestPictureOfAnotherShapePanicsWithBothShapes(t *testing.T) {
	r := Row{Image: tensor.New(2, 2), Labels: []tensor.Tensor{tensor.New(2, 3)}}
	require.PanicsWithError(t, "picture of [2 2] and [2 3]: labels are of another shape than the image", func() { r.Draw() })
	r = Row{Image: tensor.New(4)}
	require.PanicsWithError(t, "picture of [4]: a slice has two axes, or a third of three colours", func() { r.Draw() })
}

func TestColoursAreThoseOfTheImage(t *testing.T) {
	img := drawn(t, Row{Image: tensor.From([]float32{0, 0.5, 1, 1, 0, 0}, 1, 2, 3)})
	l := Row{Image: tensor.New(1, 2, 3)}.sheet().layout()
	at := l.panels[0][0].Min
	require.Equal(t, color.NRGBA{0, 128, 255, 255}, pixel(img, at.X, at.Y))
	require.Equal(t, color.NRGBA{255, 0, 0, 255}, pixel(img, l.panels[0][0].Max.X-1, at.Y))
}

func TestAVolumeIsDrawnAsThreeSlicesAsLongAsTheyAreInMM(t *testing.T) {
	// i to the right, j downwards, k to the front, and voxels twice as long there.
	v := Volume{
		Image: tensor.New(2, 3, 5), Labels: []tensor.Tensor{tensor.New(2, 3, 5)}, Colours: []color.NRGBA{{}, {0, 255, 0, 255}},
		Captions: []string{"scan", "labels"}, Names: []string{"", "one"}, Orientation: "RIA", Spacing: [3]float64{1, 1, 2},
	}
	v.Image.Set(1, 1, 0, 4)     // the front, top and right
	v.Labels[0].Set(1, 0, 2, 3) // the back, bottom, right of the middle
	v.Labels[0].Set(1, 0, 2, 4) // and beside it
	v.Labels[0].Set(1, 1, 2, 4) // and in front of that
	v.At = Busiest(v.Labels[0])
	require.Equal(t, [3]int{4, 2, 0}, v.At)
	s := v.sheet()
	l := s.layout()
	const mm = 60 // pixels: five of them are 300
	for i, want := range []stdimage.Point{{5 * mm, 4 * mm}, {5 * mm, 3 * mm}, {4 * mm, 3 * mm}} {
		require.Equal(t, want, s.strips[i].size)
		require.Equal(t, want, l.panels[i][1].Size())
		require.Equal(t, l.panels[0][1].Min.X, l.panels[i][1].Min.X)
	}
	img := s.draw()
	green := func(strip, x, y int) bool {
		at := l.panels[strip][1].Min
		return pixel(img, at.X+x*mm+mm/2, at.Y+y*mm+mm/2).G > 200
	}
	require.True(t, green(0, 0, 0) && green(0, 0, 2) && !green(0, 1, 0) && green(0, 1, 2), "axial: the front is up, the right on the left")
	require.True(t, green(1, 0, 2) && green(1, 1, 2) && !green(1, 2, 2) && !green(1, 0, 0), "coronal")
	require.True(t, green(2, 0, 2) && green(2, 3, 2) && !green(2, 0, 1), "sagittal: the front is on the left")

	v.Labels, v.At = nil, [3]int{}
	for _, one := range []struct {
		shape   tensor.Shape
		normals []int
	}{{tensor.NewShape(1, 3, 5), []int{2}}, {tensor.NewShape(2, 1, 5), []int{1}}, {tensor.NewShape(1, 1, 5), []int{1, 2, 0}}} {
		slice := v
		slice.Image = tensor.Zeros(one.shape)
		require.Equal(t, one.normals, slice.normals(), "%v: what has one voxel along an axis is a slice", one.shape)
		require.Len(t, slice.sheet().strips, len(one.normals))
	}

	v.Labels = []tensor.Tensor{tensor.New(2, 3, 4)}
	require.PanicsWithError(t, "picture of [2 3 5] and [2 3 4]: labels are of another shape than the image", func() { v.Draw() })
	v.Image = tensor.New(3, 5)
	require.PanicsWithError(t, "picture of [3 5]: a volume has three axes", func() { v.Draw() })
}
