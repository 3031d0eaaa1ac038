package sshn

import (
	"fmt"
	"time"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/hyper"
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
	head      *autograd.Tape
}

// At returns a predictor for phi; nil stands for the one phi of a Fixed or a
// frozen model, to which any other is a [*PhiError]. Other models predict
// outside the range of [Model.Covers] too, up to a phi of 2, the worse the
// further out.
func (m *Model) At(phi pareto.Phi) (*Predictor, error) {
	if phi == nil {
		phi = m.cfg.At
	}
	return m.Transfer(phi, phi)
}

// Transfer returns a predictor with the weights for one phi and the feature maps
// of another, at, up to 2: how much weights depend on the phi that they are for.
// Where the two are the same it is what [Model.At] returns. Source: the paper's
// analysis of transfer.
func (m *Model) Transfer(phi, at pareto.Phi) (*Predictor, error) {
	f, err := m.Factors(phi)
	if err != nil {
		return nil, err
	}
	if err := m.frozenAt(phi); err != nil {
		return nil, err
	}
	p := &Predictor{model: m, condition: f.Vector(), theta: hyper.Freeze(m.source, m.layout, f.Vector()), tape: autograd.NewTape(), head: autograd.NewTape()}
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
	if err := p.model.takes(image.Shape); err != nil {
		return tensor.Tensor{}, 0, fmt.Errorf("sshn: predict: %w", err)
	}
	classes := tensor.New(image.Shape.Dims()[:image.Shape.Rank()-1]...)
	took, err := p.predict(classes, image)
	if err != nil {
		return tensor.Tensor{}, 0, err
	}
	return classes, took, nil
}

// predict writes the classes of an image that the model takes.
func (p *Predictor) predict(classes, image tensor.Tensor) (seconds float64, err error) {
	x := tensor.Zeros(image.Shape)
	if err := p.model.cfg.Scale.apply(x, image); err != nil {
		return 0, fmt.Errorf("sshn: predict: %w", err)
	}
	began := time.Now()
	err = p.logits(x, func(first int, logits tensor.Tensor) error {
		part, err := metric.Argmax(logits)
		if err == nil {
			copy(classes.Range(first, first+part.Shape.Dim(0)).Data, part.Data)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sshn: predict: %w", err)
	}
	return time.Since(began).Seconds(), nil
}

// logits calls f with the logits [n, spatial..., classes] of the scaled image x
// [n, spatial..., C], some planes at a time, beginning with plane first. They are
// in memory of a tape until f returns. Those of all planes would be most of what
// a volume takes.
func (p *Predictor) logits(x tensor.Tensor, f func(first int, logits tensor.Tensor) error) error {
	features := p.run(p.tape, x, p.model.net.Features)
	n, at := features.Shape.Dim(0), p.model.planes(x.Shape)
	for first := 0; first < n; first += at {
		part := features.Range(first, min(first+at, n))
		if err := f(first, p.run(p.head, part, p.model.net.Head)); err != nil {
			return err
		}
	}
	return nil
}

// run returns a layer's result for one image without the axis of images.
func (p *Predictor) run(t *autograd.Tape, x tensor.Tensor, layer func(*nn.Pass, autograd.Value) autograd.Value) tensor.Tensor {
	t.Reset()
	var y autograd.Value
	t.NoGrad(func() {
		pass := &nn.Pass{Theta: p.theta.Const(t), Condition: p.condition, Factors: p.factors}
		y = layer(pass, t.Const(x.Reshape(append([]int{1}, x.Shape.Dims()...)...)))
	})
	return y.Tensor().Reshape(y.Shape().Dims()[1:]...)
}

// planes returns how many planes of an image the head takes at once: those that
// make a million logits, and one at least.
func (m *Model) planes(image tensor.Shape) int {
	plane := image.Len() / image.Channels() / image.Dim(0) * m.cfg.Network.Out
	return min(max(1<<20/plane, 1), image.Dim(0))
}
