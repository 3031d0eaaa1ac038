package nifti

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

// A third of a turn about (1, 1, 1) takes x to y to z to x; its quaternion is
// (1/2, 1/2, 1/2, 1/2). Half a turn about z is (0, 0, 0, 1), a quarter about x
// (r, r, 0, 0) with r the root of a half.
func TestQuaternionsAreTheRotationsThatTheyShouldBe(t *testing.T) {
	r := math.Sqrt(0.5)
	for _, c := range []struct{ q, x, y, z [3]float64 }{
		{[3]float64{0.5, 0.5, 0.5}, [3]float64{0, 1, 0}, [3]float64{0, 0, 1}, [3]float64{1, 0, 0}},
		{[3]float64{0, 0, 1}, [3]float64{-1, 0, 0}, [3]float64{0, -1, 0}, [3]float64{0, 0, 1}},
		{[3]float64{0, 0, 1.001}, [3]float64{-1, 0, 0}, [3]float64{0, -1, 0}, [3]float64{0, 0, 1}},
		{[3]float64{r, 0, 0}, [3]float64{1, 0, 0}, [3]float64{0, 0, 1}, [3]float64{0, -1, 0}},
		{[3]float64{}, [3]float64{1, 0, 0}, [3]float64{0, 1, 0}, [3]float64{0, 0, 1}},
	} {
		m := rotation(c.q[0], c.q[1], c.q[2])
		for row := range 3 {
			// The columns are what the axes become.
			require.InDeltaSlice(t, []float64{c.x[row], c.y[row], c.z[row]}, m[row][:], 1e-15)
		}
	}
}

func TestSFormGoesBeforeQFormBeforePixdim(t *testing.T) {
	h := standard2()
	h.Pixdim = [8]float64{-1, 2, 3, 4}
	h.Quatern, h.Qoffset = [3]float64{0.5, 0.5, 0.5}, [3]float64{10, 20, 30}
	h.Srow = [3][4]float64{{0, 0, -6, 1}, {7, 0, 0, 2}, {0, -8, 0, 3}}
	for _, c := range []struct {
		q, s        int32
		source      string
		affine      [4][4]float64
		orientation string
		spacing     [3]float64
	}{
		{0, 0, "pixdim", [4][4]float64{{2, 0, 0, 0}, {0, 3, 0, 0}, {0, 0, 4, 0}, {0, 0, 0, 1}}, "", [3]float64{2, 3, 4}},
		{1, 0, "qform", [4][4]float64{{0, 0, -4, 10}, {2, 0, 0, 20}, {0, 3, 0, 30}, {0, 0, 0, 1}}, "ASL", [3]float64{2, 3, 4}},
		{1, 2, "sform", [4][4]float64{{0, 0, -6, 1}, {7, 0, 0, 2}, {0, -8, 0, 3}, {0, 0, 0, 1}}, "AIL", [3]float64{7, 8, 6}},
	} {
		h.QformCode, h.SformCode = c.q, c.s
		got := read(t, file(binary.LittleEndian, h, make([]byte, 6))).Header
		affine, source := got.Affine()
		require.Equal(t, c.source, source)
		require.Equal(t, c.affine, affine)
		require.Equal(t, c.orientation, got.Orientation())
		require.Equal(t, c.spacing, got.Spacing())
		_, code := got.SForm()
		require.Equal(t, int(c.s), code)
		_, code = got.QForm()
		require.Equal(t, int(c.q), code)
	}
}

func TestLengthsAreInMillimetres(t *testing.T) {
	for unit, mm := range map[int32]float64{0: 1, 1: 1000, 2: 1, 3: 0.001, 2 | 8: 1, 1 | 16: 1000} {
		h := standard2()
		h.XyztUnits = unit
		h.Pixdim = [8]float64{1, 2, 0, -4}
		h.Srow = [3][4]float64{{2, 0, 0, 5}, {0, 1, 0, 0}, {0, 0, 4, 0}}
		h.Qoffset = [3]float64{5, 0, 0}
		for code := range int32(3) {
			h.SformCode, h.QformCode = code/2, code%2
			got := read(t, file(binary.BigEndian, h, make([]byte, 6))).Header
			affine, source := got.Affine()
			require.Equal(t, [3]float64{2 * mm, mm, 4 * mm}, got.Spacing())
			if source != "pixdim" {
				require.Equal(t, 5*mm, affine[0][3])
			}
		}
	}
}

func TestOrientationOfObliqueAndFlatGrids(t *testing.T) {
	shape := tensor.NewShape(1, 2, 3)
	for want, affine := range map[string][4][4]float64{
		"LIA": {{-1, 0, 0, 80}, {0, 0, 1, -122}, {0, -1, 0, 108}},
		"RAS": {{2, 0, 0, 0}, {0, 2, 0, 0}, {0, 0, 0, 0}},
		// j and k both lean mostly to the front; j more so.
		"LAS": {{-9, 0, 0, 0}, {1, 5, 6, 0}, {0, 1, 4, 0}},
	} {
		h := NewHeader(shape, affine)
		require.Equal(t, want, h.Orientation())
		require.Positive(t, h.Spacing()[2])
	}
}

func TestPlacementsToBeWaryOfAreTold(t *testing.T) {
	sound := standard2()
	sound.Pixdim = [8]float64{1, 2, 3, 4}
	sound.Srow = [3][4]float64{{2, 0, 0, 0}, {0, 3, 0, 0}, {0, 0, 4, 0}}
	sound.SformCode, sound.QformCode = 1, 1
	for _, c := range []struct {
		change func(h *nifti2)
		want   []string
	}{
		{func(*nifti2) {}, nil},
		{func(h *nifti2) { h.SformCode, h.QformCode = 0, 0 },
			[]string{"the file does not say how its voxels lie (sform and qform have code 0)"}},
		{func(h *nifti2) { h.Srow[0][0] = -2; h.QformCode = 0 }, nil}, // left-handed axes are common
		{func(h *nifti2) { h.Srow[1][1] = 0; h.QformCode = 0 },
			[]string{"the sform gives the voxels no volume, and the file does not say otherwise how they lie"}},
		{func(h *nifti2) { h.Srow = [3][4]float64{} },
			[]string{"the sform gives the voxels no volume: the qform counts"}},
		{func(h *nifti2) { h.Srow[0][1], h.Srow[1][1] = 3, 0 }, // i and j alike
			[]string{"the sform gives the voxels no volume: the qform counts"}},
		{func(h *nifti2) { h.Srow[2][2] = 0 }, // of one slice
			[]string{"the sform gives axis k no length"}},
		{func(h *nifti2) { h.SformCode, h.Pixdim[1] = 0, 0 },
			[]string{"pixdim gives axis i no length: 1 mm are taken for it"}},
		{func(h *nifti2) { h.Qoffset = [3]float64{3, 4, 0} },
			[]string{"sform and qform place the voxels up to 5 mm apart: the sform counts"}},
		{func(h *nifti2) { h.Qoffset = [3]float64{0.9, 0, 0} }, nil},
	} {
		h := sound
		c.change(&h)
		got := read(t, file(binary.LittleEndian, h, make([]byte, 6))).Header
		require.Equal(t, c.want, got.Notes())
		require.Equal(t, got.Shape(), got.Grid().Shape)
	}
}
