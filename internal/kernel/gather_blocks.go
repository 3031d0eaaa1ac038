package kernel

const (
	blockFloats  = 1 << 16 // of a block's input: with the weights, it stays in the second cache
	copiedFloats = 1 << 18 // of one that is copied
	blockWork    = 1 << 20 // multiply-adds of a block, if the problem has enough of them
	tasksWanted  = 16
)

// blockSize cuts the grid of outputs so that a block's input fits a cache and
// there are some blocks to share among workers.
func (g *gather) blockSize() [3]int {
	outputs, work := int64(g.points()), max(g.work(), 1)
	most := min(outputs/tasksWanted, outputs*blockWork*16/work)
	most = max(1, most, outputs*blockWork/work)
	if part, _ := g.alone(); part == nil { // a copy: little of it should be halo
		return blockSize(&g.axes, g.k, copiedFloats, max(1, int(outputs/tasksWanted)), g.copiedWidth())
	}
	return blockSize(&g.axes, g.k, blockFloats, int(most), g.axes[2].n)
}

// copiedWidth is how wide blocks are that are copied.
func (g *gather) copiedWidth() int {
	if g.axes[0].n > 1 {
		return min(g.axes[2].n, 48)
	}
	return min(g.axes[2].n, 96)
}

// blockSize returns blocks of at most so many outputs, at most so wide, that read
// at most so many floats.
func blockSize(axes *[3]axis, channels, floats, most, width int) (size [3]int) {
	size = [3]int{1, 1, width}
	input := func() int {
		n := channels
		for a := range axes {
			_, count := axes[a].region(0, size[a])
			n *= count
		}
		return n
	}
	fits := func() bool { return input() <= floats && volume(size) <= most }
	for size[2] > 64 && !fits() {
		size[2] = (size[2] + 1) / 2
	}
	for _, a := range []int{1, 0, 1} {
		limit := axes[a].n
		if a == 1 && axes[0].n > 1 && size[0] == 1 {
			limit = min(limit, 16) // in depth, planes share what they read
		}
		for size[a] < limit {
			size[a]++
			if !fits() {
				size[a]--
				break
			}
		}
	}
	for a := range size { // the last block about as large as the others
		blocks := (axes[a].n + size[a] - 1) / size[a]
		size[a] = (axes[a].n + blocks - 1) / blocks
	}
	return size
}

// work is the number of multiply-adds.
func (g *gather) work() int64 {
	w := int64(g.batch) * int64(g.k) * int64(g.n)
	for a := range g.axes {
		w *= int64(g.axes[a].n * len(g.axes[a].taps))
	}
	return w
}

// panelParts returns into how many parts the output channels are cut as well,
// where there are few tasks but enough work.
func (g *gather) panelParts(tasks int) int {
	if tasks == 0 || tasks >= tasksWanted/2 {
		return 1
	}
	return int(max(1, min(int64(len(g.panels)), g.work()/int64(tasks)/blockWork)))
}

// panelsOf returns the panels of part i.
func (g *gather) panelsOf(i, parts int) []panel {
	n := len(g.panels)
	return g.panels[i*n/parts : (i+1)*n/parts]
}
