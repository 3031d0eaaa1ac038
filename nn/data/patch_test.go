package data

import (
	"math/rand/v2"
	"testing"

	"github.com/sshn-go/sshn/tensor"
	"github.com/stretchr/testify/require"
)

func TestPatchesLieInTheSampleAndAreClippedToIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	labels := tensor.New(3, 9, 20)
	begins := map[int]int{}
	for range 3000 {
		extents, first := Patch{Extents: []int{8, 4, 20}}.Draw(labels, rng)
		require.Equal(t, []int{3, 4, 20}, extents)
		require.Equal(t, []int{0, first[1], 0}, first)
		begins[first[1]]++
	}
	require.Len(t, begins, 6)
	for at, n := range begins { // each of 0 to 5 about 500 times, within five deviations
		require.InDelta(t, 500, n, 103, "%d", at)
	}
	extents, first := Patch{}.Draw(labels, rng)
	require.Equal(t, [][]int{{3, 9, 20}, {0, 0, 0}}, [][]int{extents, first})
}

func TestAShareOfPatchesIsAboutTheForeground(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	common, rare := tensor.New(30, 40), tensor.New(100, 120)
	for i := 600; i < 1200; i++ {
		common.Data[i] = 1
	}
	rare.Set(3, 50, 119) // drawing places at random hardly finds it
	p := Patch{Extents: []int{5, 7}, Foreground: 0.75}
	centred, found := 0, 0
	const n = 2000
	for range n {
		_, first := p.Draw(common, rng)
		if common.At(first[0]+2, first[1]+3) > 0 {
			centred++
		}
		if _, first := p.Draw(rare, rng); first[0] == 48 && first[1] == 113 {
			found++
		}
	}
	require.InDelta(t, n*.75, found, 100) // five deviations
	// Of the others about half have it in their middle, too, and those about
	// the outer rows of the sample are pushed inwards.
	require.InDelta(t, n*(.75+.25*.5), centred, 150)

	extents, _ := p.Draw(tensor.New(6, 8), rng)
	require.Equal(t, []int{5, 7}, extents, "without any foreground, patches lie anywhere")
}

func TestPatchesThatCannotBe(t *testing.T) {
	require.EqualError(t, Patch{Extents: []int{4, 4}}.Check(3), "patches of extents [4 4] from samples of 3 spatial axes")
	require.EqualError(t, Patch{Extents: []int{4, 0}}.Check(2), "patches of extents [4 0]; each is 1 at least")
	require.EqualError(t, Patch{Foreground: 1.5}.Check(2), "a share of 1.5 of patches about the foreground; 0 to 1 is possible")
	require.NoError(t, Patch{}.Check(2))
	l := &Loader{Data: Samples{blob(8, 8)}, Batch: 1, Patch: Patch{Extents: []int{4}}}
	for _, err := range l.Batches(t.Context(), 0) {
		require.EqualError(t, err, "loader: step 0: subject blob: patches of extents [4] from samples of 2 spatial axes")
	}
}

// patch returns what a makes of the patch of s that begins at first.
func patch(a Augment, s Sample, first []int, dims ...int) Sample {
	dst := Sample{Subject: s.Subject, Image: tensor.New(append(dims, s.Image.Shape.Channels())...), Labels: tensor.New(dims...)}
	a.Cut(dst, s, first, rand.New(rand.NewPCG(5, 0)))
	return dst
}

func TestAPatchOfAllIsTheWhole(t *testing.T) {
	for _, dims := range grids {
		s := random(rand.New(rand.NewPCG(1, 1)), 2, dims...)
		require.Equal(t, apply(thorough, s, 5), patch(thorough, s, make([]int, len(dims)), dims...), "%v", dims)
	}
}

// A patch is turned about its own middle, and what lies beside it comes in: the
// image here is a ramp, so a patch of it is another ramp and nothing is 0.
func TestPatchesAreTurnedWithWhatLiesBesideThem(t *testing.T) {
	s := Sample{Subject: "ramp", Image: tensor.New(40, 1, 60, 1), Labels: tensor.New(40, 1, 60)}
	for i := range s.Image.Data {
		s.Image.Data[i] = float32(1000 + 10*(i/60) + i%60)
		s.Labels.Data[i] = 1
	}
	got := patch(Augment{Rotate: 90}, s, []int{12, 0, 30}, 9, 1, 7)
	middle := float32(1000 + 10*16 + 33)
	require.InDelta(t, middle, got.Image.At(4, 0, 3, 0), 1e-3) // 2^-23 of it, some times
	require.NotEqual(t, middle-40, got.Image.At(0, 0, 3, 0))
	for i, v := range got.Image.Data { // the ramp is odd about the middle
		require.InDelta(t, 2*middle, v+got.Image.Data[len(got.Image.Data)-1-i], 2e-3)
	}
	require.NotContains(t, got.Labels.Data, float32(0))

	// A patch of one slice of a volume is turned in the volume.
	require.NotContains(t, patch(Augment{Rotate: 90}, s, []int{12, 0, 30}, 1, 1, 7).Labels.Data, float32(0))
	// Of one element along the axis of a flip, neither image nor classes change.
	slice := patch(Augment{Flip: 1, FlipAxis: 0, Mirror: []int{0, 2, 1}}, s, []int{12, 0, 30}, 1, 1, 7)
	require.Equal(t, s.Image.At(12, 0, 30, 0), slice.Image.Data[0])
	require.Equal(t, float32(1), slice.Labels.Data[0])
	// Its intensities vary as shares of the whole's range, not of its own.
	s.Image.Data[0], s.Image.Data[1] = 0, 2000
	flat := patch(Augment{Noise: 0.1}, s, []int{12, 0, 30}, 2, 1, 2)
	require.Greater(t, max(flat.Image.Data[0]-1150, 1150-flat.Image.Data[0]), float32(2))

	require.PanicsWithError(t, "cut of [9 1 7 1] and [40 1 60 1]: no such patch begins at [32 0 30]",
		func() { patch(Augment{}, s, []int{32, 0, 30}, 9, 1, 7) })
}

func TestLoadersCutPatchesAlikeOnAnyNumberOfWorkers(t *testing.T) {
	d := Samples{blob(12, 10, 8), blob(12, 10, 8)}
	for _, a := range []Transform{nil, thorough, plain{}} {
		loader := func(workers int) *Loader {
			return &Loader{Data: d, Batch: 2, Seed: 3, Patch: Patch{[]int{5, 20, 4}, 0.5}, Augment: a, Workers: workers}
		}
		want := take(t, loader(1), 0, 12)
		require.Equal(t, tensor.NewShape(2, 5, 10, 4, 1), want[0].Image.Shape)
		require.Equal(t, tensor.NewShape(2, 5, 10, 4), want[0].Labels.Shape)
		require.Equal(t, want[5:], take(t, loader(3), 5, 7))
		if a == nil {
			for i, c := range want[3].Labels.Data {
				require.Equal(t, 10*c, want[3].Image.Data[i], "image and labels are cut alike")
			}
		}
	}
}

// plain is a transform that is given patches as they were cut.
type plain struct{}

func (plain) Apply(dst, src Sample, _ *rand.Rand) {
	copy(dst.Image.Data, src.Image.Data)
	copy(dst.Labels.Data, src.Labels.Data)
}
