package phantom

import (
	"runtime"
	"testing"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/volume"
	"github.com/stretchr/testify/require"
)

// grown returns the labels of a procedural brain as a file of label maps has
// them, and their grid.
func grown(seed uint64, spacing float64) (tensor.Tensor, volume.Grid) {
	b := Volume(source(seed), Config{Spacing: spacing})
	x := tensor.Zeros(tensor.NewShape(b.Norm.Shape.Dims()[:3]...))
	for i, id := range b.Seg {
		x.Data[i] = float32(id)
	}
	return x, volume.Grid{Shape: x.Shape, Affine: [4][4]float64{{-spacing, 0, 0, 80}, {0, 0, spacing, -122}, {0, -spacing, 0, 108}, {0, 0, 0, 1}}}
}

func TestAMapIsTheSameHoweverItsFileLies(t *testing.T) {
	x, g := grown(1, 4)
	want, err := NewMap(x, g)
	require.NoError(t, err)
	for _, orientation := range []string{"SPL", "RAI"} {
		turn, err := volume.Reorient(g, orientation)
		require.NoError(t, err)
		got, err := NewMap(turn.Nearest(x, 0), turn.To)
		require.NoError(t, err)
		require.True(t, string(want.id) == string(got.id), orientation)
	}
	// In more air, the brain comes to about the same place.
	wide := volume.Crop(g, [3]int{-3, -10, -2}, [3]int{50, 70, 60})
	got, err := NewMap(wide.Nearest(x, 0), wide.To)
	require.NoError(t, err)
	a, b := centre(mapped(want), 10), centre(mapped(got), 10)
	require.Less(t, a.minus(b).norm(), 12.)
}

func mapped(m *Map) Brain { return Brain{Norm: tensor.New(224, 192, 160, 1), Seg: m.id} }

func TestSubjectsOfAMapHaveItsAnatomyDeformed(t *testing.T) {
	x, g := grown(1, 4)
	m, err := NewMap(x, g)
	require.NoError(t, err)
	still := m.Volume(source(1), Config{Spacing: 5, Variation: 1e-9})
	for at, id := range still.Seg { // [45 39 32], each in the middle of 5 x 5 x 5
		if k, j, i := at/32/39, at/32%39, at%32; k < 44 && j < 38 {
			require.Equal(t, m.id[((5*k+2)*192+5*j+2)*160+5*i+2], id)
		}
	}
	moved := m.Volume(source(1), Config{Spacing: 5})
	same, all := 0, 0
	for at, id := range moved.Seg {
		if id != 0 {
			all++
			if still.Seg[at] == id {
				same++
			}
		}
	}
	require.InDelta(t, .65, float64(same)/float64(all), .25)

	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, procs := range []int{1, 3} {
		runtime.GOMAXPROCS(procs)
		require.Equal(t, moved, m.Volume(source(1), Config{Spacing: 5}))
	}
	require.Equal(t, tensor.NewShape(96, 80, 1), m.Slice(source(1), Config{Spacing: 2}).Norm.Shape)
}

// White matter is brighter than cortex in T1-weighted scans, and in half of
// those of any contrast.
func TestContrastsAreWhatTheyAreCalled(t *testing.T) {
	brighter := map[Contrast]int{}
	for _, c := range Contrasts {
		for seed := range uint64(400) {
			s := Config{Contrast: c, Variation: 1}.shade(source(seed))
			if s.mean[2] > s.mean[3] {
				brighter[c]++
			}
			require.Equal(t, s.mean[3], s.mean[42])
			require.InEpsilon(t, s.between, s.mean[4], .8)
		}
	}
	require.Equal(t, 400, brighter[T1])
	require.InDelta(t, 200, brighter[AnyContrast], 40) // four deviations
	require.InDelta(t, 300, brighter[Mixed], 40)
}

func TestLabelsAreFreeSurfers(t *testing.T) {
	g := volume.Grid{Shape: tensor.NewShape(224, 192, 160), Affine: [4][4]float64{{-1, 0, 0, 80}, {0, 0, 1, -122}, {0, -1, 0, 108}, {0, 0, 0, 1}}}
	x := tensor.Zeros(g.Shape)
	copy(x.Data, []float32{1003, 2035, 252, 24, 17, 85})
	x.Data[159] = 252
	m, err := NewMap(x, g)
	require.NoError(t, err)
	require.Equal(t, []uint8{3, 42, 41, 24, 17, 0}, m.id[:6])
	require.EqualValues(t, 2, m.id[159], "the left half")
	require.Equal(t, []uint8{4, 0}, []uint8{Seg4.Recode([]uint8{24})[0], Seg35.Recode([]uint8{24})[0]})

	x.Data[7], x.Data[8] = 99, 1.5
	_, err = NewMap(x, g)
	require.EqualError(t, err, "labels that stand for no structure of FreeSurfer's aseg: 1 (1 voxels), 99 (1 voxels)")
	_, err = NewMap(tensor.Zeros(g.Shape), g)
	require.EqualError(t, err, "no structure among 6881280 voxels")

	for name, want := range map[string]int{"Left-Thalamus": 10, "Left-Thalamus-Proper": 10, "Right-Vessel": 62, "Brain-Stem": 16, "CSF": 24, "Tumour": 0} {
		id, ok := FreeSurfer(name)
		require.Equal(t, want, id, name)
		require.Equal(t, want != 0, ok, name)
	}
}

// Thick slices keep a ramp and the mask, and what is fine is gone.
func TestThickSlicesKeepWhatIsCoarse(t *testing.T) {
	dims := [3]int{1, 2, 64}
	ramp, fine := make([]float32, 128), make([]float32, 128)
	for i := range ramp {
		ramp[i] = float32(i%64 + 1)
		fine[i] = float32(i%2 + 1)
	}
	ramp[70] = 0
	thicken(fine, dims, 2, 4, .3)
	for i := 16; i < 48; i++ {
		require.InDelta(t, 1.5, fine[i], 1e-3) // exp(-(3 pi)^2 / 2) of it is left, and less than rounding
	}
	thicken(ramp, dims, 2, 4, .5)
	require.Zero(t, ramp[70])
	for i := 16; i < 48; i++ {
		require.InDelta(t, i+1, ramp[i], .51) // slices lie on whole samples, up to half of one off
	}
}
