package sshn

import (
	"context"
	"fmt"

	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/sshn-go/sshn/tensor/volume"
)

// Move returns the way of a scan with the given header into the frame that the
// model sees, Config.Frame; that of its labels back is the inverse. A scan that
// does not say how its voxels lie is taken for one whose axes are those of the
// frame. It is an error if the scan cannot be brought there, and for a model of
// two dimensions if the scan is a slice and its plane is not that of the frame's
// i and j.
func (m *Model) Move(h *nifti.Header) (volume.Move, error) {
	f := m.cfg.Frame
	if h.Orientation() == "" {
		f.Orientation = ""
	}
	move, err := f.Move(h.Grid())
	if err != nil {
		return move, fmt.Errorf("sshn: %w", err)
	}
	if g := move.To; m.cfg.Network.Dims == 2 && g.Extent(2) > 1 && (g.Extent(0) == 1 || g.Extent(1) == 1) {
		return move, fmt.Errorf("sshn: a slice of %d x %d x %d voxels in %s does not lie as the slices that the model takes, whose first two axes are those of %s",
			move.From.Extent(0), move.From.Extent(1), move.From.Extent(2), move.From.Orientation(), move.To.Orientation())
	}
	return move, nil
}

// Segment segments a scan of any orientation and spacing and returns the label
// of each voxel (the ids of Config.Labels), on the scan's own grid. The scan is
// brought into Config.Frame and interpolated linearly; a model of two dimensions
// is applied to each slice [j, i] of the frame by itself, one of three to the
// whole volume, or to its tiles where p.Limit asks for them ([Model.Tiling] tells),
// whose logits are blended; and the labels are brought back by
// [volume.Move.Majority]. What the frame crops is background. If ctx is done
// before the last image or tile is begun, Segment returns ctx's error.
func (p *Predictor) Segment(ctx context.Context, scan *nifti.Volume) (tensor.Tensor, error) {
	if n := p.model.cfg.Network.In; n != 1 {
		return tensor.Tensor{}, fmt.Errorf("sshn: segment: a scan has one channel, the model takes %d", n)
	}
	if p.model.cfg.Network.Dims == 1 {
		return tensor.Tensor{}, fmt.Errorf("sshn: segment: a scan is made of slices, the model takes images of one axis")
	}
	if scan.Header == nil && p.model.cfg.Frame == (volume.Frame{}) {
		return p.segment(ctx, scan.Data) // where it lies does not matter
	}
	move, err := p.model.Move(scan.Header)
	if err != nil {
		return tensor.Tensor{}, err
	}
	if move.Stays() {
		return p.segment(ctx, scan.Data)
	}
	seg, err := p.segment(ctx, move.Linear(scan.Data, 0))
	if err != nil {
		return tensor.Tensor{}, err
	}
	return move.Inverse().Majority(seg, float32(p.model.cfg.Labels[0].ID)), nil
}

// segment returns the labels of a volume [k j i] in the frame.
func (p *Predictor) segment(ctx context.Context, x tensor.Tensor) (tensor.Tensor, error) {
	images, dims := x.Shape.Dim(0), x.Shape.Dims()[1:]
	if p.model.cfg.Network.Dims == 3 {
		images, dims = 1, x.Shape.Dims()
	}
	seg := tensor.Zeros(x.Shape)
	if p.Limit > 0 && p.model.cfg.Network.Dims == 3 {
		t, err := p.model.tiling(dims, p.factors, p.Limit)
		if err == nil && !t.Whole() {
			return seg, p.window(ctx, seg, x, t)
		}
		if err != nil {
			return tensor.Tensor{}, err
		}
	}
	size := len(seg.Data) / images
	for k := range images {
		if ctx.Err() != nil {
			return tensor.Tensor{}, fmt.Errorf("sshn: segment: stopped after %d of %d images: %w", k, images, ctx.Err())
		}
		at := func(x []float32) tensor.Tensor { return tensor.From(x[k*size:(k+1)*size], dims...) }
		if err := p.label(at(seg.Data), at(x.Data)); err != nil {
			return tensor.Tensor{}, fmt.Errorf("image %d of %d: %w", k+1, images, err)
		}
	}
	return seg, nil
}

// label writes the labels of an image of one channel, given without that axis.
func (p *Predictor) label(seg, image tensor.Tensor) error {
	if _, err := p.predict(seg, image.Reshape(append(image.Shape.Dims(), 1)...)); err != nil {
		return err
	}
	for i, class := range seg.Data {
		seg.Data[i] = p.id(class)
	}
	return nil
}

// id returns the label of a class.
func (p *Predictor) id(class float32) float32 { return float32(p.model.cfg.Labels[int(class)].ID) }
