package kernel

import (
	"fmt"

	"github.com/sshn-go/sshn/internal/parallel"
)

// An Input is a run of channels of what a convolution reads. Several lie side by
// side over channels: a concatenation that is never made.
type Input struct {
	X    []float32 // [N, In..., C], or what From makes that of
	C    int
	From *Resampling // or nil: done on the fly, block by block
}

// A Grad is the gradient by an [Input], after its resampling.
type Grad struct {
	X   []float32 // [N, In..., C]; nil if it is not wanted
	C   int
	Add bool // to what X holds, which otherwise is overwritten
}

// One is a single input.
func (c *Conv) One(x []float32) []Input { return []Input{{X: x, C: c.Cin}} }

func (c *Conv) checkInputs(x []Input) {
	channels := 0
	for i, p := range x {
		channels += p.C
		size := c.N * volume(c.In) * p.C
		if r := p.From; r != nil {
			in, out := r.sizes()
			if size = r.N * volume(in) * r.C; r.N != c.N || r.C != p.C || out != c.In {
				panic(fmt.Sprintf("kernel: input %d, of %d channels, is resampled to %d x %v x %d for %+v", i, p.C, r.N, out, r.C, *c))
			}
		}
		if p.C < 1 || len(p.X) != size {
			panic(fmt.Sprintf("kernel: input %d of %d elements and %d channels for %+v", i, len(p.X), p.C, *c))
		}
		reads(p.X)
	}
	if channels != c.Cin {
		panic(fmt.Sprintf("kernel: inputs of %d channels in all for %+v", channels, *c))
	}
}

func (c *Conv) checkGrads(gx []Grad) {
	channels := 0
	for i, p := range gx {
		channels += p.C
		if p.C < 1 || p.X != nil && len(p.X) != c.N*volume(c.In)*p.C {
			panic(fmt.Sprintf("kernel: gradient %d of %d elements and %d channels for %+v", i, len(p.X), p.C, *c))
		}
		writes(p.X)
	}
	if channels != c.Cin {
		panic(fmt.Sprintf("kernel: gradients of %d channels in all for %+v", channels, *c))
	}
}

// copies returns how many floats it takes to make one map of x, where nothing is
// won by reading its parts: if they are few, or no loop is there to read them.
func (c *Conv) copies(x []Input) int {
	const small = 1 << 17
	size := c.N * volume(c.In) * c.Cin
	if len(x) == 1 && x[0].From == nil || fast.available() && c.Groups == 1 && size > small {
		return 0
	}
	return size
}

// simple returns x as one map, in a buffer to be released, where that is copied.
func (c *Conv) simple(x []Input) (_ []Input, copied []float32) {
	size := c.copies(x)
	if size == 0 {
		return x, nil
	}
	copied = parallel.Scratch(size)
	g := gather{in: x, k: c.Cin}
	for a := range g.axes {
		g.axes[a].in = c.In[a]
	}
	rows, width := c.N*c.In[0]*c.In[1], c.In[2]*c.Cin
	parallel.For(rows, grain(rows, int64(size), 1<<14), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			g.copyRow(copied[i*width:][:width], i/(c.In[0]*c.In[1]), i/c.In[1]%c.In[0], i%c.In[1], 0)
		}
	})
	return c.One(copied), copied
}

// share hands out the channels of whole, the gradient by all inputs.
func (c *Conv) share(gx []Grad, whole []float32) {
	first := 0
	for _, p := range gx {
		for i := 0; i < len(p.X)/p.C; i++ {
			from := whole[i*c.Cin+first:][:p.C]
			if p.Add {
				addPlain(p.X[i*p.C:][:p.C], from)
			} else {
				copy(p.X[i*p.C:], from)
			}
		}
		first += p.C
	}
}
