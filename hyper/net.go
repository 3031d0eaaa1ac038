package hyper

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path"
	"slices"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/tensor"
)

// Config says how a [Net] is built. The zero Config is the library's choice.
type Config struct {
	Hidden   []int       `json:"hidden,omitzero"`  // widths before the last layer; nil is 16, 64, 96, which gives the paper's 10.7 M parameters; empty: there is no other layer
	Slope    float64     `json:"slope,omitempty"`  // of the LeakyReLUs between; 0 is 0.01
	Encoding nn.Encoding `json:"encoding"`         // of the condition
	Spread   float64     `json:"spread,omitempty"` // deviation of theta over conditions at the start, in deviations of each tensor; 0 is 0.1
	Varies   []string    `json:"varies,omitzero"`  // which parameters depend on the condition, as patterns of path.Match over their names ("decoder.*"); nil is all, empty none
}

// A Net is a hypernetwork: theta = theta0 + h(condition) W, where h is an MLP
// and the bias theta0 of the last layer is the phi-independent part. Theta0
// starts as the primary network would; the columns of W that belong to one
// tensor of it start in proportion to that tensor's deviation. Parameters that
// do not vary have no columns.
//
// Names in omega: "hidden.0.weight" and so on, "head" for W [last width,
// varying parameters], "theta0." before the names of the primary network.
type Net struct {
	omega   *nn.Params
	hidden  *nn.MLP
	head    nn.Param
	theta0  nn.Param
	columns columns
	cfg     Config
	inputs  int
}

// Check returns an error if no hypernetwork can be built from c, as when it was
// read from a file.
func (c Config) Check() error {
	if len(c.Hidden) > 64 || len(c.Varies) > 1<<12 {
		return fmt.Errorf("hyper: %d hidden layers, %d patterns of varying parameters; up to 64 and 4096 are possible", len(c.Hidden), len(c.Varies))
	}
	for _, w := range c.Hidden {
		if w < 1 || w > 1<<12 {
			return fmt.Errorf("hyper: a hidden width of %d; 1 to 4096 are possible", w)
		}
	}
	for _, p := range c.Varies {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("hyper: pattern %q of varying parameters: %w", p, err)
		}
	}
	if !(c.Spread >= 0 && c.Slope >= 0) || math.IsInf(c.Spread+c.Slope, 1) {
		return fmt.Errorf("hyper: spread %v, slope %v; neither may be negative or without an end", c.Spread, c.Slope)
	}
	return c.Encoding.Check()
}

// CheckFor is Check for a hypernetwork of the parameters that layout lists: an
// error too if a pattern of Varies is that of none.
func (c Config) CheckFor(layout *nn.Layout) error {
	if err := c.Check(); err != nil {
		return err
	}
	for _, pattern := range c.Varies {
		one := Config{Varies: []string{pattern}}
		if !slices.ContainsFunc(slices.Collect(layout.Params()), one.varies) {
			return fmt.Errorf("hyper: no parameter of the network is of the pattern %q of those that vary", pattern)
		}
	}
	return nil
}

// varies tells whether a parameter depends on the condition.
func (c Config) varies(p nn.Param) bool {
	return c.Varies == nil || slices.ContainsFunc(c.Varies, func(pattern string) bool {
		ok, err := path.Match(pattern, p.Name)
		return ok && err == nil
	})
}

// NewNet returns a hypernetwork for the parameters that layout lists, as a
// function of conditions of the given length, initialised from seed. It panics
// with the error of [Config.CheckFor], and if the length is not positive.
func NewNet(layout *nn.Layout, condition int, cfg Config, seed uint64) *Net {
	n, omega := build(layout, condition, cfg, seed)
	n.omega = omega.Init(seed)
	return n
}

// Size returns the length of omega, of a net that is not made.
func Size(layout *nn.Layout, condition int, cfg Config) int {
	_, omega := build(layout, condition, cfg, 0)
	return omega.Len()
}

// build returns a net without values, and the layout of omega.
func build(layout *nn.Layout, condition int, cfg Config, seed uint64) (*Net, *nn.Layout) {
	if err := cfg.CheckFor(layout); err != nil {
		panic(&tensor.UseError{Problem: err.Error()})
	}
	if condition < 1 {
		panic(&tensor.UseError{Problem: fmt.Sprintf("hyper: a net for conditions of %d numbers", condition)})
	}
	cfg = cfg.withDefaults()
	n := &Net{columns: varying(layout, cfg.varies), cfg: cfg, inputs: condition}
	omega := nn.NewLayout()
	b := omega.Builder(1)
	n.hidden = nn.NewMLP(b.In("hidden"), cfg.Encoding.Len(condition), cfg.Slope, cfg.Hidden...)
	n.theta0 = b.In("theta0").Layout(layout)
	n.head = b.Param("head", n.initHead(layout, seed), n.hidden.Out(), n.columns.width)
	return n, omega
}

func (c Config) withDefaults() Config {
	if c.Hidden == nil {
		c.Hidden = []int{16, 64, 96}
	}
	if c.Slope == 0 {
		c.Slope = 0.01
	}
	if c.Spread == 0 {
		c.Spread = 0.1
	}
	return c
}

// Params implements [Source]: omega.
func (n *Net) Params() *nn.Params { return n.omega }

// Theta implements [Source]. It panics if the condition has another length
// than the net was built for.
func (n *Net) Theta(t *autograd.Tape, condition []float64) autograd.Value {
	return n.rows(t, condition).View(0, n.theta0.Shape)
}

// Thetas implements [Sharing]: W, which is most of what there is to read, is read
// once for all conditions, forward and back. It panics as Theta does.
func (n *Net) Thetas(t *autograd.Tape, conditions ...[]float64) []autograd.Value {
	if len(conditions) == 0 {
		return nil
	}
	rows := n.rows(t, conditions...).Hold()
	thetas := make([]autograd.Value, len(conditions))
	for i := range thetas {
		thetas[i] = rows.View(i*n.theta0.Shape.Len(), n.theta0.Shape)
	}
	return thetas
}

// rows records theta [conditions, len].
func (n *Net) rows(t *autograd.Tape, conditions ...[]float64) autograd.Value {
	for _, c := range conditions {
		if len(c) != n.inputs {
			panic(&tensor.UseError{Problem: fmt.Sprintf("hyper: a condition of %d numbers, where the net takes %d", len(c), n.inputs)})
		}
	}
	p := &nn.Pass{Theta: n.omega.Leaf(t)}
	h := n.hidden.Forward(p, t.Const(n.cfg.Encoding.Encode(conditions...)))
	w, theta0 := p.Param(n.head), p.Param(n.theta0)
	if n.columns.all {
		return autograd.Linear(h, w, theta0)
	}
	return autograd.Apply(n.columns, theta0, autograd.MatMul(h, w, autograd.MatMulConfig{}))
}

// WarmStart makes theta0 the values of a trained ordinary network, so that
// training starts from it at every condition. It returns an error if theta is
// of another network than the one that n predicts.
func (n *Net) WarmStart(theta *nn.Params) error {
	for p := range theta.Layout.Params() {
		q, ok := n.omega.Layout.Lookup(n.theta0.Name + p.Name)
		if !ok || q.Shape != p.Shape {
			return fmt.Errorf("hyper: warm start: parameter %s %v is not of the network that the hypernetwork predicts", p.Name, p.Shape)
		}
	}
	if got, want := theta.Layout.Len(), n.theta0.Shape.Len(); got != want {
		return fmt.Errorf("hyper: warm start: %d parameters, where the hypernetwork predicts %d", got, want)
	}
	for p := range theta.Layout.Params() {
		q, _ := n.omega.Layout.Lookup(n.theta0.Name + p.Name)
		copy(n.omega.Tensor(q).Data, theta.Tensor(p).Data)
	}
	return nil
}

// initHead returns the initialiser of W. The hidden units' sum of squares is
// taken as their number, so that h W has the deviation Spread times that of
// each tensor of theta0.
func (n *Net) initHead(layout *nn.Layout, seed uint64) nn.Init {
	return func(rng *rand.Rand, w tensor.Tensor) {
		theta := layout.Init(seed)
		rows, width := w.Shape.Dim(0), w.Shape.Dim(1)
		scale := n.cfg.Spread / math.Sqrt(float64(rows))
		at := 0
		for _, p := range n.columns.params {
			deviation := scale * rms(theta.Tensor(p).Data)
			for i := range rows {
				row := w.Data[i*width+at:][:p.Shape.Len()]
				for j := range row {
					row[j] = float32(rng.NormFloat64() * deviation)
				}
			}
			at += p.Shape.Len()
		}
	}
}

func rms(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(max(len(x), 1)))
}
