package tensor

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShapeGeometry(t *testing.T) {
	s := NewShape(2, 3, 5, 7, 4)
	require.Equal(t, 840, s.Len())
	require.Equal(t, 4, s.Dim(-1))
	require.Equal(t, []int{3, 5, 7}, s.Spatial())
	require.Equal(t, NewShape(2, 3, 9, 7, 4), s.With(2, 9))
	require.Equal(t, ((((1*3+2)*5+4)*7+6)*4 + 3), s.Index(1, 2, 4, 6, 3))
	require.Equal(t, 1, Shape{}.Len())
	require.Equal(t, 0, NewShape(3, 0, 2).Len())
	require.Empty(t, NewShape(3, 2).Spatial())
	require.Equal(t, 1, Shape{}.Channels())
}

func TestMisuseNamesTheShapes(t *testing.T) {
	x := New(2, 3)
	const many = math.MaxInt/2 + 1 // twice that overflows, on 32 bits and on 64
	for text, f := range map[string]func(){
		"shape: rank 6 is over 5":                                                    func() { NewShape(1, 1, 1, 1, 1, 1) },
		"shape of [2 -1]: an extent is negative":                                     func() { NewShape(2, -1) },
		fmt.Sprintf("shape of [%d 2]: the number of elements overflows int", many):   func() { NewShape(many, 2) },
		fmt.Sprintf("shape of [0 %d 2]: the number of elements overflows int", many): func() { NewShape(0, many, 2) },
		"shape of [2 3]: no axis 2":                                                  func() { x.Shape.Dim(2) },
		"index of [2 3]: no element [1 3]":                                           func() { x.At(1, 3) },
		"index of [2 3]: no element [1]":                                             func() { x.At(1) },
		"index of [2 3]: no element [0 0 0]":                                         func() { x.Set(1, 0, 0, 0) },
		"reshape of [2 3] and [4]: 6 and 4 elements":                                 func() { x.Reshape(4) },
		"range of [2 3]: no range 1:3 of the first axis":                             func() { x.Range(1, 3) },
		"from of [2 2]: 3 elements for a shape of 4":                                 func() { From(make([]float32, 3), 2, 2) },
	} {
		require.PanicsWithError(t, text, f)
	}
}

func TestViewsShareAndClonesDoNot(t *testing.T) {
	x := New(3, 2)
	x.Range(1, 2).Set(5, 0, 1)
	c := x.Clone()
	c.Set(9, 0, 0)
	require.Equal(t, []float32{0, 0, 0, 5, 0, 0}, x.Data)
	require.Equal(t, float32(5), x.Reshape(6).At(3))
}

func TestStringTellsWhatIsNotFinite(t *testing.T) {
	x := New(65)
	x.Data[3] = float32(math.NaN())
	x.Data[4] = 64
	require.Equal(t, "[65] min 0 mean 1 max 64, 1 not finite", x.String())
	for i := range x.Data {
		x.Data[i] = float32(math.Inf(1))
	}
	require.Equal(t, "[65] none of 65 finite", x.String())
	require.Equal(t, "[2] without data", Tensor{Shape: NewShape(2)}.String())
	require.Equal(t, "[] 3.5", Scalar(3.5).String())
	require.Equal(t, "[2 0]", New(2, 0).String())
}
