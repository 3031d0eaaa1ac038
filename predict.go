package sshn

import (
	"fmt"
	"time"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
)

// A Predictor applies a model at one phi, again and again: theta is predicted
// once and buffers are reused. It serves one goroutine; a model may have many.
type Predictor struct {
	// Limit is how many bytes of memory Segment may hold beside the scan and the
	// model, where the model is for volumes; see [Model.Tiling]. 0 is no limit.
	Limit int64

	model     *Model
	factors   nn.Factors
	condition []float64 // that theta is for
	theta     *nn.Params
	tape      *autograd.Tape
}

// At returns a predictor for phi; nil stands for the one phi of a Fixed or a
// frozen model, to which any other is a [*PhiError]. Other models predict
// outside the range of [Model.Covers] too, the worse the further out.
func (m *Model) At(phi pareto.Phi) (*Predictor, error) {
	if phi == nil {
		phi = m.cfg.At
	}
	return m.Transfer(phi, phi)
}

// Transfer returns a predictor with the weights for one phi and the feature maps
// of another, at, which may be any: how much weights depend on the phi that they
// are for. Where the two are the same it is what [Model.At] returns. Source: the
// paper's analysis of transfer.
func (m *Model) Transfer(phi, at pareto.Phi) (*Predictor, error) {
	frozen, err := m.Freeze(phi)
	if err != nil {
		return nil, err
	}
	f, err := m.Factors(phi)
	if err != nil {
		return nil, err
	}
	p := &Predictor{model: m, condition: f.Vector(), theta: frozen.source.Params(), tape: autograd.NewTape()}
	p.factors, err = m.Factors(at)
	return p, err
}

// Classes segments one image [spatial..., C]: it returns the class of each
// element [spatial...], as whole numbers, in memory of their own. It returns an
// error if the image has other axes or channels than the model takes, or
// intensities that are not finite.
func (p *Predictor) Classes(image tensor.Tensor) (tensor.Tensor, error) {
	classes, _, err := p.classes(image)
	return classes, err
}

// classes returns also how many seconds the forward pass took.
func (p *Predictor) classes(image tensor.Tensor) (tensor.Tensor, float64, error) {
	s := image.Shape
	if err := p.model.takes(s); err != nil {
		return tensor.Tensor{}, 0, fmt.Errorf("sshn: predict: %w", err)
	}
	dims := append([]int{1}, s.Dims()...)
	x := tensor.New(dims...)
	if err := p.model.cfg.Scale.apply(x.Reshape(s.Dims()...), image); err != nil {
		return tensor.Tensor{}, 0, fmt.Errorf("sshn: predict: %w", err)
	}
	began := time.Now()
	classes, err := metric.Argmax(p.logits(x))
	if err != nil {
		return tensor.Tensor{}, 0, fmt.Errorf("sshn: predict: %w", err)
	}
	took := time.Since(began).Seconds()
	return classes.Reshape(s.Dims()[:s.Rank()-1]...), took, nil
}

// logits returns those of scaled images x [N, spatial..., C], in memory of the
// tape, until it is asked again.
func (p *Predictor) logits(x tensor.Tensor) tensor.Tensor {
	p.tape.Reset()
	var logits autograd.Value
	p.tape.NoGrad(func() {
		pass := &nn.Pass{Theta: p.theta.Const(p.tape), Condition: p.condition, Factors: p.factors}
		logits = p.model.net.Forward(pass, p.tape.Const(x))
	})
	return logits.Tensor()
}
