package train

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sshn-go/sshn/autograd"
	"github.com/sshn-go/sshn/nn"
	"github.com/sshn-go/sshn/nn/optim"
	"github.com/sshn-go/sshn/tensor"
)

// A regression is the fit of y = 3a - 2b + 1 to noisy points, which are drawn
// anew for each step. The score is the negative distance from the truth.
type regression struct {
	weight, bias nn.Param
	params       *nn.Params
	points       int
}

func newRegression() *regression {
	l := nn.NewLayout()
	b := l.Builder(1)
	r := &regression{weight: b.Param("weight", nn.Zeros, 2, 1), bias: b.Param("bias", nn.Zeros, 1), points: 16}
	r.params = l.Init(1)
	return r
}

func (r *regression) draw(step, part, n int) (x, y tensor.Tensor) {
	x, y = tensor.New(n, 2), tensor.New(n, 1)
	for i := range n {
		rng := nn.Stream(9, "points", uint64(step), uint64(part*n+i))
		a, b := rng.NormFloat64(), rng.NormFloat64()
		x.Data[2*i], x.Data[2*i+1] = float32(a), float32(b)
		y.Data[i] = float32(3*a - 2*b + 1 + 0.1*rng.NormFloat64())
	}
	return x, y
}

func (r *regression) objective(t *autograd.Tape, at Moment) (autograd.Value, string, error) {
	x, y := r.draw(at.Step, at.Part, r.points)
	return r.loss(t, x, y), fmt.Sprintf("phi %.2f", float64(at.Step)/100), nil
}

func (r *regression) loss(t *autograd.Tape, x, y tensor.Tensor) autograd.Value {
	omega := r.params.Leaf(t)
	w, b := omega.View(r.weight.Offset, r.weight.Shape), omega.View(r.bias.Offset, r.bias.Shape)
	d := autograd.Sub(autograd.Linear(t.Const(x), w, b), t.Const(y))
	return autograd.Mean(autograd.Mul(d, d))
}

func (r *regression) score(context.Context) (float64, error) {
	distance := 0.0
	for i, truth := range []float64{3, -2, 1} {
		distance += (float64(r.params.Data[i]) - truth) * (float64(r.params.Data[i]) - truth)
	}
	return -distance, nil
}

// loop has momentum, a schedule and a score, all of which a checkpoint must
// hold or hold out.
func (r *regression) loop() *Loop {
	return &Loop{
		Params:    r.params,
		Optimiser: optim.NewAdam(len(r.params.Data), optim.AdamConfig{}),
		Schedule:  optim.Cosine(0.2, 0.01, 60),
		Objective: r.objective,
		Validate:  r.score,
	}
}

// entries reads a log whose every line must be JSON. Seconds, which no two
// runs share, are left out.
func entries(t *testing.T, dir string) []entry {
	text, err := os.ReadFile(filepath.Join(dir, logFile))
	require.NoError(t, err)
	var all []entry
	for line := range strings.Lines(string(text)) {
		require.True(t, strings.HasSuffix(line, "\n"), "%q", line)
		var e entry
		require.NoError(t, json.Unmarshal([]byte(line), &e), "%q", line)
		e.Seconds = 0
		all = append(all, e)
	}
	return all
}

func read(t *testing.T, dir, name string) []byte {
	b, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return b
}
