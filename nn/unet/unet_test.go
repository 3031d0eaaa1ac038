package unet_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/unet"
	"github.com/sshn-go/sshn/rescale"
	"github.com/sshn-go/sshn/tensor"
)

func forward(t *testing.T, cfg unet.Config, f nn.Factors, dims ...int) tensor.Shape {
	t.Helper()
	layout := nn.NewLayout()
	net := unet.New(layout.Builder(max(cfg.Dims, 2)), cfg)
	tape := autograd.NewTape()
	pass := &nn.Pass{Theta: layout.Init(1).Const(tape), Condition: []float64{0.2}, Factors: f}
	y := net.Forward(pass, tape.Const(tensor.New(dims...)))
	for _, x := range y.Tensor().Data {
		require.Zero(t, x-x, "a logit is not finite")
	}
	return y.Shape()
}

func TestAnyExtentsAtAnyPhi(t *testing.T) {
	for _, phi := range []float64{0.01, 0.1, 0.37, 0.5, 1, 1.3} {
		for _, n := range []int{1, 2, 3, 7, 37} {
			cfg := unet.Config{In: 2, Out: 3, Widths: []int{4, 5, 6}}
			require.Equal(t, tensor.NewShape(2, n, 11, 3), forward(t, cfg, nn.Uniform(phi), 2, n, 11, 2))
		}
		cfg := unet.Config{Dims: 3, In: 1, Out: 2, Widths: []int{3, 3}}
		require.Equal(t, tensor.NewShape(1, 1, 5, 7, 2), forward(t, cfg, nn.Uniform(phi), 1, 1, 5, 7, 1))
	}
}

func TestEveryChoiceRuns(t *testing.T) {
	for _, norm := range []unet.Norm{"", unet.NoNorm, unet.InstanceNorm, unet.GroupNorm} {
		for _, activation := range []unet.Activation{unet.LeakyReLU, unet.ReLU, unet.GELU, unet.SiLU} {
			for _, film := range []*unet.FiLM{nil, {}} {
				cfg := unet.Config{In: 1, Out: 2, Widths: []int{8, 16}, Convs: 2, Norm: norm, Activation: activation, FiLM: film, Antialias: film != nil}
				forward(t, cfg, nn.PerAxis(0.3, 0.6), 1, 9, 8, 1)
			}
		}
	}
	forward(t, unet.Config{In: 1, Out: 2, Widths: []int{4, 4, 4}}, nn.PerLevel(0.5, 0.2), 1, 9, 8, 1)
}

func TestTheChosenActivationAndNormAreRecorded(t *testing.T) {
	count := func(cfg unet.Config) map[string]int {
		layout := nn.NewLayout()
		net := unet.New(layout.Builder(2), cfg)
		tape := autograd.NewTape()
		net.Forward(&nn.Pass{Theta: layout.Init(1).Const(tape)}, tape.Const(tensor.New(1, 8, 8, 1)))
		kinds := map[string]int{}
		for _, r := range tape.Records() {
			kinds[r.Kind]++
		}
		return kinds
	}
	const stages = 2 + 1 // of two levels, with two convolutions each, then the head
	for activation, kind := range map[unet.Activation]string{
		unet.LeakyReLU: "leakyrelu", unet.ReLU: "relu", unet.GELU: "gelu", unet.SiLU: "silu",
	} {
		kinds := count(unet.Config{In: 1, Out: 2, Widths: []int{8, 8}, Convs: 2, Activation: activation})
		require.Equal(t, 2*stages, kinds[kind], kind)
		require.Equal(t, 2*stages+1, kinds["conv"])
		require.Zero(t, kinds["instancenorm"]+kinds["groupnorm"])
	}
	for norm, kind := range map[unet.Norm]string{unet.InstanceNorm: "instancenorm", unet.GroupNorm: "groupnorm"} {
		require.Equal(t, stages, count(unet.Config{In: 1, Out: 2, Widths: []int{8, 8}, Norm: norm})[kind], kind)
	}
}

// Levels of 160 x 192 at phi 0.1 and at 0.5, by hand.
func TestFeatureMapSizes(t *testing.T) {
	paper := unet.Config{}
	require.Equal(t, "[[16 20] [2 2] [1 1] [1 1]]", paper.Key([]int{160, 192}, nn.Uniform(0.1)))
	require.Equal(t, "[[80 96] [40 48] [20 24] [10 12]]", paper.Key([]int{160, 192}, nn.Uniform(0.5)))
	three := unet.Config{Widths: []int{8, 8, 8}}
	require.Equal(t, "[[80 20] [40 2]]", three.Key([]int{160, 192}, nn.PerAxis(0.5, 0.1)))
}

// Of a slab of ten slices the coarsest level keeps four of them at every phi,
// and one of three keeps those; without Least nothing is left.
func TestShortAxesKeepTheirLeast(t *testing.T) {
	slab, thin := []int{10, 192, 160}, []int{3, 64, 64}
	least := unet.Config{Dims: 3, Least: 4}
	require.Equal(t, "[[5 96 80] [4 48 40] [4 24 20] [4 12 10]]", least.Key(slab, nn.Uniform(0.5)))
	require.Equal(t, "[[4 48 40] [4 12 10] [4 4 4] [4 4 4]]", least.Key(slab, nn.Uniform(0.25)))
	require.Equal(t, "[[3 16 16] [3 4 4] [3 4 4] [3 4 4]]", least.Key(thin, nn.Uniform(0.25)))
	require.Equal(t, "[[3 48 40] [1 12 10] [1 3 3] [1 1 1]]", unet.Config{Dims: 3}.Key(slab, nn.Uniform(0.25)))
	for _, f := range []nn.Factors{nn.Uniform(0.01), nn.PerAxis(0.02, 0.5, 0.1), nn.PerLevel(0.1, 0.5, 0.3, 0.2)} {
		require.Equal(t, 4, least.Sizes(slab, f)[3][0], "%v", f)
	}

	// The network is the one that Sizes tells of.
	layout := nn.NewLayout()
	net := unet.New(layout.Builder(3), unet.Config{Dims: 3, In: 1, Out: 2, Widths: []int{2, 2, 2}, Least: 4})
	tape := autograd.NewTape()
	tape.NoGrad(func() {
		net.Forward(&nn.Pass{Theta: layout.Init(1).Const(tape), Factors: nn.Uniform(0.25)}, tape.Const(tensor.New(1, 6, 32, 24, 1)))
	})
	var maps []string
	for _, r := range tape.Records() {
		if _, ok := r.Op.(rescale.Op); ok {
			maps = append(maps, fmt.Sprint(r.Shape.Spatial()))
		}
	}
	require.Equal(t, []string{"[4 8 6]", "[4 4 4]", "[4 8 6]", "[6 32 24]"}, maps)
}

// A patch and the whole volume have the same scales at every level and phi where
// the coarsest is given, and at phi 0.5 they are those of the paper.
func TestPatchesAndWholesAreSeenAtTheSameScale(t *testing.T) {
	c := unet.Config{Dims: 3, Coarsest: 16}
	patch, whole := []int{80, 80, 80}, []int{240, 160, 320}
	for _, phi := range []float64{.5, .4, .2, .1, .05, .01} {
		small, large := c.Sizes(patch, nn.Uniform(phi)), c.Sizes(whole, nn.Uniform(phi))
		for level := range small {
			for axis, n := range whole {
				ratio := float64(large[level][axis]) / float64(small[level][axis]) // of n / 80, but for elements that are rounded up
				require.InDelta(t, float64(n)/80, ratio, float64(n)/80/float64(small[level][axis]), "phi %v, level %d", phi, level)
			}
		}
	}
	require.Equal(t, unet.Config{Dims: 3}.Key(whole, nn.Uniform(.5)), c.Key(whole, nn.Uniform(.5)))
	require.Equal(t, "[[8 8 8] [5 5 5] [5 5 5] [5 5 5]]", c.Key(patch, nn.Uniform(.1)))
	c.Least = 4
	require.Equal(t, "[[4 20 16] [4 12 10] [4 12 10] [4 12 10]]", c.Key([]int{10, 192, 160}, nn.Uniform(.1)))
}

// The MACs of the paper's network for a slice, by hand: a 3x3 convolution takes
// 9 Cin Cout for each place.
func TestCostIsKnownBeforeAnyWork(t *testing.T) {
	layout := nn.NewLayout()
	net := unet.New(layout.Builder(2), unet.Config{In: 1, Out: 5})
	tape := autograd.NewTape()
	x := tape.Const(tensor.New(1, 160, 192, 1))
	pass := &nn.Pass{Theta: layout.Init(1).Const(tape), Factors: nn.Uniform(0.5)}
	tape.NoGrad(func() { net.Forward(pass, x) })
	var resizing int64
	for _, r := range tape.Records() {
		if r.Kind != "conv" {
			resizing += r.Cost.MACs
		}
	}
	places := []int64{160 * 192, 80 * 96, 40 * 48, 20 * 24, 10 * 12}
	want := 9*1*32*places[0] + 32*5*places[0]
	for i, n := range places {
		if i > 0 {
			want += 9 * 32 * 32 * n
		}
		if i < 4 {
			want += 9 * 64 * 32 * n
		}
	}
	require.Equal(t, want, tape.Cost().MACs-resizing)
	require.Less(t, resizing, want/50)
}

// The head sees elements one by one, so a volume's features may be handed to it in
// parts.
func TestPartsOfTheFeaturesGiveThatPartOfTheLogits(t *testing.T) {
	layout := nn.NewLayout()
	net := unet.New(layout.Builder(3), unet.Config{Dims: 3, In: 1, Out: 5, Widths: []int{4, 6}})
	tape := autograd.NewTape()
	pass := func(tape *autograd.Tape) *nn.Pass {
		return &nn.Pass{Theta: layout.Init(1).Const(tape), Factors: nn.Uniform(0.4)}
	}
	x := tensor.New(1, 7, 6, 5, 1)
	rng := nn.Stream(1, "image")
	for i := range x.Data {
		x.Data[i] = rng.Float32()
	}
	image := tape.Const(x)
	features := net.Features(pass(tape), image).Keep()
	want := net.Forward(pass(tape), image).Tensor()
	planes := features.Tensor().Reshape(7, 6, 5, 4)
	for first := range 7 {
		head := autograd.NewTape()
		part := net.Head(pass(head), head.Const(planes.Range(first, first+1).Reshape(1, 1, 6, 5, 4)))
		require.Equal(t, want.Reshape(7, 6, 5, 5).Range(first, first+1).Data, part.Tensor().Data)
	}
}

func TestConfigsThatMakeNoNetworkSayWhy(t *testing.T) {
	for text, cfg := range map[string]unet.Config{
		"unet: 4 spatial axes; 1, 2 or 3 are possible":                                                      {Dims: 4, In: 1, Out: 2},
		"unet: 0 channels in and 2 classes out; 1 to 4096 are possible":                                     {Out: 2},
		"unet: 17 convolutions per level; 1 to 16 are possible":                                             {In: 1, Out: 2, Convs: 17},
		"unet: widths [4 0]; up to 16 levels of 1 to 4096 channels are possible":                            {In: 1, Out: 2, Widths: []int{4, 0}},
		`unet: norm "batch" is unknown; there are ["none" "instance" "group"]`:                              {In: 1, Out: 2, Norm: "batch"},
		`unet: activation "relu6" is unknown; there are "relu", "gelu", "silu" and that of none, LeakyReLU`: {In: 1, Out: 2, Activation: "relu6"},
		"unet: dropout 1 is not a share in [0, 1)":                                                          {In: 1, Out: 2, Dropout: 1},
		"unet: widths [12] do not divide into 8 groups":                                                     {In: 1, Out: 2, Widths: []int{12}, Norm: unet.GroupNorm},
	} {
		require.EqualError(t, cfg.Check(), text)
		require.PanicsWithError(t, text, func() { unet.New(nn.NewLayout().Builder(2), cfg) })
	}
}

func TestImagesOfAnotherKindAreRefused(t *testing.T) {
	layout := nn.NewLayout()
	net := unet.New(layout.Builder(2), unet.Config{In: 1, Out: 2, Widths: []int{4, 4}})
	for _, image := range []tensor.Tensor{tensor.New(1, 4, 5, 6, 1), tensor.New(4, 5, 1), tensor.New(1, 4, 5, 2), tensor.New(1, 4, 0, 1)} {
		tape := autograd.NewTape()
		pass := &nn.Pass{Theta: layout.Init(1).Const(tape), Factors: nn.PerAxis(0.5, 0.5)}
		want := fmt.Sprintf("u-net of %v: takes images of 2 spatial axes, none of them empty, and 1 channels", image.Shape)
		require.PanicsWithError(t, want, func() { net.Forward(pass, tape.Const(image)) })
	}
}

func Example() {
	layout := nn.NewLayout()
	net := unet.New(layout.Builder(2), unet.Config{In: 1, Out: 25})
	fmt.Println(layout.Len(), "parameters")
	for _, phi := range []float64{0.1, 0.25, 0.5} {
		tape := autograd.NewTape()
		pass := &nn.Pass{Theta: layout.Init(1).Const(tape), Factors: nn.Uniform(phi)}
		tape.NoGrad(func() { net.Forward(pass, tape.Const(tensor.New(1, 192, 160, 1))) })
		fmt.Printf("phi %.2f: %d M MACs\n", phi, tape.Cost().MACs/1e6) // nothing has run
	}
	// Output:
	// 111993 parameters
	// phi 0.10: 610 M MACs
	// phi 0.25: 659 M MACs
	// phi 0.50: 884 M MACs
}
