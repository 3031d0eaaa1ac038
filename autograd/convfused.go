package autograd

import (
	"unsafe"

	"github.com/sshn-go/sshn/internal/kernel"
	"github.com/sshn-go/sshn/internal/parallel"
	"github.com/sshn-go/sshn/tensor"
)

// fusedConv is a convolution that does in its own passes what stands before and
// after it. Its x may be several maps side by side over channels, some of them
// resampled, which is never made whole; y may pass a rectifier before it is
// written:
//
//	sources [N, ..., C_i]..., w, b -> y
type fusedConv struct {
	conv
	sources []resampler // nil: as it is
	slope   float32     // of the rectifier; 1: none
}

// resampler is an operation that is a linear map of each spatial axis.
type resampler interface {
	Op
	Resampling(x tensor.Shape) (forward, adjoint kernel.Resampling)
}

// FuseOutput implements [OutputFuser].
func (o conv) FuseOutput(next Op) (Op, bool) {
	return fusedConv{conv: o, sources: make([]resampler, 1), slope: 1}.FuseOutput(next)
}

// FuseInput implements [InputFuser].
func (o conv) FuseInput(i int, producer Op, from []tensor.Shape) (Op, bool) {
	return fusedConv{conv: o, sources: make([]resampler, 1), slope: 1}.FuseInput(i, producer, from)
}

// FuseOutput implements [OutputFuser].
func (o fusedConv) FuseOutput(next Op) (Op, bool) {
	slope, ok := rectified(o.slope, next)
	o.slope = slope
	return o, ok
}

// FuseInput implements [InputFuser]. Maps that are enlarged are made on the way;
// one that is reduced is small and read by more than one output, so it is
// better made once.
func (o fusedConv) FuseInput(i int, producer Op, from []tensor.Shape) (Op, bool) {
	if i >= len(o.sources) || o.sources[i] != nil || o.Groups > 1 || o.slope != 1 {
		return nil, false
	}
	var parts []resampler
	if j, ok := producer.(Joiner); ok && j.Joins(from) {
		parts = make([]resampler, len(from))
	} else if r, ok := producer.(resampler); ok && r.Shape(from).Len() >= from[0].Len() {
		parts = []resampler{r}
	} else {
		return nil, false
	}
	sources := append(append([]resampler{}, o.sources[:i]...), parts...)
	o.sources = append(sources, o.sources[i+1:]...)
	return o, true
}

// unfused returns the shapes of x, w and b, for those of the inputs.
func (o fusedConv) unfused(in []tensor.Shape) []tensor.Shape {
	n := len(o.sources)
	x, channels := in[0], 0
	for i, r := range o.sources {
		s := in[i]
		if r != nil {
			s = r.Shape(in[i : i+1])
		}
		x, channels = s, channels+s.Channels()
	}
	return append([]tensor.Shape{x.With(-1, channels)}, in[n:]...)
}

func (o fusedConv) Shape(in []tensor.Shape) tensor.Shape { return o.conv.Shape(o.unfused(in)) }
func (o fusedConv) Needs(i int) bool                     { return i <= len(o.sources) }
func (o fusedConv) NeedsOutput() bool                    { return o.slope != 1 }

func (o fusedConv) Cost(in []tensor.Shape) Cost {
	g := o.geometry(o.unfused(in))
	return Cost{MACs: g.MACs(), Bytes: g.Scratch(o.sizes(in))}
}

func (o fusedConv) backwardBytes(in []tensor.Shape) int64 {
	g := o.geometry(o.unfused(in))
	return g.GradScratch(o.sizes(in))
}

// sizes are inputs without data.
func (o fusedConv) sizes(in []tensor.Shape) []kernel.Input {
	x := make([]kernel.Input, len(o.sources))
	for i, r := range o.sources {
		x[i] = kernel.Input{C: in[i].Channels()}
		if r != nil {
			forward, _ := r.Resampling(in[i])
			x[i].From = &forward
		}
	}
	return x
}

// Working implements [Working]: the gradients by the maps that are resampled.
func (o fusedConv) Working(in []tensor.Shape) int {
	n := 0
	for i, r := range o.sources {
		if r != nil {
			n += r.Shape(in[i : i+1]).Len()
		}
	}
	return n
}

func (o fusedConv) Forward(out tensor.Tensor, in []tensor.Tensor) {
	g := o.geometry(o.unfused(shapes(in)))
	if g.N == 0 {
		return
	}
	n := len(o.sources)
	g.Forward(out.Data, o.inputs(in), in[n].Data, optional(in, n+1), o.slope)
}

func (o fusedConv) inputs(in []tensor.Tensor) []kernel.Input {
	x := o.sizes(shapes(in))
	for i := range x {
		x[i].X = in[i].Data
	}
	return x
}

func (o fusedConv) Backward(gin []tensor.Tensor, gout, out tensor.Tensor, in []tensor.Tensor) {
	work := parallel.Scratch(o.Working(shapes(in)))
	defer parallel.Release(work)
	o.BackwardAssign(gin, make([]bool, len(gin)), gout, out, in, work)
}

// spoils implements [spoiler]: a rectifier's gradient is made in place.
func (o fusedConv) spoils() bool { return o.slope != 1 }

// BackwardAssign implements [Assigner].
func (o fusedConv) BackwardAssign(gin []tensor.Tensor, fresh []bool, gout, out tensor.Tensor, in []tensor.Tensor, work []float32) {
	g := o.geometry(o.unfused(shapes(in)))
	if g.N == 0 {
		for i := range gin {
			if fresh[i] {
				clear(gin[i].Data)
			}
		}
		return
	}
	n := len(o.sources)
	gb := optional(gin, n+1)
	if gb != nil && fresh[n+1] {
		clear(gb)
	}
	switch {
	case o.slope != 1:
		kernel.Rectify(gout.Data, out.Data, o.slope, gb)
	case gb != nil:
		kernel.Rectify(gout.Data, nil, 1, gb)
	}
	o.inputGrads(&g, gin[:n], fresh, gout, in, work)
	if gw := gin[n].Data; gw != nil {
		g.WeightGrad(gw, o.inputs(in), gout.Data, !fresh[n])
	}
}

func (o fusedConv) inputGrads(g *kernel.Conv, gin []tensor.Tensor, fresh []bool, gout tensor.Tensor, in []tensor.Tensor, work []float32) {
	w := in[len(o.sources)].Data
	parts := make([]kernel.Grad, len(gin))
	apart, wanted := true, false
	for i, r := range o.sources {
		parts[i] = kernel.Grad{X: gin[i].Data, C: in[i].Shape.Channels(), Add: !fresh[i]}
		switch {
		case gin[i].Data == nil:
			continue
		case r != nil:
			n := r.Shape([]tensor.Shape{in[i].Shape}).Len()
			parts[i].X, parts[i].Add = work[:n], false
			work = work[n:]
		}
		for _, p := range parts[:i] {
			apart = apart && !overlap(p.X, parts[i].X)
		}
		wanted = true
	}
	if apart && wanted {
		g.InputGrad(parts, gout.Data, w)
	}
	for i := range parts { // one after the other, where they add to the same
		if apart || parts[i].X == nil {
			continue
		}
		one := make([]kernel.Grad, len(parts))
		for j := range parts {
			one[j].C = parts[j].C
		}
		one[i] = parts[i]
		g.InputGrad(one, gout.Data, w)
	}
	for i, r := range o.sources {
		if r != nil && gin[i].Data != nil {
			_, adjoint := r.Resampling(in[i].Shape)
			adjoint.Apply(gin[i].Data, parts[i].X, !fresh[i])
		}
	}
}

// overlap tells whether two slices share memory.
func overlap(a, b []float32) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	a0, b0 := uintptr(unsafe.Pointer(&a[0])), uintptr(unsafe.Pointer(&b[0]))
	return a0 < b0+4*uintptr(len(b)) && b0 < a0+4*uintptr(len(a))
}
