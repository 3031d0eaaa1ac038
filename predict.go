package sshn

import (
	"context"
	"fmt"
	"time"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/metric"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
)

// A Predictor applies a model at one phi, again and again: theta is predicted
// once and buffers are reused. It serves one goroutine; a model may have many.
type Predictor struct {
	model   *Model
	factors nn.Factors
	theta   *nn.Params
	tape    *autograd.Tape
}

// At returns a predictor for phi; nil stands for the one phi of a Fixed or a
// frozen model, to which any other is a [*PhiError]. Other models predict
// outside the range of [Model.Covers] too, the worse the further out.
func (m *Model) At(phi pareto.Phi) (*Predictor, error) {
	if phi == nil {
		phi = m.cfg.At
	}
	f, err := m.Factors(phi)
	if err != nil {
		return nil, err
	}
	frozen, err := m.Freeze(phi)
	if err != nil {
		return nil, err
	}
	return &Predictor{m, f, frozen.source.Params(), autograd.NewTape()}, nil
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
	p.tape.Reset()
	var logits autograd.Value
	p.tape.NoGrad(func() {
		pass := &nn.Pass{Theta: p.theta.Const(p.tape), Condition: p.factors.Vector(), Factors: p.factors}
		logits = p.model.net.Forward(pass, p.tape.Const(x))
	})
	classes, err := metric.Argmax(logits.Tensor())
	if err != nil {
		return tensor.Tensor{}, 0, fmt.Errorf("sshn: predict: %w", err)
	}
	took := time.Since(began).Seconds()
	return classes.Reshape(s.Dims()[:s.Rank()-1]...), took, nil
}

// Segment segments a scan and returns the label of each voxel (the ids of
// Config.Labels), in the scan's own order. A model of two dimensions is applied
// to each slice [j, i] by itself, one of three to the whole volume. If ctx is
// done before the last image is begun, it returns ctx's error.
func (p *Predictor) Segment(ctx context.Context, scan *nifti.Volume) (tensor.Tensor, error) {
	shape := scan.Data.Shape
	if n := p.model.cfg.Network.In; n != 1 {
		return tensor.Tensor{}, fmt.Errorf("sshn: segment: a scan has one channel, the model takes %d", n)
	}
	images, dims := shape.Dim(0), shape.Dims()[1:]
	if p.model.cfg.Network.Dims == 3 {
		images, dims = 1, shape.Dims()
	}
	seg := tensor.Zeros(shape)
	size := len(seg.Data) / images
	for k := range images {
		if ctx.Err() != nil {
			return tensor.Tensor{}, fmt.Errorf("sshn: segment: stopped after %d of %d images: %w", k, images, ctx.Err())
		}
		at := func(x []float32) tensor.Tensor { return tensor.From(x[k*size:(k+1)*size], dims...) }
		if err := p.label(at(seg.Data), at(scan.Data.Data)); err != nil {
			return tensor.Tensor{}, fmt.Errorf("image %d of %d: %w", k+1, images, err)
		}
	}
	return seg, nil
}

// label writes the labels of an image of one channel, given without that axis.
func (p *Predictor) label(seg, image tensor.Tensor) error {
	classes, err := p.Classes(image.Reshape(append(image.Shape.Dims(), 1)...))
	if err != nil {
		return err
	}
	for i, c := range classes.Data {
		seg.Data[i] = float32(p.model.cfg.Labels[int(c)].ID)
	}
	return nil
}
