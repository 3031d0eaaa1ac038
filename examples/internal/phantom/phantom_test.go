package phantom

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/sshn-go/sshn/internal/golden"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/labels"
	"github.com/stretchr/testify/require"
)

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func TestASeedGivesTheSameBitsOnAnyNumberOfProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	coarse := Config{Spacing: 6}
	slice, volume := Slice(source(1), Config{}), Volume(source(1), coarse)
	for _, procs := range []int{2, 5} {
		runtime.GOMAXPROCS(procs)
		require.Equal(t, slice, Slice(source(1), Config{}))
		require.Equal(t, volume, Volume(source(1), coarse))
	}
	require.NotEqual(t, slice.Seg, Slice(source(2), Config{}).Seg)
}

func TestShapesAreThoseOfNeuriteOASIS(t *testing.T) {
	b := Slice(source(1), Config{})
	require.Equal(t, tensor.NewShape(192, 160, 1), b.Norm.Shape)
	require.Equal(t, b.Norm.Shape, b.Orig.Shape)
	require.Len(t, b.Seg, 192*160)
	b = Volume(source(1), Config{Spacing: 7})
	require.Equal(t, tensor.NewShape(32, 28, 23, 1), b.Norm.Shape)
	require.Len(t, b.Seg, 32*28*23)
	require.Panics(t, func() { Slice(source(1), Config{Noise: -1}) })
}

func TestImagesStayInTheirRange(t *testing.T) {
	for _, b := range []Brain{Slice(source(3), Config{Noise: .5}), Volume(source(3), Config{Spacing: 4, Variation: 3})} {
		skull := 0
		for i, x := range b.Norm.Data {
			o := b.Orig.Data[i]
			require.True(t, x >= 0 && x <= 1, x)
			require.True(t, o >= 0 && o <= 255 && o == float32(math.Round(float64(o))), o)
			if x == 0 && o > 60 {
				skull++
			}
		}
		require.Greater(t, skull, len(b.Seg)/100)
	}
}

// Left has the greater i, and down the greater j: the axes are L I A.
func TestAxesPointLeftDownAndForward(t *testing.T) {
	b := Volume(source(5), Config{Spacing: 2})
	left, right := centre(b, 10), centre(b, 49)
	require.Greater(t, left.x, right.x+5)
	require.InDelta(t, left.y, right.y, 3)
	require.Greater(t, centre(b, 16).y, centre(b, 4).y+10, "the brain stem lies below the ventricles")
	require.Greater(t, centre(b, 26).z, centre(b, 8).z+20, "the accumbens lies before the cerebellum")
}

func centre(b Brain, id uint8) vec {
	var sum vec
	n := 0.0
	w, h := b.Norm.Shape.Dim(-2), b.Norm.Shape.Dim(-3)
	for at, v := range b.Seg {
		if v == id {
			sum = sum.plus(vec{float64(at % w), float64(at / w % h), float64(at / w / h)})
			n++
		}
	}
	return sum.over(n)
}

// The real areas are means over the same plane of twenty public label maps
// (BBillot/SynthSeg), of both sides. A phantom that missed one by half would
// no longer look like a brain.
func TestSlicesHaveTheAreasOfRealOnes(t *testing.T) {
	areas := map[string]float64{
		"Cerebral-White-Matter": 1967, "Cerebral-Cortex": 1626, "Lateral-Ventricle": 205,
		"Thalamus": 309, "Hippocampus": 87, "VentralDC": 179, "Brain-Stem": 782, "3rd-Ventricle": 58,
	}
	count := make([]float64, 256)
	const subjects = 20
	for seed := range uint64(subjects) {
		for _, id := range Slice(source(seed), Config{Spacing: 2}).Seg {
			count[id] += 4 // mm2
		}
	}
	for _, s := range atlas {
		want, ok := areas[s.name]
		if !ok {
			continue
		}
		got := count[s.left] / subjects
		if s.right != 0 {
			got = (got + count[s.right]/subjects) / 2
		}
		require.InDelta(t, 1, got/want, .5, s.name)
	}
}

func TestEveryStructureOccurs(t *testing.T) {
	seen := map[uint8]bool{}
	for _, v := range Seg35.Recode(Volume(source(1), Config{Spacing: 2}).Seg) {
		seen[v] = true
	}
	for _, e := range Seg35.Table.Entries() {
		require.True(t, seen[uint8(e.ID)], e.Name)
	}
	require.Len(t, seen, Seg35.Table.Len())
}

func TestTheTablesAreNeuriteOASISsOwn(t *testing.T) {
	folder, err := golden.Shared("data/labelmaps")
	if err != nil {
		t.Skip(err)
	}
	for _, p := range []*Protocol{Seg4, Seg24, Seg35} {
		want, err := labels.ReadFile(filepath.Join(folder, p.Name+"_labels.txt"))
		require.NoError(t, err)
		if p == Seg35 {
			want = without(t, want, "Left-Vessel", "Right-Vessel")
		}
		require.Equal(t, want.Entries(), p.Table.Entries())
	}
}

func without(t *testing.T, table *labels.Table, names ...string) *labels.Table {
	var kept []labels.Entry
	for _, e := range table.Entries() {
		if e.Name != names[0] && e.Name != names[1] {
			kept = append(kept, e)
		}
	}
	require.Len(t, kept, table.Len()-len(names))
	table, err := labels.New(kept...)
	require.NoError(t, err)
	return table
}

func TestRecode(t *testing.T) {
	freesurfer := []uint8{0, 2, 41, 3, 16, 47, 63, 30, 77}
	require.Equal(t, []uint8{0, 3, 3, 1, 3, 2, 4, 4, 0}, Seg4.Recode(freesurfer))
	require.Equal(t, []uint8{0, 1, 14, 2, 10, 0, 24, 0, 0}, Seg24.Recode(freesurfer))
	require.Equal(t, []uint8{0, 1, 20, 2, 13, 25, 35, 18, 0}, Seg35.Recode(freesurfer))
}

// A data set that brightness alone can segment would show nothing. This best
// of simple rules reached a mean Dice of .53 for the four tissues and .08 for
// the 24 structures when it was written.
func TestBrightnessAloneDoesNotSegment(t *testing.T) {
	for _, p := range []*Protocol{Seg4, Seg24} {
		classes := p.Table.Len()
		sum, n := make([]float64, classes), make([]float64, classes)
		const train, test = 8, 4
		for seed := range uint64(train) {
			b := Slice(source(seed), Config{})
			for i, c := range p.Recode(b.Seg) {
				sum[c] += float64(b.Norm.Data[i])
				n[c]++
			}
		}
		dice := 0.0
		for seed := range uint64(test) {
			b := Slice(source(100+seed), Config{})
			predicted := make([]uint8, len(b.Seg))
			for i, x := range b.Norm.Data {
				best := math.Inf(1)
				for c := range classes {
					if d := math.Abs(float64(x) - sum[c]/n[c]); d < best {
						predicted[i], best = uint8(c), d
					}
				}
			}
			dice += meanDice(predicted, p.Recode(b.Seg), classes) / test
		}
		t.Logf("%s: mean Dice %.3f of the nearest class mean", p.Name, dice)
		require.Less(t, dice, .7, p.Name)
		require.Greater(t, dice, .02, p.Name)
	}
}

// meanDice is the mean over the classes that occur, without the background.
func meanDice(a, b []uint8, classes int) float64 {
	both, all := make([]float64, classes), make([]float64, classes)
	for i := range a {
		all[a[i]]++
		all[b[i]]++
		if a[i] == b[i] {
			both[a[i]]++
		}
	}
	sum, n := 0.0, 0.0
	for c := 1; c < classes; c++ {
		if all[c] > 0 {
			sum += 2 * both[c] / all[c]
			n++
		}
	}
	return sum / n
}

func BenchmarkSlice(b *testing.B) {
	for b.Loop() {
		Slice(source(1), Config{})
	}
}

func BenchmarkVolume(b *testing.B) {
	for b.Loop() {
		Volume(source(1), Config{})
	}
}
