package rescale

import (
	"fmt"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/tensor"
)

// A Mode says how a value between pixels is made of the pixels around it.
type Mode uint8

const (
	// Linear weighs the two neighbours along each axis by their nearness:
	// linear, bilinear or trilinear by the number of axes.
	Linear Mode = iota
	// Nearest takes the pixel in which the output's centre lies, and so mixes
	// no labels. PyTorch calls it "nearest-exact".
	Nearest
	// NearestFloor takes pixel floor(o*in/out), which shifts the map by up to
	// half a pixel. It is PyTorch's "nearest", for the sake of parity.
	NearestFloor
	// Cubic weighs four neighbours by the convolution kernel of R. Keys (IEEE
	// Trans. ASSP 29, 1981) with a = -3/4, and overshoots at edges. With
	// Antialias a is -1/2, as in PyTorch.
	Cubic
)

// String returns the mode's name.
func (m Mode) String() string {
	switch m {
	case Linear:
		return "linear"
	case Nearest:
		return "nearest"
	case NearestFloor:
		return "nearest-floor"
	case Cubic:
		return "cubic"
	}
	return "unknown"
}

// Config says how to resize. The zero Config is linear, with half-pixel
// centres and without antialiasing.
type Config struct {
	Mode Mode

	// AlignCorners lays the centres of the outermost pixels upon each other,
	// for Linear and Cubic. One output pixel is then the first input pixel.
	AlignCorners bool

	// Antialias widens the weights of Linear and Cubic where an axis shrinks,
	// so that every input counts. With AlignCorners only the step is that of
	// aligned corners and centres lie at (o+1/2)*step - 1/2, as in PyTorch.
	Antialias bool
}

// Resize resizes x [N, spatial..., C] to the given extents of its one to three
// spatial axes. It panics with a [*tensor.ShapeError] if there are not as many,
// if one of them is not positive, if x has an empty spatial axis, or if cfg
// asks Nearest for what only the other modes can do.
func Resize(x autograd.Value, size []int, cfg Config) autograd.Value {
	return autograd.Apply(newOp(x.Shape(), size, cfg), x)
}

// By resizes x [N, spatial..., C] linearly by the factor phi, one for all axes
// or one for each: D H W. The new extents are those of [Sizes], which also says
// what By panics on. Other modes are Resize(x, Sizes(x.Shape(), phi), cfg).
func By(x autograd.Value, phi ...float64) autograd.Value {
	return Resize(x, Sizes(x.Shape(), phi...), Config{})
}

// Tensor is [Resize] of a tensor that is on no tape, as of an image or, with
// Mode Nearest, of a label map before training. The result is new, the
// caller's, and shares nothing with x. It panics with a [*tensor.ShapeError] also
// if x has more data than elements, or less.
func Tensor(x tensor.Tensor, size []int, cfg Config) tensor.Tensor {
	if len(x.Data) != x.Shape.Len() {
		panic(&tensor.ShapeError{Op: "rescale", Shapes: []tensor.Shape{x.Shape}, Problem: fmt.Sprintf("%d elements of data", len(x.Data))})
	}
	op := newOp(x.Shape, size, cfg)
	y := tensor.Zeros(op.Shape([]tensor.Shape{x.Shape}))
	op.Forward(y, []tensor.Tensor{x})
	return y
}
