package sshn_test

import (
	"context"
	"math"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn"
	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/hyper"
	"github.com/sshn-go/sshn/nn/data"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/pareto"
	"github.com/sshn-go/sshn/tensor"
	"github.com/sshn-go/sshn/tensor/volume"
)

func TestATrainingLeavesNoGoroutineBehind(t *testing.T) {
	_, err := model(t, config(sshn.SSHN)).Train(t.Context(), discs(4, 8, 8), sshn.Training{Steps: 2, Workers: 2})
	require.NoError(t, err)
	stacks := make([]byte, 1<<20)
	require.NotContains(t, string(stacks[:runtime.Stack(stacks, true)]), "data.(*Loader)")
}

func TestAFrozenModelIsTrainedForItsPhi(t *testing.T) {
	frozen, err := model(t, config(sshn.SSHN)).Freeze(pareto.Phi{0.2})
	require.NoError(t, err)
	fixed := config(sshn.Fixed)
	fixed.At = pareto.Phi{0.2}
	for name, m := range map[string]*sshn.Model{"frozen": frozen, "fixed": model(t, fixed)} {
		_, err := m.Train(t.Context(), discs(4, 8, 8), sshn.Training{Steps: 2, Every: 1, Val: discs(1, 8, 8)})
		require.NoError(t, err, name)
	}
	for _, phis := range trainedAt(t, fixed, sshn.Training{Steps: 2}) {
		require.Equal(t, []float64{0.2}, phis)
	}
}

func TestTrainingsThatCannotBeSayWhy(t *testing.T) {
	val := discs(1, 8, 8)
	wrong := discs(2, 8, 8)
	wrong[1].Labels.Data[3] = 5
	endless := discs(2, 8, 8)
	endless[1].Image.Data[3] = float32(math.NaN())
	for want, training := range map[string]sshn.Training{
		"no end: give Steps or Limit, or Patience with Val":                                  {Patience: 1},
		"Steps -1, Limit 1s, Every 0, Patience 0: none may be negative":                      {Steps: -1, Limit: time.Second},
		"Batch -3, Parts 0, Workers 0: none may be negative":                                 {Steps: 1, Batch: -3},
		"Batch 0, Parts -2, Workers 0: none may be negative":                                 {Steps: 1, Parts: -2},
		"Rate 0, HeadRate -1, Clip 0: none may be negative or without an end":                {Steps: 1, HeadRate: -1},
		"Rate NaN, HeadRate 0, Clip 0: none may be negative or without an end":               {Steps: 1, Rate: math.NaN()},
		"no samples to validate on":                                                          {Steps: 1, Val: data.Samples{}},
		"validation: subject b: element 3 has the label 5, the model has the classes 0 to 2": {Steps: 1, Val: wrong},
		"validation: subject b: 1 of 64 intensities are not finite":                          {Steps: 1, Val: endless},
		"Widen NaN: a share of at most 1 is possible":                                        {Steps: 1, Widen: math.NaN()},
	} {
		_, err := model(t, config(sshn.SSHN)).Train(t.Context(), discs(2, 8, 8), training)
		require.EqualError(t, err, "sshn: train: "+want)
	}
	_, err := model(t, config(sshn.SSHN)).Train(t.Context(), discs(2, 8, 8), sshn.Training{Patience: 1, Every: 1, Val: val})
	require.NoError(t, err)
	_, err = model(t, config(sshn.SSHN)).Train(t.Context(), nil, sshn.Training{Steps: 1})
	require.EqualError(t, err, "sshn: train: no data to train on")
	larger, apart := discs(2, 8, 8), discs(2, 8, 8)
	larger[1] = discs(2, 9, 8)[1]
	apart[1].Back = volume.Move{From: volume.Grid{Shape: tensor.NewShape(8, 8)}, To: volume.Grid{Shape: tensor.NewShape(8, 8)}}
	for want, d := range map[string]data.Samples{
		"no samples to train on": nil,
		"subjects a and b: images of [8 8 1] and [9 8 1] to train on; batches of 2 take equal shapes":   larger,
		"subject b: labels on another grid than the image, which can be measured on but not trained on": apart,
	} {
		dir := t.TempDir()
		training := sshn.Training{Steps: 1, Batch: 2, Dir: dir}
		_, err := model(t, config(sshn.SSHN)).Train(t.Context(), discs(2, 8, 8), training)
		require.NoError(t, err)
		_, err = model(t, config(sshn.SSHN)).Train(t.Context(), d, training)
		require.EqualError(t, err, "sshn: train: "+want)
		require.FileExists(t, filepath.Join(dir, "last.safetensors"), "what was there stays")
		training.Batch = 1
		_, err = model(t, config(sshn.SSHN)).Train(t.Context(), larger, training)
		require.NoError(t, err)
		training.Batch, training.Patch = 2, data.Patch{Extents: []int{8, 8}}
		_, err = model(t, config(sshn.SSHN)).Train(t.Context(), larger, training)
		require.NoError(t, err)
	}
}

func TestWhatAnAugmentationPanicsWithCanBeMet(t *testing.T) {
	err := autograd.Try(func() {
		model(t, config(sshn.SSHN)).Train(t.Context(), discs(2, 8, 8), sshn.Training{Steps: 1, Augment: data.Augment{Flip: 1, FlipAxis: 2}})
	})
	require.ErrorContains(t, err, "no spatial axis 2 to flip")
}

func TestResumedWithoutValidationTheLastWeightsAreKept(t *testing.T) {
	training := sshn.Training{Steps: 2, Every: 2, Batch: 1, Dir: t.TempDir(), Resume: true, Val: discs(1, 8, 8)}
	first := model(t, config(sshn.SSHN))
	_, err := first.Train(t.Context(), discs(2, 8, 8), training)
	require.NoError(t, err)
	training.Steps, training.Val = 4, nil
	m := model(t, config(sshn.SSHN))
	_, err = m.Train(t.Context(), discs(2, 8, 8), training)
	require.NoError(t, err)
	require.NotEqual(t, first.Source().Params().Data, m.Source().Params().Data)
}

func TestOnePhiWithANormHasABatchAndARateOfItsOwn(t *testing.T) {
	with, without := sshn.Training{Batch: 4, Rate: 4e-3}, sshn.Training{Batch: 8, Rate: 2e-3}
	for _, c := range []struct {
		prior hyper.Prior
		norm  unet.Norm
		same  sshn.Training
	}{
		{hyper.Point(0.5), "", with}, {hyper.Point(0.5), unet.GroupNorm, with}, {hyper.Point(0.5), unet.NoNorm, without},
		{hyper.Uniform(0, 0.5), "", without}, {hyper.Uniform(0, 0.5), unet.NoNorm, without},
	} {
		same := c.same
		cfg := config(sshn.SSHN)
		cfg.Prior, cfg.Network.Norm, cfg.Network.Groups = c.prior, c.norm, 1
		dir := t.TempDir()
		run := func(training sshn.Training) error {
			training.Steps, training.Parts, training.Dir, training.Resume = 1, 1, dir, true
			_, err := model(t, cfg).Train(t.Context(), discs(4, 8, 8), training)
			return err
		}
		require.NoError(t, run(sshn.Training{}))
		require.NoError(t, run(same), "the same run, %v, norm %q", c.prior, c.norm)
		require.ErrorContains(t, run(sshn.Training{Batch: same.Batch + 1}), "is of another run: batch was")
		require.ErrorContains(t, run(sshn.Training{Rate: 3e-3}), "is of another run: rate was")
	}
}

func TestATrainingThatDoesNotBeginKeepsTheCurve(t *testing.T) {
	training := sshn.Training{Steps: 1, Batch: 1, Dir: t.TempDir(), Resume: true}
	m := model(t, config(sshn.SSHN))
	_, err := m.Train(t.Context(), discs(2, 8, 8), training)
	require.NoError(t, err)
	m.Curve.Split = "val"
	training.Clip = 1
	_, err = m.Train(t.Context(), discs(2, 8, 8), training)
	require.ErrorContains(t, err, "is of another run")
	require.Equal(t, "val", m.Curve.Split)
	training.Clip = 0
	_, err = m.Train(t.Context(), discs(2, 8, 8), training) // which is at its end, and takes up its weights
	require.NoError(t, err)
	require.Zero(t, m.Curve)
}

func TestAnEmptyListIsNotTheDefaultInAFile(t *testing.T) {
	cfg := config(sshn.SSHN)
	for _, cfg.Hyper = range []hyper.Config{{Hidden: []int{}}, {Varies: []string{}}, {}} {
		path := t.TempDir() + "/m.safetensors"
		require.NoError(t, model(t, cfg).Save(path))
		m, err := sshn.Load(path)
		require.NoError(t, err)
		require.Equal(t, model(t, cfg).Config(), m.Config())
	}
}

func TestConfigsOfHostileFilesAreErrors(t *testing.T) {
	for want, change := range map[string]func(*sshn.Config){
		"FiLM of 0 numbers by hidden widths [-1]":                  func(c *sshn.Config) { c.Network.FiLM = &unet.FiLM{Hidden: []int{-1}} },
		"-1 spatial axes":                                          func(c *sshn.Config) { c.Network.Dims, c.Phi, c.Method = -1, sshn.PerAxis, sshn.Fixed },
		"1 channels in and 1000000000 classes out":                 func(c *sshn.Config) { c.Network.Out, c.Labels = 1e9, nil },
		"1073741824 channels in":                                   func(c *sshn.Config) { c.Network.In = 1 << 30 },
		`labels "a" and "b" have the same id 7`:                    func(c *sshn.Config) { c.Labels = []sshn.Label{{}, {ID: 7, Name: "a"}, {ID: 7, Name: "b"}} },
		`label "a" has the colour "red"; #rrggbb is expected`:      func(c *sshn.Config) { c.Labels = []sshn.Label{{}, {ID: 7, Name: "a", Colour: "red"}, {ID: 8}} },
		"1 classes; the background and a structure":                func(c *sshn.Config) { c.Network.Out = 1 },
		"phi 0.1/0.2 has 2 numbers, the model takes 1":             func(c *sshn.Config) { c.At = pareto.Phi{0.1, 0.2} },
		`prior "" is unknown`:                                      func(c *sshn.Config) { c.Prior = hyper.Prior{Lo: 0.1, Hi: 0.4} },
		`no parameter of the network is of the pattern "decodr.*"`: func(c *sshn.Config) { c.Hyper.Varies = []string{"decodr.*"} },
		"phi 17 is not a factor in (0, 2]":                         func(c *sshn.Config) { c.At = pareto.Phi{17} },
		"phis up to 1.5, where maps would grow; up to 1 are":       func(c *sshn.Config) { c.At = pareto.Phi{1.5} },
		"phis up to 16, where maps would grow; up to 1 are":        func(c *sshn.Config) { c.Prior = hyper.Uniform(0, 16) },
		"200001 hidden layers":                                     func(c *sshn.Config) { c.Hyper.Hidden = make([]int, 200001) },
		"50000 patterns of varying parameters":                     func(c *sshn.Config) { c.Hyper.Varies = make([]string, 50000) },
		"FiLM of 65 hidden layers":                                 func(c *sshn.Config) { c.Network.FiLM = &unet.FiLM{Hidden: make([]int, 65)} },
		`label 1 has the name "\xff", which is not UTF-8`:          func(c *sshn.Config) { c.Labels = []sshn.Label{{}, {ID: 1, Name: "\xff"}, {ID: 2}} },
	} {
		cfg := config(sshn.SSHN)
		change(&cfg)
		_, err := sshn.New(cfg)
		require.ErrorContains(t, err, want)
	}
	// FiLM in the network of another method is modulated by the same phi.
	cfg := config(sshn.SSHN)
	cfg.Phi, cfg.Network.FiLM = sshn.PerLevel, &unet.FiLM{}
	p, err := model(t, cfg).At(pareto.Phi{0.3, 0.4})
	require.NoError(t, err)
	_, err = p.Classes(discs(1, 8, 8)[0].Image)
	require.NoError(t, err)
}

func TestMeasuringTellsHowManyPointsThereAre(t *testing.T) {
	var of []int
	m := model(t, config(sshn.SSHN))
	curve, err := m.Measure(t.Context(), discs(1, 8, 8), []pareto.Phi{{0.499}, {0.5}, {0.1}}, func(done, all int) { of = append(of, done, all) })
	require.NoError(t, err)
	require.Equal(t, []int{1, 2, 2, 2}, of)
	require.Equal(t, pareto.Phi{0.5}, curve.Points[0].Phi)

	ctx := &countdown{Context: t.Context(), left: 3} // ends while one image is timed again and again
	_, err = m.Measure(ctx, discs(1, 8, 8), []pareto.Phi{{0.5}}, nil)
	require.ErrorIs(t, err, context.Canceled)
	_, err = m.Measure(t.Context(), discs(1, 8, 8), nil, nil)
	require.EqualError(t, err, "sshn: measure: no phis")
	_, err = m.At(nil)
	require.EqualError(t, err, "sshn: no phi is given")
	_, err = m.Cost([]int{0, 8}, pareto.Phi{0.5})
	require.EqualError(t, err, "sshn: cost of an image of extents [0 8]; the model takes 2 of 1 to 16777216")
}
