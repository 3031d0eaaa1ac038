package nn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sshn-go/sshn/tensor"
)

// Factors are the rescaling factors phi of a network: one number for all
// levels and axes, one per level, or one per spatial axis. The zero Factors is
// 1/2 everywhere, as in an ordinary U-Net.
type Factors struct {
	by  by
	phi []float64
}

type by string

const (
	uniform  by = ""
	perLevel by = "per level"
	perAxis  by = "per axis"
)

// Uniform is the same factor at every level and along every axis.
func Uniform(phi float64) Factors { return Factors{uniform, []float64{phi}} }

// PerLevel is a factor for each down-sampling, the finest first.
func PerLevel(phi ...float64) Factors { return Factors{perLevel, slices.Clone(phi)} }

// PerAxis is a factor for each spatial axis, in the tensor's order: D H W.
func PerAxis(phi ...float64) Factors { return Factors{perAxis, slices.Clone(phi)} }

// At returns the factor of a level (0 is the finest) along a spatial axis. It
// panics if there is none for that level or axis.
func (f Factors) At(level, axis int) float64 {
	i := 0
	switch {
	case f.isZero():
		return 0.5
	case f.by == perLevel:
		i = level
	case f.by == perAxis:
		i = axis
	}
	if i < 0 || i >= len(f.phi) {
		panic(&tensor.UseError{Problem: fmt.Sprintf("nn: factors %v have none for level %d, axis %d", f, level, axis)})
	}
	return f.phi[i]
}

func (f Factors) isZero() bool { return f.by == uniform && f.phi == nil }

// Vector returns the factors as a condition vector: one number, or one per
// level or axis. The slice is new.
func (f Factors) Vector() []float64 {
	if f.isZero() {
		return []float64{0.5}
	}
	return slices.Clone(f.phi)
}

// String prints the factors, as in "0.25" or "0.5,0.25 per level".
func (f Factors) String() string {
	var text []string
	for _, x := range f.Vector() {
		text = append(text, strconv.FormatFloat(x, 'g', -1, 64))
	}
	return strings.TrimSpace(strings.Join(text, ",") + " " + string(f.by))
}
