package volume

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/tensor"
)

// oblique returns a grid that is turned about all three axes.
func oblique(ni, nj, nk int, spacing [3]float64) Grid {
	sa, ca := math.Sincos(0.35)
	sb, cb := math.Sincos(-0.5)
	sc, cc := math.Sincos(0.2)
	r := [3][3]float64{
		{ca * cb, ca*sb*sc - sa*cc, ca*sb*cc + sa*sc},
		{sa * cb, sa*sb*sc + ca*cc, sa*sb*cc - ca*sc},
		{-sb, cb * sc, cb * cc},
	}
	g := Grid{Shape: tensor.NewShape(nk, nj, ni), Affine: [4][4]float64{3: {3: 1}}}
	for row := range 3 {
		for column := range 3 {
			g.Affine[row][column] = r[row][column] * spacing[column]
		}
		g.Affine[row][3] = []float64{-30, 12.5, 7}[row]
	}
	return g
}

// diagonal returns a grid along the axes of the world.
func diagonal(ni, nj, nk int, spacing [3]float64) Grid {
	g := Grid{Shape: tensor.NewShape(nk, nj, ni), Affine: [4][4]float64{3: {3: 1}}}
	for axis, mm := range spacing {
		g.Affine[axis][axis] = mm
	}
	return g
}

// halfway returns a grid whose i and j lie half-way between x and y.
func halfway(ni, nj, nk int) Grid {
	return Grid{tensor.NewShape(nk, nj, ni), [4][4]float64{{1, -1, 0, 4}, {1, 1, 0, 5}, {0, 0, 2, 6}, {3: 1}}}
}

// A turn is one of the 48 ways to store a volume: axis a of the new order runs
// along axis from[a] of the old, backwards if back[a].
type turn struct {
	from [3]int
	back [3]bool
}

func turns() (all []turn) {
	for _, from := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		for bits := range 8 {
			all = append(all, turn{from, [3]bool{bits&1 != 0, bits&2 != 0, bits&4 != 0}})
		}
	}
	return all
}

// store returns the volume as it is stored after a turn, voxel by voxel.
func (t turn) store(g Grid, x tensor.Tensor) (Grid, tensor.Tensor) {
	extents := [3]int{g.Extent(t.from[0]), g.Extent(t.from[1]), g.Extent(t.from[2])}
	y := tensor.New(extents[2], extents[1], extents[0])
	for at := range y.Data {
		p := [3]int{at % extents[0], at / extents[0] % extents[1], at / extents[0] / extents[1]}
		var q [3]int
		for a, from := range t.from {
			q[from] = p[a]
			if t.back[a] {
				q[from] = extents[a] - 1 - p[a]
			}
		}
		y.Data[at] = x.At(q[2], q[1], q[0])
	}
	h := Grid{y.Shape, [4][4]float64{3: {3: 1}}}
	for row := range 3 {
		h.Affine[row][3] = g.Affine[row][3]
		for a, from := range t.from {
			h.Affine[row][a] = g.Affine[row][from]
			if t.back[a] {
				h.Affine[row][a] = -g.Affine[row][from]
				h.Affine[row][3] += g.Affine[row][from] * float64(extents[a]-1)
			}
		}
	}
	return h, y
}

func random(s tensor.Shape, labels int) tensor.Tensor {
	rng := rand.New(rand.NewPCG(5, 6))
	x := tensor.Zeros(s)
	for i := range x.Data {
		if x.Data[i] = rng.Float32(); labels > 0 {
			x.Data[i] = float32(rng.IntN(labels))
		}
	}
	return x
}

func sameAffine(t *testing.T, want, got Grid) {
	t.Helper()
	require.Equal(t, want.Shape, got.Shape)
	for row := range want.Affine {
		// 1e-12 of a head's 250 mm: a few roundings.
		require.InDeltaSlice(t, want.Affine[row][:], got.Affine[row][:], 2.5e-10)
	}
}

// segment stands for a network: it is no neighbour's equal, and which way is
// which matters to it.
func segment(x tensor.Tensor) tensor.Tensor {
	y := tensor.Zeros(x.Shape)
	nk, nj, ni := x.Shape.Dim(0), x.Shape.Dim(1), x.Shape.Dim(2)
	for k := range nk {
		for j := range nj {
			for i := range ni {
				y.Set(float32(math.Floor(float64(4*x.At(k, j, i)+2*x.At(k, j, min(i+1, ni-1))+x.At(min(k+1, nk-1), j, i)))), k, j, i)
			}
		}
	}
	return y
}

func TestTheReorientedScanGivesTheReorientedSegmentation(t *testing.T) {
	spacing := [3]float64{0.9, 1.2, 2.5}
	for _, g := range []Grid{diagonal(6, 5, 4, spacing), oblique(6, 5, 4, spacing), oblique(3, 5, 4, [3]float64{4, 1, 1}), halfway(6, 5, 4)} {
		x := random(g.Shape, 0)
		for _, f := range []Frame{
			{Orientation: "RAS"},
			{Orientation: "LIA", Spacing: [3]float64{1, 1, 1}},
			{Orientation: "PSR", Spacing: [3]float64{0, 2, 0.7}, Extents: [3]int{4, 9, 0}},
		} {
			m, err := f.Move(g)
			require.NoError(t, err)
			require.Equal(t, f.Orientation, m.To.Orientation())
			seen := m.Linear(x, -1)
			found := segment(seen)
			back := m.Inverse()
			nearest, majority := back.Nearest(found, 0), back.Majority(found, 0)
			for _, turn := range turns() {
				h, y := turn.store(g, x)
				m, err := f.Move(h)
				require.NoError(t, err)
				sameAffine(t, back.From, m.To)
				require.Equal(t, seen, m.Linear(y, -1), "%v %v", f, turn)
				back := m.Inverse()
				require.Equal(t, h, back.To, "the input's own grid")
				_, want := turn.store(g, nearest)
				require.Equal(t, want, back.Nearest(found, 0), "%v %v", f, turn)
				_, want = turn.store(g, majority)
				require.Equal(t, want, back.Majority(found, 0), "%v %v", f, turn)
			}
		}
	}
}

func TestOrientationsAreNamedAndReached(t *testing.T) {
	g := oblique(3, 4, 5, [3]float64{1, 1, 3})
	require.Equal(t, "RAS", g.Orientation())
	require.False(t, g.LeftHanded())
	seen := map[string]bool{}
	left := 0
	for _, turn := range turns() {
		h, y := turn.store(g, random(g.Shape, 0))
		name := h.Orientation()
		seen[name] = true
		if h.LeftHanded() {
			left++
		}
		m, err := Reorient(g, name)
		require.NoError(t, err)
		sameAffine(t, h, m.To)
		require.Equal(t, y, m.Nearest(random(g.Shape, 0), -1))
		require.Equal(t, y, m.Linear(random(g.Shape, 0), -1), "a copy is not interpolated")
	}
	require.Len(t, seen, 48)
	require.Equal(t, 24, left)
	for _, bad := range []string{"", "RA", "RAR", "RAX", "RASL", "ras"} {
		_, err := Reorient(g, bad)
		require.EqualError(t, err, fmt.Sprintf("volume: reorient: orientation %q: expected one letter of each of RL, AP and SI, as in RAS", bad))
	}
}

// A function that is linear in mm stays what it is wherever voxels come to lie.
func TestVoxelsLieWhereTheAffineSays(t *testing.T) {
	f := func(mm [3]float64) float64 { return 3*mm[0] - 2*mm[1] + 0.5*mm[2] + 1 }
	fill := func(g Grid) tensor.Tensor {
		x := tensor.Zeros(g.Shape)
		for at := range x.Data {
			x.Data[at] = float32(f(g.Place(voxel(g, at))))
		}
		return x
	}
	for _, frame := range []Frame{
		{"RAS", [3]float64{1, 1, 1}, [3]int{}},
		{"SLP", [3]float64{3, 0.4, 1.1}, [3]int{5, 40, 9}},
		{"", [3]float64{0, 7, 0}, [3]int{2, 2, 30}},
	} {
		g := oblique(9, 8, 7, [3]float64{0.8, 1.5, 2})
		m, err := frame.Move(g)
		require.NoError(t, err)
		y := m.Linear(fill(g), float32(math.Inf(1)))
		inside := 0
		for at, got := range y.Data {
			i, j, k := voxel(m.To, at)
			if !between(m, i, j, k) {
				continue
			}
			inside++
			// Places are rounded to a millionth of a voxel, values to 24 bits of up to 300.
			require.InDelta(t, f(m.To.Place(i, j, k)), float64(got), 1e-4)
		}
		require.Greater(t, inside, 20)
	}
}

func voxel(g Grid, at int) (i, j, k float64) {
	ni, nj := g.Extent(0), g.Extent(1)
	return float64(at % ni), float64(at / ni % nj), float64(at / ni / nj)
}

// between tells whether a voxel of To lies between centres of From, found by
// inverting nothing: from the steps along each axis.
func between(m Move, i, j, k float64) bool {
	for to, p := range [3]float64{i, j, k} {
		a := m.axes[to]
		if q := a.scale*p + a.offset; q < 0 || q > float64(m.From.Extent(a.from)-1) {
			return false
		}
	}
	return true
}

func TestResampleKeepsCentreAndLength(t *testing.T) {
	g := diagonal(10, 3, 1, [3]float64{1, 2, 5})
	m, err := Resample(g, [3]float64{2.5, 0, 1})
	require.NoError(t, err)
	require.Equal(t, tensor.NewShape(5, 3, 4), m.To.Shape)
	require.Equal(t, [3]float64{2.5, 2, 1}, m.To.Spacing())
	require.Equal(t, [3]float64{2.5, 1, 0.2}, m.Scale())
	require.Equal(t, g.Place(4.5, 1, 0), m.To.Place(1.5, 1, 2))
	m, err = Resample(g, [3]float64{1.00009, 1.9999, 1e9})
	require.NoError(t, err)
	require.Equal(t, g.Shape, m.To.Shape, "nearly the spacing that it has, and never fewer than one voxel")
	require.Equal(t, [3]float64{1, 2, 1e9}, m.To.Spacing())

	// Seven voxels are nearest in length to one of 5, which ends inside the outermost
	// of them; two hold the middles of all, so that labels come back to each.
	m, err = Resample(diagonal(7, 1, 1, [3]float64{1, 1, 1}), [3]float64{5, 0, 0})
	require.NoError(t, err)
	require.Equal(t, tensor.NewShape(1, 1, 2), m.To.Shape)
	require.Equal(t, []float32{1, 1, 1, 1, 1, 1, 1}, m.Inverse().Majority(tensor.From([]float32{1, 1}, 1, 1, 2), 0).Data)

	for _, bad := range [][3]float64{{-1, 1, 1}, {math.NaN(), 1, 1}, {math.Inf(1), 1, 1}} {
		_, err = Resample(g, bad)
		require.EqualError(t, err, fmt.Sprintf("volume: resample: axis i from 1 mm to %v mm", bad[0]))
	}
	_, err = Resample(Grid{Shape: g.Shape}, [3]float64{0, 1, 0})
	require.EqualError(t, err, "volume: resample: axis j from 0 mm to 1 mm")
	_, err = Resample(g, [3]float64{1e-4, 1e-4, 1e-4})
	require.EqualError(t, err, "volume: resample: 10 x 3 x 1 voxels of [1 2 5] mm to [0.0001 0.0001 0.0001] mm would be more than 2^30")
	_, err = Resample(g, [3]float64{1e-300, 0, 0})
	require.ErrorContains(t, err, "more than 2^30")
}

func TestInterpolationByHand(t *testing.T) {
	g := diagonal(4, 1, 1, [3]float64{1, 1, 1})
	m, err := Resample(g, [3]float64{0.5, 0, 0})
	require.NoError(t, err)
	x := tensor.From([]float32{0, 4, 4, 8}, 1, 1, 4)
	require.Equal(t, []float32{0, 1, 3, 4, 4, 5, 7, 8}, m.Linear(x, -1).Data)
	require.Equal(t, []float32{0, 0, 4, 4, 4, 4, 8, 8}, m.Nearest(x, -1).Data)
	require.Equal(t, []float32{0, 0, 4, 4, 4, 4, 8, 8}, m.Majority(x, -1).Data)
	half, err := Resample(g, [3]float64{2, 0, 0})
	require.NoError(t, err)
	require.Equal(t, []float32{2, 6}, half.Linear(x, -1).Data)
	require.Equal(t, []float32{4, 8}, half.Nearest(x, -1).Data, "between equals the greater index")
	require.Equal(t, []float32{0, 4}, half.Majority(x, -1).Data, "between equals the least label")

	// The nearest is 7, but 1 has more of the weight.
	g = diagonal(2, 2, 1, [3]float64{1, 1, 1})
	at := Crop(g, [3]int{}, [3]int{1, 1, 1})
	at.axes[0].offset, at.axes[1].offset = 0.375, 0.375
	labels := tensor.From([]float32{7, 1, 1, 2}, 1, 2, 2)
	require.Equal(t, []float32{7}, at.Nearest(labels, -1).Data)
	require.Equal(t, []float32{1}, at.Majority(labels, -1).Data)
}

func TestCropPadsAndComesBack(t *testing.T) {
	g := oblique(5, 4, 3, [3]float64{1, 2, 3})
	x := random(g.Shape, 9)
	m := Fit(g, [3]int{2, 7, 0})
	require.Equal(t, tensor.NewShape(3, 7, 2), m.To.Shape)
	y := m.Linear(x, -1)
	require.Equal(t, x.At(1, 0, 2), y.At(1, 1, 0), "two of i's three removed below, one of j's three added")
	require.Equal(t, []float32{-1, -1}, y.Data[:2])
	back := m.Inverse().Nearest(y, -2)
	for at, v := range back.Data {
		want := x.Data[at]
		if i := at % 5; i < 2 || i > 3 {
			want = -2
		}
		require.Equal(t, want, v)
	}
	// Both at once: what was cropped is there when it is padded again.
	again := m.Then(Crop(m.To, [3]int{-2, 1, 0}, [3]int{5, 4, 3}))
	sameAffine(t, g, again.To)
	require.Equal(t, x, again.Nearest(x, -1))
	require.PanicsWithError(t, "crop of [3 4 5]: extents [0 1 1]", func() { Crop(g, [3]int{}, [3]int{0, 1, 1}) })
}

func TestMovesGoTogetherWhereTheyMeet(t *testing.T) {
	g := oblique(5, 4, 3, [3]float64{1, 2, 3})
	m, err := Frame{"LPS", [3]float64{1.3, 1.3, 1.3}, [3]int{9, 9, 9}}.Move(g)
	require.NoError(t, err)
	require.Equal(t, m.From, m.Inverse().To)
	require.Equal(t, m.To, m.Inverse().From)
	x := random(g.Shape, 0)
	require.Equal(t, x, m.Then(m.Inverse()).Linear(x, -1), "there and back in one is a copy")
	require.Equal(t, x, Stay(g).Linear(x, -1))
	require.PanicsWithError(t, "move of [9 9 9] and [3 4 5]: the second begins on another grid than the first ends on", func() { m.Then(m) })
	require.PanicsWithError(t, "linear of [9 9 9] and [3 4 5]: 729 voxels do not lie on the grid", func() { m.Linear(tensor.New(9, 9, 9), 0) })
	require.True(t, Stay(g).Stays())
	require.False(t, m.Stays())
	m, err = Frame{g.Orientation(), g.Spacing(), [3]int{5, 0, 3}}.Move(g)
	require.NoError(t, err)
	require.True(t, m.Stays())
}

func TestFramesThatNoGridCanBeMovedInto(t *testing.T) {
	g := oblique(5, 4, 3, [3]float64{1, 2, 3})
	for want, f := range map[string]Frame{
		`volume: frame: orientation "up": expected one letter of each of RL, AP and SI, as in RAS`:    {Orientation: "up"},
		"volume: frame: spacing [-1 0 0] and extents [0 0 0]: expected lengths and numbers of voxels": {Spacing: [3]float64{-1}},
		"volume: frame: spacing [0 0 0] and extents [0 -1 0]: expected lengths and numbers of voxels": {Extents: [3]int{0, -1}},
		"volume: [3 4 5] voxels to [1000000000 0 0] would be more than 2^30":                          {Extents: [3]int{1e9}},
		"volume: [3 4 5] voxels to [1073741824 1073741824 1073741824] would be more than 2^30":        {Extents: [3]int{1 << 30, 1 << 30, 1 << 30}},
		"volume: resample: 5 x 4 x 3 voxels of [1 2 3] mm to [1e-09 0 0] mm would be more than 2^30":  {Spacing: [3]float64{1e-9}},
	} {
		_, err := f.Move(g)
		require.EqualError(t, err, want)
	}
	_, err := Frame{}.Move(Grid{tensor.NewShape(3, 0, 5), g.Affine})
	require.EqualError(t, err, "volume: a grid [3 0 5] without voxels")
	for row := range 3 {
		g.Affine[row][0], g.Affine[row][1] = 1e308, -1e308 // finite, until it is multiplied
	}
	m, err := Frame{Orientation: "LPI"}.Move(g)
	require.NoError(t, err)
	require.Equal(t, 60, len(m.Linear(tensor.Zeros(g.Shape), 0).Data))
}

func TestVoxelsThatAreNoNumbersStayWhereTheyAre(t *testing.T) {
	g := diagonal(4, 1, 1, [3]float64{1, 1, 1})
	x := tensor.From([]float32{1, float32(math.NaN()), 3, 5}, 1, 1, 4)
	m := Crop(g, [3]int{2, 0, 0}, [3]int{2, 1, 1})
	require.Equal(t, []float32{3, 5}, m.Linear(x, 0).Data, "a weight of 0 times NaN does not count")
	require.NotPanics(t, func() { Fit(g, [3]int{9, 9, 9}).Majority(x, 0) })
}

func TestMovesHaveTheSameBitsOnAnyNumberOfWorkers(t *testing.T) {
	g := oblique(20, 30, 10, [3]float64{1, 2, 3})
	m, err := Frame{"SPR", [3]float64{1.3, 1.3, 1.3}, [3]int{}}.Move(g)
	require.NoError(t, err)
	x := random(g.Shape, 0)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want := m.Linear(x, 0)
	runtime.GOMAXPROCS(4)
	require.Equal(t, want, m.Linear(x, 0))
}

func BenchmarkMove(b *testing.B) {
	g := oblique(96, 96, 80, [3]float64{1, 1, 1.2})
	turned, err := Reorient(g, "SPL")
	require.NoError(b, err)
	finer, err := Resample(g, [3]float64{1.2, 1.2, 1})
	require.NoError(b, err)
	for _, c := range []struct {
		name string
		move func(x tensor.Tensor, outside float32) tensor.Tensor
	}{
		{"reorient", turned.Linear}, {"resample/linear", finer.Linear},
		{"resample/nearest", finer.Nearest}, {"resample/majority", finer.Majority},
	} {
		b.Run(c.name, func(b *testing.B) {
			x := random(g.Shape, 5)
			for b.Loop() {
				c.move(x, 0)
			}
			b.ReportMetric(float64(len(x.Data))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mvoxel/s")
		})
	}
}

func TestGridsAreApartAtTheCornerThatIsFarthest(t *testing.T) {
	g, h := diagonal(11, 2, 3, [3]float64{1, 2, 3}), diagonal(11, 2, 3, [3]float64{1.3, 2, 3})
	require.Zero(t, g.Apart(g))
	h.Affine[2][3] = 4
	require.InDelta(t, 5, g.Apart(h), 1e-14)
}
