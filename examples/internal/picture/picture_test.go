package picture

import (
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
	}
}

func TestPanelsHoldImageThenLabels(t *testing.T) {
	r := Row{
		Image:   tensor.From([]float32{-1, 0, 1, 3}, 2, 2),
		Labels:  []tensor.Tensor{tensor.From([]float32{0, 1, 0, 7}, 2, 2)},
		Colours: []color.NRGBA{{}, {200, 100, 0, 255}},
	}
	path := filepath.Join(t.TempDir(), "row.png")
	require.NoError(t, r.WriteFile(path))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	require.Equal(t, 2*(2*enlarge)+gap, img.Bounds().Dx())
	require.Equal(t, 2*enlarge, img.Bounds().Dy())

	at := func(panel, x, y int) color.NRGBA {
		return color.NRGBAModel.Convert(img.At(panel*(2*enlarge+gap)+x*enlarge, y*enlarge)).(color.NRGBA)
	}
	require.Equal(t, color.NRGBA{0, 0, 0, 255}, at(0, 0, 0))
	require.Equal(t, color.NRGBA{64, 64, 64, 255}, at(0, 1, 0)) // a quarter of the range
	require.Equal(t, color.NRGBA{255, 255, 255, 255}, at(0, 1, 1))
	require.Equal(t, at(0, 0, 1), at(1, 0, 1), "the background shows the image")
	require.Equal(t, color.NRGBA{173, 93, 13, 255}, at(1, 1, 0)) // 0.8 of the colour, 0.2 of 64
	require.Equal(t, color.NRGBA{255, 51, 255, 255}, at(1, 1, 1), "magenta for a label without a colour")
}

func TestPictureOfAnotherShapePanicsWithBothShapes(t *testing.T) {
	r := Row{Image: tensor.New(2, 2), Labels: []tensor.Tensor{tensor.New(2, 3)}}
	require.PanicsWithError(t, "picture of [2 2] and [2 3]: labels are of another shape than the image", func() { r.Draw() })
	r = Row{Image: tensor.New(4)}
	require.PanicsWithError(t, "picture of [4]: a slice has two axes", func() { r.Draw() })
}
