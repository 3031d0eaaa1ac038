package kernel

import "github.com/sshn-go/sshn/internal/parallel"

// Scratch is the memory, in bytes, that Forward takes beside its arguments at
// most, with all workers busy, if w begins at a multiple of 64 bytes: another may
// be copied. Inputs need no data.
func (c *Conv) Scratch(x []Input) int64 {
	x, floats := c.simplified(x)
	if fast.available() {
		var held [3][8]tap
		g := c.forwardGather(x, &held)
		floats += c.passScratch(&g, false, []Grad{{X: zeros[:1], C: c.Cout}})
	}
	return elem * int64(floats)
}

// GradScratch is the memory that InputGrad or WeightGrad takes at most, whichever
// takes more.
func (c *Conv) GradScratch(x []Input) int64 {
	return max(c.InputGradScratch(x), c.WeightGradScratch(x))
}

// InputGradScratch is the memory that InputGrad takes at most, whichever of the
// gradients by inputs are wanted.
func (c *Conv) InputGradScratch(x []Input) int64 {
	if !fast.available() {
		return elem * int64(c.N*volume(c.In)*c.Cin)
	}
	parts := make([]Grad, len(x))
	for i := range x {
		parts[i] = Grad{X: zeros[:1], C: x[i].C}
	}
	most := 0
	var held [3][8]tap
	gy := []Input{{C: c.Cout}}
	var remainders [3][8]int
	read, _ := c.phases(&remainders)
	for phase := range phaseCount(read) {
		g := c.inputGradGather(gy, read, phase, &held)
		most = max(most, c.passScratch(&g, true, parts))
		for i := 0; i < len(parts) && len(parts) > 1; i++ { // one alone may be projected
			alone := make([]Grad, len(parts))
			for j := range alone {
				alone[j].C = parts[j].C
			}
			alone[i] = parts[i]
			most = max(most, c.passScratch(&g, true, alone))
		}
	}
	return elem * int64(most)
}

// WeightGradScratch is the memory that WeightGrad takes at most.
func (c *Conv) WeightGradScratch(x []Input) int64 {
	x, floats := c.simplified(x)
	if !fast.available() {
		_, chunks := c.plainChunks()
		return elem * int64(floats+chunks*c.weights())
	}
	var held [3][8]tap
	s := weightGrad{Conv: c}
	s.read(x, &held)
	if s.tapCount() > 0 && s.points() > 0 {
		floats += s.scratch()
	}
	return elem * int64(floats)
}

// simplified is simple without data.
func (c *Conv) simplified(x []Input) (_ []Input, copied int) {
	if copied = c.copies(x); copied > 0 {
		return []Input{{C: c.Cin}}, copied
	}
	return x, 0
}

// passScratch is how many floats g takes to write to out, its weights included.
func (c *Conv) passScratch(g *gather, transposed bool, out []Grad) (most int) {
	if g.tapCount() == 0 || g.points() == 0 {
		return 0
	}
	for i := range c.Groups {
		weights := c.listPanels(g, nil, i, out)
		if len(g.panels) == 0 {
			continue
		}
		if !transposed && c.readsInPlace(g, true) {
			weights = 0
		}
		most = max(most, weights+g.scratch())
		if len(out) == 1 {
			break // all groups are alike
		}
	}
	return most
}

// scratch is how many floats run takes.
func (g gather) scratch() int {
	if g.winograd != nil {
		p := g.winogradPass(g.winograd)
		return p.scratch()
	}
	if g.folds() {
		size := g.foldedSize()
		return busy((g.points()+size-1)/size*len(g.panels)) * size * g.k * g.tapCount()
	}
	g.axes[0].clip()
	g.axes[1].clip()
	part, _ := g.alone()
	if size, ok := g.projects(); ok {
		width := roundUp(g.tapCount()*g.n, fast.lanes)
		block := g.copied(size) / g.k * width
		if part == nil {
			block += g.copied(size)
		}
		return g.k*width + busy(g.blocksOf(size)*g.batch)*block
	}
	size := g.blockSize()
	tasks := g.blocksOf(size) * g.batch * len(g.panels)
	if part != nil && !g.padded() {
		return 0
	}
	if part != nil && !g.copies() { // strips at the edges
		size[2] = max(g.stripOf(size[2]), g.stripOf((g.axes[2].n-1)%size[2]+1))
	}
	return busy(tasks) * g.copied(size)
}

// stripOf is how wide the widest strip is of a block that is n outputs wide.
func (g *gather) stripOf(n int) int {
	_, rows, larger := split(n, g.stripRows())
	return rows + min(larger, 1)
}

// copied is how many floats a copy takes of what so many outputs read.
func (g *gather) copied(outputs [3]int) int {
	floats := g.k
	for a, n := range outputs {
		floats *= g.axes[a].most(n)
	}
	return floats
}

// most is how many inputs n outputs read, wherever these lie, at most.
func (a axis) most(n int) int {
	whole := a
	whole.clipped = false
	_, count := whole.region(0, n)
	if a.clipped {
		count = min(count, a.in)
	}
	return count
}

// padded tells whether some output reads padding, or what is behind the input.
func (g *gather) padded() bool {
	for a := range g.axes {
		if from, count := g.axes[a].region(0, g.axes[a].n); from < 0 || from+count > g.axes[a].in {
			return true
		}
	}
	return false
}

// blocksOf is how many blocks of a size the outputs of an image make.
func (g *gather) blocksOf(size [3]int) int {
	blocks := 1
	for a, n := range size {
		blocks *= (g.axes[a].n + n - 1) / n
	}
	return blocks
}

// scratch is how many floats the pass takes.
func (p *winogradPass) scratch() int {
	p.measure()
	each := p.halfFloats() + p.copied(p.in)
	each += len(p.g.axes[0].taps) * planesOf(p.winograd, p.most(), p.g.k).plane
	each += planesOf(p.winograd, p.most(), p.width).plane
	return p.points()*p.point + busy(p.blocks())*each
}

// copied is how many floats the largest copy takes of what blocks side by side
// read, with padding.
func (p *winogradPass) copied(in []gather) (most int) {
	across := (p.across + p.parts - 1) / p.parts
	for i := range in {
		g := &in[i]
		rows := min((p.count+p.cuts-1)/p.cuts, p.rows)
		if part, _ := g.alone(); part != nil && across >= wideRows {
			rows = 1
		}
		if part, _ := g.alone(); part != nil && !p.exceeds(g) {
			continue
		}
		most = max(most, g.copied([3]int{1, rows * p.m, across * p.m}))
	}
	return most
}

// exceeds tells whether some block of m x m outputs of g reads beyond its input.
func (p *winogradPass) exceeds(g *gather) bool {
	for a, blocks := range [3]int{1: p.rows, 2: p.across} {
		if a == 0 {
			continue
		}
		if from, count := g.axes[a].region(0, blocks*p.m); from < 0 || from+count > g.axes[a].in {
			return true
		}
	}
	return false
}

// scratch is how many floats a weight gradient takes.
func (s *weightGrad) scratch() int {
	if w := s.Conv.winograd(&s.gather, true); w != nil {
		p := s.gather.winogradWeights(w, Input{C: s.Cout})
		return p.scratch(s.Conv)
	}
	s.cut()
	sums := 0
	if s.chunks > 1 {
		sums = s.chunks * s.weights()
	}
	workers := busy(s.chunks * s.parts)
	input, _ := s.gather.alone()
	switch {
	case s.single():
		s.axes[1].clipped = false
		rows := s.axes[0].most(s.size[0]) * s.axes[1].most(s.size[1])
		return sums + workers*rows*len(s.axes[2].taps)*s.size[2]
	case s.skipsPadding() || input != nil && !s.padded():
		return sums
	}
	return sums + workers*s.copied(s.size)
}

func (p *winogradWeights) scratch(c *Conv) int {
	depth, chunks, sums := len(p.g.axes[0].taps), p.chunks(c), 0
	if chunks > 1 {
		sums = chunks * c.weights()
	}
	each := p.halfFloats() + max(p.copied(p.in), p.copied(p.gy)) + depth*p.points()*p.each
	each += depth*planesOf(p.winograd, p.most(), p.g.k).plane + planesOf(p.winograd, p.most(), p.g.n).plane
	return sums + busy(chunks)*each
}

// busy is how many workers so many tasks keep busy.
func busy(tasks int) int { return min(parallel.Workers(), tasks) }
