package sshn_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/loss"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/nifti"
	"github.com/sshn-go/sshn/tensor/safetensors"
)

func config(method sshn.Method) sshn.Config {
	return sshn.Config{
		Method:  method,
		Network: unet.Config{In: 1, Out: 3, Widths: []int{4, 5, 6}},
		Hyper:   hyper.Config{Hidden: []int{6, 8}},
		Seed:    1,
	}
}

func model(t testing.TB, cfg sshn.Config) *sshn.Model {
	m, err := sshn.New(cfg)
	require.NoError(t, err)
	return m
}

// discs are samples of a bright disc with a brighter core, on noise.
func discs(n, height, width int) data.Samples {
	var all data.Samples
	for i := range n {
		rng := nn.Stream(7, "discs", uint64(i))
		s := data.Sample{Subject: string(rune('a' + i)), Image: tensor.New(height, width, 1), Labels: tensor.New(height, width)}
		y0, x0 := float64(height)*(0.35+0.3*rng.Float64()), float64(width)*(0.35+0.3*rng.Float64())
		r := float64(min(height, width)) * (0.2 + 0.1*rng.Float64())
		for y := range height {
			for x := range width {
				class := 0
				switch d := math.Hypot(float64(y)-y0, float64(x)-x0); {
				case d < r/2:
					class = 2
				case d < r:
					class = 1
				}
				s.Labels.Set(float32(class), y, x)
				s.Image.Set(float32(float64(class)/2+0.1*rng.NormFloat64()), y, x, 0)
			}
		}
		all = append(all, s)
	}
	return all
}

// The derivative of the whole network's loss along a random direction of what
// is trained, by the tape and by central differences. With smooth activations
// the error is of second order: it must fall to a third or less as the step
// halves, until it is the rounding of float32.
func TestGradientsOfTheWholeNetworkForAllMethods(t *testing.T) {
	sample := discs(1, 7, 11)[0]
	for _, method := range sshn.Methods {
		cfg := config(method)
		cfg.Network.Activation = unet.SiLU
		cfg.Network.Norm = unet.InstanceNorm
		cfg.Hyper.Slope = 1 // LeakyReLU without a kink
		m := model(t, cfg)
		omega := m.Source().Params().Data
		rng := nn.Stream(3, string(method))
		for i := range omega {
			omega[i] += float32(rng.NormFloat64() * 0.02) // FiLM starts at zeros
		}
		start := append([]float32(nil), omega...)
		f, err := m.Factors(pareto.Phi{0.37})
		require.NoError(t, err)
		tape := autograd.NewTape()
		record := func() autograd.Value {
			tape.Reset()
			x := tape.Const(sample.Image.Reshape(1, 7, 11, 1))
			y := tape.Const(sample.Labels.Reshape(1, 7, 11))
			return loss.DiceCE(m.Forward(tape, x, f), y, loss.Config{})
		}
		tape.Backward(record())
		// A random direction in which no element works against another: the
		// derivative is large beside the rounding of a float32 loss.
		direction := make([]float64, len(omega))
		var want float64
		for i, g := range m.Source().Params().Leaf(tape).Grad().Data {
			direction[i] = math.Copysign(rng.NormFloat64()*0.02, float64(g))
			want += float64(g) * direction[i]
		}
		at := func(step float64) float64 {
			for i := range omega {
				omega[i] = start[i] + float32(step*direction[i])
			}
			value := float64(record().Item())
			copy(omega, start)
			return value
		}
		// A loss near 2 is known to 1e-6 or so after float32 layers; over twice
		// the least step that is 2e-5.
		const rounding = 2e-5
		last := math.Inf(1)
		for _, h := range []float64{0.2, 0.1, 0.05, 0.025} {
			off := math.Abs((at(h)-at(-h))/(2*h) - want)
			t.Logf("%s: derivative %.5f, at step %v off by %.2g", method, want, h, off)
			if off > rounding {
				require.Less(t, off, last/2.5, "%s at step %v", method, h)
			}
			last = off
		}
		require.Less(t, last, 0.01*want, method)
	}
}

func TestTwoGoroutinesRunOneModelAtDifferentPhis(t *testing.T) {
	m := model(t, config(sshn.SSHN))
	image := discs(1, 13, 17)[0].Image
	phis := []pareto.Phi{{0.1}, {0.5}}
	var got, want [2]tensor.Tensor
	for i, phi := range phis {
		want[i] = classes(t, m, phi, image)
	}
	var group sync.WaitGroup
	for i, phi := range phis {
		group.Go(func() {
			for range 5 {
				got[i] = classes(t, m, phi, image)
			}
		})
	}
	group.Wait()
	require.Equal(t, want, got)
}

func classes(t testing.TB, m *sshn.Model, phi pareto.Phi, image tensor.Tensor) tensor.Tensor {
	p, err := m.At(phi)
	require.NoError(t, err)
	y, err := p.Classes(image)
	require.NoError(t, err)
	return y
}

func TestAModelLearnsSweepsSavesAndFreezes(t *testing.T) {
	cfg := config(sshn.SSHN)
	cfg.Labels = []sshn.Label{{ID: 0, Name: "background"}, {ID: 42, Name: "ring"}, {ID: 7, Name: "core", Colour: "#ff0000"}}
	m := model(t, cfg)
	samples := discs(10, 20, 24)
	steps := 150
	if testing.Short() {
		steps = 20
	}
	summary, err := m.Train(context.Background(), samples[:7], sshn.Training{Steps: steps, Batch: 4, Rate: 1e-2, Val: samples[7:], Every: 50})
	require.NoError(t, err)
	require.Equal(t, "steps", summary.Stopped)
	curve, err := m.Measure(context.Background(), samples[7:], pareto.Grid(0.05, 0.5, 10), nil)
	require.NoError(t, err)
	require.Zero(t, m.Curve, "to measure keeps nothing")
	require.Equal(t, []int{20, 24}, curve.Extents)
	require.Equal(t, 3, curve.Subjects)
	points := curve.Points
	if !testing.Short() {
		require.Greater(t, points[len(points)-1].Dice, 0.8)
	}
	for i := 1; i < len(points); i++ {
		require.Greater(t, points[i].MACs, points[i-1].MACs)
	}
	// Each disc has a ring and a core, so a subject's Dice is the mean of both.
	ring, core := curve.Structures[0], curve.Structures[1]
	require.Equal(t, "ring", ring.Name)
	require.Equal(t, 7, core.ID)
	require.EqualValues(t, count(samples[7:], 2), core.Elements)
	for i, p := range points {
		require.InDelta(t, p.Dice, (ring.Dice[i]+core.Dice[i])/2, 1e-12)
	}
	m.Curve = curve

	path := filepath.Join(t.TempDir(), "model.safetensors")
	require.NoError(t, m.Save(path))
	loaded, err := sshn.Load(path)
	require.NoError(t, err)
	require.Equal(t, m.Config(), loaded.Config())
	require.Equal(t, m.Curve, loaded.Curve)
	phi := points[3].Phi
	image := samples[8].Image
	want := classes(t, m, phi, image)
	require.Equal(t, want, classes(t, loaded, phi, image))

	frozen, err := m.Freeze(phi)
	require.NoError(t, err)
	require.NoError(t, frozen.Save(path))
	frozen, err = sshn.Load(path)
	require.NoError(t, err)
	require.Equal(t, sshn.Fixed, frozen.Config().Method)
	require.Equal(t, points[3:4], frozen.Curve.Points)
	require.Equal(t, core.Dice[3:4], frozen.Curve.Structures[1].Dice)
	require.Len(t, frozen.Source().Params().Data, m.Layout().Len())
	require.Equal(t, want, classes(t, frozen, nil, image))

	scan := &nifti.Volume{Data: image.Reshape(1, 20, 24)}
	p, err := frozen.At(nil)
	require.NoError(t, err)
	seg, err := p.Segment(t.Context(), scan)
	require.NoError(t, err)
	for i, c := range want.Data {
		require.Equal(t, float32([]int{0, 42, 7}[int(c)]), seg.Data[i])
	}
}

// count returns how many elements of samples are of a class.
func count(samples data.Samples, class float32) (n int) {
	for _, s := range samples {
		for _, c := range s.Labels.Data {
			if c == class {
				n++
			}
		}
	}
	return n
}

func TestTrainingEmptiesTheCurve(t *testing.T) {
	m := model(t, config(sshn.Fixed))
	curve, err := m.Measure(t.Context(), discs(2, 8, 8), []pareto.Phi{{0.5}}, nil)
	require.NoError(t, err)
	m.Curve = curve
	_, err = m.Train(t.Context(), discs(2, 8, 8), sshn.Training{Steps: 1})
	require.NoError(t, err)
	require.Zero(t, m.Curve, "it was of other weights")
}

func TestAPhiThatAModelIsNotForIsTold(t *testing.T) {
	m := model(t, config(sshn.SSHN))
	require.NoError(t, m.Covers(pareto.Phi{0.5}))
	require.EqualError(t, m.Covers(nil), "sshn: no phi is given")
	require.EqualError(t, m.Covers(pareto.Phi{0.1, 0.2}), "sshn: phi 0.1/0.2 has 2 numbers, the model takes 1")
	err := m.Covers(pareto.Phi{0.9})
	require.EqualError(t, err, "sshn: phi 0.9 is outside (0, 0.5], the range that the model was trained for; accuracy falls there")
	_, err = m.At(pareto.Phi{0.9})
	require.NoError(t, err, "it may be asked all the same")

	frozen, err := m.Freeze(pareto.Phi{0.3})
	require.NoError(t, err)
	const text = "sshn: phi 0.4: this is an ordinary network of phi 0.3, and its weights fit no other"
	_, err = frozen.At(pareto.Phi{0.4})
	require.EqualError(t, err, text)
	var told *sshn.PhiError
	require.ErrorAs(t, err, &told)
	require.Equal(t, pareto.Phi{0.3}, told.At)
	_, err = frozen.Freeze(pareto.Phi{0.4})
	require.EqualError(t, err, text)
	_, err = frozen.Measure(t.Context(), discs(1, 8, 8), []pareto.Phi{{0.3}, {0.4}}, nil)
	require.EqualError(t, err, text)

	// A Fixed network of one phi for each axis has one vector of them.
	cfg := config(sshn.Fixed)
	cfg.Phi = sshn.PerAxis
	_, err = model(t, cfg).At(nil)
	require.NoError(t, err)
}

func TestAModelOfOneAxisSegmentsNoScan(t *testing.T) {
	cfg := config(sshn.SSHN)
	cfg.Network.Dims = 1
	p, err := model(t, cfg).At(pareto.Phi{0.5})
	require.NoError(t, err)
	_, err = p.Segment(t.Context(), &nifti.Volume{Data: tensor.New(5, 8, 8)})
	require.EqualError(t, err, "sshn: segment: a scan is made of slices, the model takes images of one axis")
}

func TestSegmentingStopsBetweenSlices(t *testing.T) {
	p, err := model(t, config(sshn.SSHN)).At(pareto.Phi{0.5})
	require.NoError(t, err)
	ctx := &countdown{Context: t.Context(), left: 2}
	_, err = p.Segment(ctx, &nifti.Volume{Data: tensor.New(5, 8, 8)})
	require.EqualError(t, err, "sshn: segment: stopped after 2 of 5 images: context canceled")
	require.ErrorIs(t, err, context.Canceled)
}

// A countdown is a context that is done after it was asked a number of times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left == 0 {
		return context.Canceled
	}
	c.left--
	return nil
}

func TestTrainingResumedIsBitEqual(t *testing.T) {
	samples := discs(6, 9, 10)
	t1 := sshn.Training{Steps: 6, Batch: 2, Parts: 2, Every: 3, Val: samples[4:], Augment: data.Augment{Flip: 0.5, FlipAxis: -1, Noise: 0.1}}
	whole := model(t, config(sshn.SSHN))
	_, err := whole.Train(context.Background(), samples[:4], t1)
	require.NoError(t, err)

	t1.Dir, t1.Resume = t.TempDir(), true
	for steps := 3; steps <= 6; steps += 3 {
		ctx, cancel := context.WithCancel(context.Background())
		part := model(t, config(sshn.SSHN))
		t2 := t1
		if steps == 3 {
			t2.Val = cancelling{samples[4:], cancel} // the validation after step 3 is interrupted
			_, err = part.Train(ctx, samples[:4], t2)
			require.ErrorIs(t, err, context.Canceled)
		} else {
			_, err = part.Train(ctx, samples[:4], t2)
			require.NoError(t, err)
			require.Equal(t, whole.Source().Params().Data, part.Source().Params().Data)
		}
		cancel()
	}
	t1.Batch = 3
	_, err = model(t, config(sshn.SSHN)).Train(context.Background(), samples[:4], t1)
	require.ErrorContains(t, err, "is of another run: batch was 2, is 3")
	t1.Batch = 2
	_, err = model(t, config(sshn.SSHN)).Train(context.Background(), samples[:3], t1)
	require.ErrorContains(t, err, "is of another run: samples was 4, is 3")
	_, err = model(t, config(sshn.SSHN)).Train(context.Background(), samples[1:5], t1)
	require.ErrorContains(t, err, "is of another run: subjects_hash was")
	t1.Augment = data.Augment{Flip: 0.5, FlipAxis: -1, Noise: 0.2}
	_, err = model(t, config(sshn.SSHN)).Train(context.Background(), samples[:4], t1)
	require.ErrorContains(t, err, "is of another run: augment")
}

// cancelling is a data set whose use cancels a context.
type cancelling struct {
	data.Samples
	cancel func()
}

func (c cancelling) Load(i int) (data.Sample, error) {
	c.cancel()
	return c.Samples.Load(i)
}

func TestWhatDoesNotFitIsAnError(t *testing.T) {
	m := model(t, config(sshn.SSHN))
	_, err := m.At(pareto.Phi{0.1, 0.2})
	require.EqualError(t, err, "sshn: phi 0.1/0.2 has 2 numbers, the model takes 1")
	_, err = m.At(pareto.Phi{math.NaN()})
	require.EqualError(t, err, "sshn: phi NaN is not a factor in (0, 2]")
	_, err = m.Cost([]int{3}, pareto.Phi{0.5})
	require.EqualError(t, err, "sshn: cost of an image of extents [3]; the model takes 2 of 1 to 16777216")
	p, err := m.At(pareto.Phi{0.5})
	require.NoError(t, err)
	_, err = p.Classes(tensor.New(4, 4, 2))
	require.EqualError(t, err, "sshn: predict: an image [4 4 2], the model takes [H W 1]")
	odd := tensor.New(2, 2, 1)
	odd.Data[1] = float32(math.NaN())
	_, err = p.Classes(odd)
	require.EqualError(t, err, "sshn: predict: 1 of 4 intensities are not finite")
	_, err = m.Train(context.Background(), data.Samples{{Subject: "x", Image: odd, Labels: tensor.New(2, 2)}}, sshn.Training{Steps: 1})
	require.EqualError(t, err, "sshn: train: subject x: 1 of 4 intensities are not finite")

	_, err = m.Train(context.Background(), discs(1, 4, 4), sshn.Training{})
	require.EqualError(t, err, "sshn: train: no end: give Steps or Limit, or Patience with Val")
	bad := discs(1, 4, 4)
	bad[0].Labels.Data[3] = 5
	_, err = m.Train(context.Background(), bad, sshn.Training{Steps: 1})
	require.EqualError(t, err, "sshn: train: subject a: element 3 has the label 5, the model has the classes 0 to 2")
	bad[0].Image = tensor.New(4, 4, 2)
	_, err = m.Train(context.Background(), bad, sshn.Training{Steps: 1})
	require.EqualError(t, err, "sshn: train: subject a: an image [4 4 2], the model takes [H W 1]")
	_, err = m.Measure(context.Background(), bad, []pareto.Phi{{0.5}}, nil)
	require.EqualError(t, err, "sshn: measure: subject a: an image [4 4 2], the model takes [H W 1]")

	cfg := config("other")
	_, err = sshn.New(cfg)
	require.EqualError(t, err, `sshn: new model: method "other" is unknown; there are [sshn fixed stochastic film]`)
	cfg = config(sshn.SSHN)
	cfg.Labels = make([]sshn.Label, 2)
	_, err = sshn.New(cfg)
	require.EqualError(t, err, "sshn: new model: 2 labels for 3 classes")
	cfg.Labels = []sshn.Label{{}, {ID: 312782574, Name: "layer 6"}, {ID: 2}}
	_, err = sshn.New(cfg)
	require.EqualError(t, err, `sshn: new model: label "layer 6" has the id 312782574; 0 to 16777215 are possible`)
	cfg = config(sshn.Fixed)
	cfg.Prior = hyper.Uniform(0.1, 0.3)
	_, err = sshn.New(cfg)
	require.EqualError(t, err, "sshn: new model: a fixed model of phis from 0.1 to 0.3; it takes one, as At or as a prior of one point")
}

func TestAModelKeepsWhatItWasMadeOf(t *testing.T) {
	cfg := config(sshn.FiLM)
	cfg.Labels = []sshn.Label{{ID: 0}, {ID: 7}, {ID: 8}}
	m := model(t, cfg)
	cfg.Labels[1].ID, cfg.Network.Widths[0] = 1, 9
	got := m.Config()
	got.Labels[2].ID, got.Network.FiLM.Condition = 1, 9
	frozen, err := m.Freeze(pareto.Phi{0.2})
	require.NoError(t, err)
	other := frozen.Config()
	other.At[0], other.Hyper.Hidden[0] = 0.3, 9
	require.Equal(t, 7, m.Config().Labels[1].ID)
	require.Equal(t, 8, m.Config().Labels[2].ID)
	require.Equal(t, []int{4, 5, 6}, m.Config().Network.Widths)
	require.Equal(t, 1, m.Config().Network.FiLM.Condition)
	require.Equal(t, 6, m.Config().Hyper.Hidden[0])
	require.Equal(t, pareto.Phi{0.2}, frozen.Config().At)

	m.Curve = sshn.Curve{Subjects: 1, Extents: []int{8, 8}, Points: []pareto.Point{{Phi: pareto.Phi{0.2}, Dice: 0.5}}}
	frozen, err = m.Freeze(pareto.Phi{0.2})
	require.NoError(t, err)
	frozen.Curve.Extents[0], frozen.Curve.Points[0].Phi[0] = 9, 0.3
	require.Equal(t, 8, m.Curve.Extents[0])
	require.Equal(t, pareto.Phi{0.2}, m.Curve.Points[0].Phi)
}

func TestACurveThatLoadWouldRefuseIsNotSaved(t *testing.T) {
	m := model(t, config(sshn.SSHN))
	m.Curve = sshn.Curve{
		Points:     []pareto.Point{{Phi: pareto.Phi{0.2}, Dice: 0.5}},
		Structures: []sshn.Structure{{Label: sshn.Label{Name: "disc"}, Dice: []float64{0.4, 0.5}}},
	}
	path := filepath.Join(t.TempDir(), "m.safetensors")
	require.EqualError(t, m.Save(path), "sshn: save "+path+": curve: 2 Dice of disc for 1 points")
	_, err := m.Freeze(pareto.Phi{0.2})
	require.EqualError(t, err, "sshn: curve: 2 Dice of disc for 1 points")
	_, err = m.Train(t.Context(), discs(2, 8, 8), sshn.Training{Steps: 1, Val: discs(1, 8, 8)})
	require.NoError(t, err, "it is emptied")
	_, err = m.Freeze(pareto.Phi{1.5})
	require.EqualError(t, err, "sshn: freeze: a model of phis up to 1.5, where maps would grow; up to 1 are possible")
	_, err = m.At(pareto.Phi{1.5})
	require.NoError(t, err)
	require.NoFileExists(t, path)
}

// parts returns what a model file says of itself, and its tensors.
func parts(t *testing.T, path string) (text string, entries []safetensors.Entry) {
	f, err := safetensors.Open(path)
	require.NoError(t, err)
	defer f.Close()
	for _, name := range f.Names() {
		x, err := f.Tensor(name)
		require.NoError(t, err)
		entries = append(entries, safetensors.FromTensor(name, x))
	}
	return f.Metadata["sshn"], entries
}

func TestMapsAreBoundedInScaleUnlessAskedOrSavedBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	macs := func(m *sshn.Model) int64 {
		c, err := m.Cost([]int{64, 64}, pareto.Phi{0.1})
		require.NoError(t, err)
		return c.MACs
	}
	cfg := config(sshn.Fixed)
	bounded := model(t, cfg)
	require.Equal(t, 16, bounded.Config().Network.Coarsest)
	cfg.Network.Coarsest = unet.Unbounded
	unbounded := model(t, cfg)
	require.Less(t, macs(unbounded), macs(bounded))
	cfg.Network = unet.Config{In: 1, Out: 2, Widths: []int{1, 1, 1, 1, 1, 1}}
	require.Equal(t, 32, model(t, cfg).Config().Network.Coarsest, "six levels at phi 0.5 are as they are")

	for _, m := range []*sshn.Model{bounded, unbounded} {
		require.NoError(t, m.Save(path))
		again, err := sshn.Load(path)
		require.NoError(t, err)
		require.Equal(t, macs(m), macs(again))
	}
	text, entries := parts(t, path)
	require.Contains(t, text, `"coarsest":-1`)
	text = strings.Replace(text, `,"coarsest":-1`, "", 1)
	require.NoError(t, safetensors.WriteFile(path, map[string]string{"sshn": text}, entries...))
	again, err := sshn.Load(path)
	require.NoError(t, err)
	require.Equal(t, macs(unbounded), macs(again))
}

func TestImagesAreNormedUnlessAskedOrSavedBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	cfg := config(sshn.Fixed)
	normed := model(t, cfg)
	require.Equal(t, unet.InstanceNorm, normed.Config().Network.Norm)
	for _, norm := range unet.Norms {
		cfg.Network.Norm, cfg.Network.Widths = norm, []int{8, 8}
		require.Equal(t, norm, model(t, cfg).Config().Network.Norm)
	}
	for dims, want := range map[int]unet.Norm{1: unet.InstanceNorm, 2: unet.InstanceNorm, 3: unet.NoNorm} {
		cfg = config(sshn.Fixed)
		cfg.Network.Dims = dims
		require.Equal(t, want, model(t, cfg).Config().Network.Norm, "%d axes", dims)
	}

	cfg = config(sshn.Fixed)
	cfg.Network.Norm = unet.NoNorm
	before := model(t, cfg)
	for _, m := range []*sshn.Model{normed, before} {
		require.NoError(t, m.Save(path))
		again, err := sshn.Load(path)
		require.NoError(t, err)
		require.Equal(t, m.Config(), again.Config())
	}
	text, entries := parts(t, path)
	require.Contains(t, text, `,"norm":"none"`)
	text = strings.Replace(text, `,"norm":"none"`, "", 1)
	require.NoError(t, safetensors.WriteFile(path, map[string]string{"sshn": text}, entries...))
	again, err := sshn.Load(path)
	require.NoError(t, err)
	require.Equal(t, before.Config(), again.Config())
}

func TestFilesThatAreNoModelSayWhy(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.safetensors")
	m := model(t, config(sshn.Fixed))
	require.NoError(t, m.Save(path))
	text, entries := parts(t, path)
	for want, text := range map[string]string{
		`the metadata lack "sshn"`:                        "",
		"description: ":                                   text[:len(text)/2],
		`format "sshn model 9"`:                           strings.Replace(text, "sshn model 1", "sshn model 9", 1),
		"parameters, the network that the file describes": strings.Replace(text, "[4,5,6]", "[4,5,4096]", 1),
		`unknown field "strange"`:                         strings.Replace(text, `"method"`, `"strange":1,"method"`, 1),
		"unet: 0 channels in":                             strings.Replace(text, `"in":1`, `"in":0`, 1),
	} {
		require.NoError(t, safetensors.WriteFile(path, map[string]string{"sshn": text}, entries...))
		_, err := sshn.Load(path)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, path)
	}
	require.NoError(t, safetensors.WriteFile(path, map[string]string{"sshn": text}, entries[1:]...))
	_, err := sshn.Load(path)
	require.ErrorContains(t, err, "parameters, the network that the file describes")
	curve := `"curve":{"subjects":1,"extents":[8,8],"points":[],"structures":[{"id":1,"name":"ring","elements":5,"dice":[0.5]}]},`
	text = strings.Replace(text, `"config"`, curve+`"config"`, 1)
	require.NoError(t, safetensors.WriteFile(path, map[string]string{"sshn": text}, entries...))
	_, err = sshn.Load(path)
	require.ErrorContains(t, err, "curve: 1 Dice of ring for 0 points")
	text = strings.Replace(text, `"points":[]`, `"points":[{"phi":[0.5],"dice":0.5,"macs":1}]`, 1)
	text = strings.Replace(text, `"dice":[0.5]`, `"dice":[]`, 1)
	require.NoError(t, safetensors.WriteFile(path, map[string]string{"sshn": text}, entries...))
	_, err = sshn.Load(path)
	require.ErrorContains(t, err, "curve: 0 Dice of ring for 1 points")
	require.NoError(t, os.WriteFile(path, []byte("not a model"), 0o600))
	_, err = sshn.Load(path)
	require.ErrorContains(t, err, "sshn: load: not a model that Save wrote: "+path+": ")
	for name, want := range map[string]string{
		"scan.nii.gz": "this is a gzipped file, such as a scan, not a model that Save wrote",
		"scan.nii":    "this is a scan, not a model that Save wrote",
	} {
		scan := filepath.Join(dir, name)
		x := tensor.New(3, 4, 5)
		require.NoError(t, nifti.WriteImageFile(scan, nifti.NewHeader(x.Shape, [4][4]float64{{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}}), x))
		_, err = sshn.Load(scan)
		require.EqualError(t, err, "sshn: load "+scan+": "+want)
	}
	_, err = model(t, config(sshn.Fixed)).Train(t.Context(), discs(1, 4, 4), sshn.Training{Steps: 1, Dir: dir})
	require.NoError(t, err)
	_, err = sshn.Load(filepath.Join(dir, "last.safetensors"))
	require.ErrorContains(t, err, "last.safetensors: a checkpoint of a training, not a model that Save wrote")
	_, err = sshn.Load(filepath.Join(dir, "absent"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAPhiForEachLevelOrAxis(t *testing.T) {
	for kind, phi := range map[sshn.PhiKind]pareto.Phi{sshn.PerLevel: {0.5, 0.2}, sshn.PerAxis: {0.3, 0.5}} {
		cfg := config(sshn.SSHN)
		cfg.Phi = kind
		m := model(t, cfg)
		_, err := m.Train(context.Background(), discs(2, 9, 8), sshn.Training{Steps: 2, Batch: 1})
		require.NoError(t, err)
		require.Equal(t, tensor.NewShape(9, 8), classes(t, m, phi, discs(1, 9, 8)[0].Image).Shape)
	}
}

// The README's example is the one that runs.
func TestTheReadmeShowsTheExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	_, body, found := strings.Cut(string(source), "func Example() {\n")
	require.True(t, found)
	body, _, found = strings.Cut(body, "\tfolder, err := ")
	require.True(t, found)
	require.Contains(t, string(readme), strings.ReplaceAll(strings.TrimPrefix(body, "\t"), "\n\t", "\n"))
}
