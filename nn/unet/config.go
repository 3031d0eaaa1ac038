package unet

import (
	"fmt"
	"slices"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/rescale"
)

// Config says how a U-Net is built. Its zero value but for In and Out is the
// paper's network: five levels of 32 channels, one convolution each, no norm,
// LeakyReLU.
type Config struct {
	Dims       int        `json:"dims,omitempty"`       // spatial axes, 1 to 3; 0 is 2
	In         int        `json:"in"`                   // channels of the image
	Out        int        `json:"out"`                  // classes, background included
	Widths     []int      `json:"widths,omitempty"`     // channels per level, the finest first; nil is five times 32
	Convs      int        `json:"convs,omitempty"`      // convolutions per level; 0 is 1
	Norm       Norm       `json:"norm,omitempty"`       // after each convolution; empty is NoNorm, as in the paper
	Groups     int        `json:"groups,omitempty"`     // of GroupNorm; 0 is 8
	Activation Activation `json:"activation,omitempty"` // after each norm
	Antialias  bool       `json:"antialias,omitempty"`  // low-pass before down-sampling
	Least      int        `json:"least,omitempty"`      // extent below which no axis is rescaled, see Sizes; 0 is 1, as in the paper
	Coarsest   int        `json:"coarsest,omitempty"`   // how many times coarser than the image a map may be, see Sizes; 0 is Unbounded, as in the paper
	Dropout    float64    `json:"dropout,omitempty"`    // share of features dropped after each stage in training
	FiLM       *FiLM      `json:"film,omitempty"`       // features scaled and shifted by a function of the condition; nil: not
}

// Unbounded is the Coarsest of a network whose maps may be as coarse as phi makes
// them.
const Unbounded = -1

// Bounded returns c with a Coarsest if it has none: 16, or what the coarsest map
// has at phi 0.5, if that is more.
func (c Config) Bounded() Config {
	if c.Coarsest == 0 {
		c.Coarsest = max(16, 1<<min(c.Levels()-1, 16)) // more levels than that are refused
	}
	return c
}

// Normed returns c with a Norm if it has none: InstanceNorm of one or two axes,
// NoNorm of three. Volumes are mostly trained on patches and segmented whole or by
// tiles, and means and variances differ from one to the other. So they do where
// images are trained on in patches, which this cannot know.
func (c Config) Normed() Config {
	if c.Norm == "" {
		c.Norm = InstanceNorm
		if c.withDefaults().Dims == 3 {
			c.Norm = NoNorm
		}
	}
	return c
}

// FiLM says how the function of the condition is built that modulates the
// features after each convolution. Source: Perez et al., AAAI 2018.
type FiLM struct {
	Condition int         `json:"condition,omitempty"` // numbers in a condition; 0 is 1
	Encoding  nn.Encoding `json:"encoding"`
	Hidden    []int       `json:"hidden,omitempty"` // widths of the perceptron that all layers share; nil is 16, 64, 128
}

// Norm names a normalisation. There is no batch normalisation: a running mean
// over mixed phis means nothing.
type Norm string

const (
	NoNorm       Norm = "none"
	InstanceNorm Norm = "instance"
	GroupNorm    Norm = "group"
)

// Norms lists the norms.
var Norms = []Norm{NoNorm, InstanceNorm, GroupNorm}

// Activation names an activation function.
type Activation string

const (
	LeakyReLU Activation = "" // of slope 0.01
	ReLU      Activation = "relu"
	GELU      Activation = "gelu"
	SiLU      Activation = "silu"
)

const slope = 0.01

func (a Activation) apply(x autograd.Value) autograd.Value {
	switch a {
	case ReLU:
		return autograd.ReLU(x)
	case GELU:
		return autograd.GELU(x)
	case SiLU:
		return autograd.SiLU(x)
	}
	return autograd.LeakyReLU(x, slope)
}

// Check returns an error if no network can be built from c, as when it was
// read from a file.
func (c Config) Check() error {
	c = c.withDefaults()
	switch {
	case c.Dims < 1 || c.Dims > 3:
		return fmt.Errorf("unet: %d spatial axes; 1, 2 or 3 are possible", c.Dims)
	case c.In < 1 || c.Out < 1 || c.In > 1<<12 || c.Out > 1<<12:
		return fmt.Errorf("unet: %d channels in and %d classes out; 1 to 4096 are possible", c.In, c.Out)
	case c.Convs < 1 || c.Convs > 16:
		return fmt.Errorf("unet: %d convolutions per level; 1 to 16 are possible", c.Convs)
	case len(c.Widths) > 16 || slices.ContainsFunc(c.Widths, func(w int) bool { return w < 1 || w > 1<<12 }):
		return fmt.Errorf("unet: widths %v; up to 16 levels of 1 to 4096 channels are possible", c.Widths)
	case !slices.Contains(Norms, c.Norm):
		return fmt.Errorf("unet: norm %q is unknown; there are %q", c.Norm, Norms)
	case !slices.Contains([]Activation{LeakyReLU, ReLU, GELU, SiLU}, c.Activation):
		return fmt.Errorf("unet: activation %q is unknown; there are %q, %q, %q and that of none, LeakyReLU", c.Activation, ReLU, GELU, SiLU)
	case c.Least < 0 || c.Coarsest < Unbounded:
		return fmt.Errorf("unet: axes of %d elements at least, maps coarser by %d at most", c.Least, c.Coarsest)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("unet: dropout %v is not a share in [0, 1)", c.Dropout)
	case c.Norm == GroupNorm && slices.ContainsFunc(c.Widths, func(w int) bool { return c.Groups < 1 || w%c.Groups != 0 }):
		return fmt.Errorf("unet: widths %v do not divide into %d groups", c.Widths, c.Groups)
	}
	if c.FiLM != nil {
		return c.FiLM.check()
	}
	return nil
}

func (f FiLM) check() error {
	if len(f.Hidden) > 64 {
		return fmt.Errorf("unet: FiLM of %d hidden layers; up to 64 are possible", len(f.Hidden))
	}
	if f.Condition < 0 || f.Condition > 1<<12 || slices.ContainsFunc(f.Hidden, func(w int) bool { return w < 1 || w > 1<<12 }) {
		return fmt.Errorf("unet: FiLM of %d numbers by hidden widths %v; up to 4096 numbers and widths of 1 to 4096 are possible", f.Condition, f.Hidden)
	}
	return f.Encoding.Check()
}

// Levels returns the number of levels.
func (c Config) Levels() int { return len(c.withDefaults().Widths) }

// Sizes returns the spatial extents of the maps below each level but the last,
// for an image of the given extents N. An axis of n elements becomes
// rescale.Size(n, phi), by the level's and the axis's factor, but no less than
// Least, unless n is less already, and no less than N / Coarsest.
//
// Least is for short axes, of which one phi for all makes nothing: of 160 x 192 x
// 10 voxels it leaves 10 x 12 x 1 at the fifth level at phi 0.5, and 3 x 3 x 1 at
// the fourth at phi 0.25. With Least of 4 the slices become 5 and stay 4, at every
// phi, so that convolutions go on to see across them.
//
// Coarsest is for networks of many phis, and for those that are trained on
// patches and applied to more. At a small phi maps have one element after a few
// levels, so that the same level sees quite another scale than at a large phi, or
// than in a larger image. With a limit that all of them reach, levels see much the
// same scale. An ordinary network of five levels has a coarsest map of 1/16, so 16
// changes nothing at phi 0.5, and at smaller phis adds little work: 1/16^2 or
// 1/16^3 of the elements for each level. Below 1/Coarsest a smaller phi costs no
// less. One network for all phis learned faster by it; the comment of Train, of
// package sshn's Model, has the numbers.
func (c Config) Sizes(image []int, f nn.Factors) [][]int {
	var sizes [][]int
	above := image
	for level := range c.Levels() - 1 {
		below := make([]int, len(image))
		for axis, n := range above {
			below[axis] = max(rescale.Size(n, f.At(level, axis)), min(n, c.Least))
			if c.Coarsest > 0 {
				below[axis] = max(below[axis], (image[axis]+c.Coarsest-1)/c.Coarsest)
			}
		}
		sizes = append(sizes, below)
		above = below
	}
	return sizes
}

// Key names the feature-map sizes that the network has for an image of the given
// extents: factors of equal keys are the same network at the same cost.
func (c Config) Key(image []int, f nn.Factors) string { return fmt.Sprint(c.Sizes(image, f)) }

func (c Config) withDefaults() Config {
	if c.Dims == 0 {
		c.Dims = 2
	}
	if len(c.Widths) == 0 {
		c.Widths = []int{32, 32, 32, 32, 32}
	}
	if c.Convs == 0 {
		c.Convs = 1
	}
	if c.Norm == "" {
		c.Norm = NoNorm
	}
	if c.Groups == 0 {
		c.Groups = 8
	}
	return c
}
