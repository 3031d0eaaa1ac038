package sshn

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
)

// A Model is a network with the source of its weights, its preprocessing and
// its labels. Many goroutines may use one at once, at different phis, as long
// as none trains it; several models may be trained at once, of one data set too.
type Model struct {
	// Curve is what is known of the model over phi. It is the caller's to set, to
	// what [Model.Measure] returned; it is saved with the model, and Train empties
	// it, for it was of other weights.
	Curve Curve

	cfg    Config
	layout *nn.Layout // of theta
	net    *unet.UNet
	source hyper.Source
}

// New returns an untrained model. It returns the error of [Config.Check].
func New(cfg Config) (*Model, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("sshn: new model: %w", err)
	}
	cfg = cfg.clone().withDefaults()
	layout := nn.NewLayout()
	net := unet.New(layout.Builder(cfg.Network.Dims), cfg.Network)
	m := &Model{cfg: cfg, layout: layout, net: net}
	if cfg.Method == SSHN {
		m.source = hyper.NewNet(layout, cfg.numbers(), cfg.Hyper, cfg.Seed)
	} else {
		m.source = hyper.NewShared(layout.Init(cfg.Seed))
	}
	return m, nil
}

// Config returns the configuration, defaults filled in, in memory of its own.
func (m *Model) Config() Config { return m.cfg.clone() }

// Source returns where theta comes from. Its parameters are what training
// changes.
func (m *Model) Source() hyper.Source { return m.source }

// Layout returns the layout of theta.
func (m *Model) Layout() *nn.Layout { return m.layout }

// Factors returns phi as the factors of a pass. It returns an error if phi has
// another number of numbers than the model takes, or one outside (0, 2].
func (m *Model) Factors(phi pareto.Phi) (nn.Factors, error) {
	if err := m.cfg.checkPhi(phi); err != nil {
		return nn.Factors{}, fmt.Errorf("sshn: %w", err)
	}
	switch m.cfg.Phi {
	case PerLevel:
		return nn.PerLevel(phi...), nil
	case PerAxis:
		return nn.PerAxis(phi...), nil
	}
	return nn.Uniform(phi[0]), nil
}

// Forward records the logits [N, spatial..., classes] of images x [N,
// spatial..., C] on t, at factors that [Model.Factors] returned.
func (m *Model) Forward(t *autograd.Tape, x autograd.Value, f nn.Factors) autograd.Value {
	return m.net.Forward(m.pass(t, f), x)
}

func (m *Model) pass(t *autograd.Tape, f nn.Factors) *nn.Pass {
	condition := f.Vector()
	return &nn.Pass{Theta: m.source.Theta(t, condition), Condition: condition, Factors: f}
}

// mostExtent is the longest axis of an image of which costs are told, for that
// takes time in proportion.
const mostExtent = 1 << 24

// Cost returns the cost of segmenting one image of the given extents at phi,
// without doing it: MACs of the network, and the most memory that its buffers
// hold. What predicting theta costs is not in it, for that is done once.
func (m *Model) Cost(extents []int, phi pareto.Phi) (autograd.Cost, error) {
	f, err := m.Factors(phi)
	if err != nil {
		return autograd.Cost{}, err
	}
	if n := m.cfg.Network.Dims; len(extents) != n || slices.Min(extents) < 1 || slices.Max(extents) > mostExtent {
		return autograd.Cost{}, fmt.Errorf("sshn: cost of an image of extents %v; the model takes %d of 1 to %d", extents, n, mostExtent)
	}
	var c autograd.Cost
	if err := autograd.Try(func() { c = m.cost(extents, f) }); err != nil { // maps of more elements than can be counted
		return autograd.Cost{}, fmt.Errorf("sshn: cost of an image of extents %v: %w", extents, err)
	}
	return c, nil
}

func (m *Model) cost(extents []int, f nn.Factors) autograd.Cost {
	image := tensor.NewShape(append(slices.Clone(extents), m.cfg.Network.In)...)
	part := image.Dims()
	part[0], part[len(extents)] = m.planes(image), m.net.Config().Widths[0]
	c := m.costOf(image.Dims(), f, m.net.Features)
	head := m.costOf(part, f, m.net.Head)
	c.MACs += head.MACs / int64(part[0]) * int64(extents[0])
	c.Bytes += head.Bytes
	return c
}

func (m *Model) costOf(dims []int, f nn.Factors, layer func(*nn.Pass, autograd.Value) autograd.Value) autograd.Cost {
	t := autograd.NewTape()
	theta := t.Placeholder(tensor.NewShape(m.layout.Len()))
	x := t.Placeholder(tensor.NewShape(append([]int{1}, dims...)...))
	t.NoGrad(func() { layer(&nn.Pass{Theta: theta, Condition: f.Vector(), Factors: f}, x) })
	return t.Cost()
}

// Freeze returns the ordinary network that m is at phi, which shares nothing
// that changes with m: a Fixed model, or for FiLM one of that single phi, with what m.Curve
// knows of phi. A Fixed or a frozen model has one phi, and another is a
// [*PhiError]. What Save would refuse is an error too: a phi over 1, and a Curve
// that is none.
func (m *Model) Freeze(phi pareto.Phi) (*Model, error) {
	f, err := m.Factors(phi)
	if err != nil {
		return nil, err
	}
	if err := m.frozenAt(phi); err != nil {
		return nil, err
	}
	if err := m.Curve.check(); err != nil {
		return nil, fmt.Errorf("sshn: %w", err)
	}
	cfg := m.cfg.clone()
	if cfg.Method != FiLM {
		cfg.Method = Fixed
	}
	cfg.At = slices.Clone(phi)
	if err := cfg.checkRange(); err != nil {
		return nil, fmt.Errorf("sshn: freeze: %w", err)
	}
	frozen := &Model{cfg: cfg, layout: m.layout, net: m.net}
	frozen.source = hyper.NewShared(hyper.Freeze(m.source, m.layout, f.Vector()))
	frozen.Curve = m.Curve.at(phi)
	return frozen, nil
}

// fits returns an error if the network cannot be trained or measured on a
// sample.
func (m *Model) fits(s data.Sample) error {
	if err := m.takes(s.Image.Shape); err != nil {
		return err
	}
	for i, c := range s.Labels.Data {
		if n := m.cfg.Network.Out; !(c >= 0 && c < float32(n)) || c != float32(int(c)) {
			return fmt.Errorf("element %d has the label %v, the model has the classes 0 to %d", i, c, n-1)
		}
	}
	return nil
}

// takes returns an error if the network is not for such images.
func (m *Model) takes(s tensor.Shape) error {
	network := m.cfg.Network
	if s.Rank() != network.Dims+1 || s.Channels() != network.In || s.Len() == 0 {
		return fmt.Errorf("an image %v, the model takes [%s %d]", s, strings.Join([]string{"D", "H", "W"}[3-network.Dims:], " "), network.In)
	}
	return nil
}
