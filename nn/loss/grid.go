package loss

import (
	"sync"

	"github.com/sshn-go/sshn/tensor"
)

// chunkElements is how many logits a chunk takes: some 0.3 ms of work.
const chunkElements = 1 << 15

// A grid says how the rows (positions) of a prediction are cut: into groups,
// the samples or the whole batch, and each of them into chunks.
type grid struct {
	classes  int
	groups   int
	perGroup int // chunks
	length   int // of a group, in rows
	grain    int // of a chunk
}

func (o labelled) grid(x tensor.Shape) grid {
	k := x.Channels()
	g := grid{classes: k, groups: 1, length: x.Len() / k, grain: max(1, chunkElements/k)}
	if o.PerSample {
		g.groups = x.Dim(0)
		g.length /= max(1, g.groups)
	}
	g.perGroup = max(1, (g.length+g.grain-1)/g.grain)
	return g
}

func (g grid) chunks() int { return g.groups * g.perGroup }

// rows returns the rows [lo, hi) of a chunk.
func (g grid) rows(chunk int) (lo, hi int) {
	start := chunk / g.perGroup * g.length
	from := chunk % g.perGroup * g.grain
	return start + from, start + min(from+g.grain, g.length)
}

// rows are the positions of a chunk.
type rows struct {
	classes int
	x       []float32 // the prediction, or its gradient
	p       []float32 // its softmax; empty where the prediction is probabilities
	labels  []float32
}

func (g grid) chunk(c int, x, p, labels []float32) rows {
	lo, hi := g.rows(c)
	r := rows{g.classes, x[lo*g.classes : hi*g.classes], nil, labels[lo:hi]}
	if len(p) > 0 {
		r.p = p[lo*g.classes : hi*g.classes]
	}
	return r
}

// A chunk's sums are these, then by class the sums of p, of p where the class
// is the label, and the number of positions where it is.
const (
	lossAt   = iota // of the cross-entropy
	weightAt        // of the labels
	wrongAt         // 1 + the first row whose label is no class, or 0
	scalars
)

func (g grid) sums() int { return scalars + 3*g.classes }

func (g grid) byClass(sums []float64) (predicted, both, truth []float64) {
	k, s := g.classes, sums[scalars:]
	return s[:k], s[k : 2*k], s[2*k:]
}

// slopes are the derivatives of the loss by the p of a group: each, and both
// more for the class of the label. The cross-entropy's derivative by the logits
// has the factor unit.
type slopes struct {
	each, both []float32
	unit       float32
}

func (g grid) slopes() int { return 2*g.groups*g.classes + 1 }

func (g grid) slopesOf(all []float32, chunk int) slopes {
	s := all[chunk/g.perGroup*2*g.classes:]
	return slopes{s[:g.classes], s[g.classes : 2*g.classes], all[len(all)-1]}
}

var buffers = sync.Pool{New: func() any { return new([]float64) }}

// borrow returns n elements of any value, for giveBack.
func borrow(n int) *[]float64 {
	b := buffers.Get().(*[]float64)
	if cap(*b) < n {
		*b = make([]float64, n)
	}
	*b = (*b)[:n]
	return b
}

func giveBack(b *[]float64) { buffers.Put(b) }
