package sshn

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor/volume"
)

// Config says what a model is. Its zero value but for Network.In and
// Network.Out is the paper's SSHN, but that its network is [unet.Config.Bounded]
// and [unet.Config.Normed]: [Model.Train] says why. The paper's own has a Coarsest
// of [unet.Unbounded] and a Norm of [unet.NoNorm].
type Config struct {
	Method  Method       `json:"method"`
	Network unet.Config  `json:"network"`
	Prior   hyper.Prior  `json:"prior"`          // of phi in training, up to 1 but for its margin; zero: that of At, phi 0.5 for Fixed, else uniform on (0, 0.5] with a margin of 0.1
	Phi     PhiKind      `json:"phi,omitempty"`  // what a phi has a number for
	Hyper   hyper.Config `json:"hyper"`          // of SSHN
	Labels  []Label      `json:"labels"`         // of the classes, background first; nil: their numbers
	Frame   volume.Frame `json:"frame,omitzero"` // how the images lie that it is trained on; zero: Segment takes scans as they are
	Scale   Scale        `json:"scale"`          // of intensities
	Seed    uint64       `json:"seed"`           // of the initial weights and of training
	At      pareto.Phi   `json:"at,omitempty"`   // the one phi, up to 1, that a Fixed or a frozen model is for, and is trained for
}

// Method names a way to cover a range of phi. Source: the paper, section 4.
type Method string

const (
	SSHN       Method = "sshn"       // theta from a hypernetwork; the zero Method is this too
	Fixed      Method = "fixed"      // an ordinary network of one phi
	Stochastic Method = "stochastic" // one theta for all phis of the prior
	FiLM       Method = "film"       // one theta, features modulated by phi
)

// Methods lists the methods.
var Methods = []Method{SSHN, Fixed, Stochastic, FiLM}

// PhiKind says what a phi has a number for.
type PhiKind string

const (
	OnePhi   PhiKind = ""      // one number for all
	PerLevel PhiKind = "level" // one for each down-sampling
	PerAxis  PhiKind = "axis"  // one for each spatial axis
)

// maxLabel is where the ids of labels end: below it float32, of which tensors are,
// holds every whole number.
const maxLabel = 1 << 24

var colour = regexp.MustCompile("^#[0-9a-fA-F]{6}$")

// Check returns an error if no model can be built from c, as when it was read
// from a file.
func (c Config) Check() error {
	if err := c.Network.Check(); err != nil { // before defaults are made of it, as for its classes
		return err
	}
	c = c.withDefaults()
	if err := c.Prior.Check(); err != nil {
		return err
	}
	switch {
	case !slices.Contains(Methods, c.Method):
		return fmt.Errorf("method %q is unknown; there are %v", c.Method, Methods)
	case !slices.Contains([]PhiKind{OnePhi, PerLevel, PerAxis}, c.Phi):
		return fmt.Errorf("a phi for each %q; for each %q, each %q or all is possible", c.Phi, PerLevel, PerAxis)
	case c.Network.Out < 2:
		return fmt.Errorf("%d classes; the background and a structure at least are needed", c.Network.Out)
	case len(c.Labels) != c.Network.Out:
		return fmt.Errorf("%d labels for %d classes", len(c.Labels), c.Network.Out)
	case c.Method == Fixed && c.At == nil:
		return fmt.Errorf("a fixed model of phis from %v to %v; it takes one, as At or as a prior of one point", c.Prior.Lo, c.Prior.Hi)
	case !slices.Contains(Scales, c.Scale):
		return fmt.Errorf("intensity scale %q is unknown; there are %v", c.Scale, Scales)
	}
	for i, l := range c.Labels {
		if k := slices.IndexFunc(c.Labels[:i], func(m Label) bool { return m.ID == l.ID }); k >= 0 {
			return fmt.Errorf("labels %q and %q have the same id %d", c.Labels[k].Name, l.Name, l.ID)
		}
		if l.Colour != "" && !colour.MatchString(l.Colour) {
			return fmt.Errorf("label %q has the colour %q; #rrggbb is expected", l.Name, l.Colour)
		}
		if l.ID < 0 || l.ID >= maxLabel {
			return fmt.Errorf("label %q has the id %d; 0 to %d are possible", l.Name, l.ID, maxLabel-1)
		}
		if !utf8.ValidString(l.Name) {
			return fmt.Errorf("label %d has the name %q, which is not UTF-8", l.ID, l.Name)
		}
	}
	if c.At != nil {
		if err := c.checkPhi(c.At); err != nil {
			return err
		}
	}
	if err := c.checkRange(); err != nil {
		return err
	}
	if err := c.Frame.Check(); err != nil {
		return err
	}
	if c.Method != SSHN {
		return c.Hyper.Check()
	}
	return c.Hyper.CheckFor(c.layout())
}

func (c Config) withDefaults() Config {
	if c.Method == "" {
		c.Method = SSHN
	}
	if c.Network.Dims == 0 {
		c.Network.Dims = 2
	}
	c.Network = c.Network.Bounded().Normed()
	if c.Prior == (hyper.Prior{}) {
		c.Prior = hyper.Uniform(0, 0.5).Beyond(0.1)
		switch {
		case len(c.At) > 0:
			c.Prior = hyper.Point(c.At[0])
		case c.Method == Fixed:
			c.Prior = hyper.Point(0.5)
		}
	}
	c.Prior.N = c.numbers()
	if c.At == nil && c.Prior.Kind == hyper.PointKind {
		c.At = slices.Repeat(pareto.Phi{c.Prior.Lo}, c.numbers())
	}
	if c.Hyper.Encoding.Max == 0 {
		c.Hyper.Encoding.Max = c.Prior.Hi
	}
	if c.Method == FiLM || c.Network.FiLM != nil {
		film := unet.FiLM{}
		if c.Network.FiLM != nil {
			film = *c.Network.FiLM
		}
		film.Condition = c.numbers()
		if film.Encoding.Max == 0 {
			film.Encoding.Max = c.Prior.Hi
		}
		c.Network.FiLM = &film
	}
	if c.Labels == nil {
		for i := range max(c.Network.Out, 0) {
			c.Labels = append(c.Labels, Label{ID: i, Name: fmt.Sprintf("class-%d", i)})
		}
	}
	if c.Scale == "" {
		c.Scale = ScaleRange
	}
	return c
}

// clone returns c with memory of its own.
func (c Config) clone() Config {
	c.Network.Widths = slices.Clone(c.Network.Widths)
	if c.Network.FiLM != nil {
		film := *c.Network.FiLM
		film.Hidden = slices.Clone(film.Hidden)
		c.Network.FiLM = &film
	}
	c.Hyper.Hidden = slices.Clone(c.Hyper.Hidden)
	c.Hyper.Varies = slices.Clone(c.Hyper.Varies)
	c.Labels = slices.Clone(c.Labels)
	c.At = slices.Clone(c.At)
	return c
}

// numbers returns how many a phi has.
func (c Config) numbers() int {
	switch c.Phi {
	case PerLevel:
		return max(c.Network.Levels()-1, 1)
	case PerAxis:
		return c.Network.Dims
	}
	return 1
}

// checkRange returns an error if the model is for phis by which maps would grow.
func (c Config) checkRange() error {
	hi := c.Prior.Hi
	for _, x := range c.At {
		hi = max(hi, x)
	}
	if hi > 1 {
		return fmt.Errorf("a model of phis up to %v, where maps would grow; up to 1 are possible", hi)
	}
	return nil
}

// checkPhi returns an error if phi has another number of numbers than the model
// takes, or one that is not a factor.
func (c Config) checkPhi(phi pareto.Phi) error {
	want := c.numbers()
	switch {
	case len(phi) == 0:
		return fmt.Errorf("no phi is given")
	case len(phi) != want:
		return fmt.Errorf("phi %v has %d numbers, the model takes %d", phi, len(phi), want)
	}
	for _, x := range phi {
		if !(x > 0) || x > 2 { // a prior up to 1 may have a margin of as much
			return fmt.Errorf("phi %v is not a factor in (0, 2]", phi)
		}
	}
	return nil
}

// layout returns that of theta.
func (c Config) layout() *nn.Layout {
	layout := nn.NewLayout()
	unet.New(layout.Builder(c.Network.Dims), c.Network)
	return layout
}

// parameters returns how many a model trains, without making it.
func (c Config) parameters() int {
	layout := c.layout()
	if c.Method == SSHN {
		return hyper.Size(layout, c.numbers(), c.Hyper)
	}
	return layout.Len()
}
