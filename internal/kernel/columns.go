package kernel

import "github.com/sshn-go/sshn/internal/parallel"

// wideRow is how many floats a row takes at least, so that the sums of a row are
// back in memory before the next row wants them.
const wideRow = 128

// pixelsInRow returns how many of n floats, pixels of so many channels, the vector
// kernels see as one row: enough, and whole vectors if it is more than a pixel.
func pixelsInRow(channels, n int) int {
	if channels >= wideRow || n <= channels {
		return 1
	}
	k := fast.lanes
	for k%2 == 0 && k/2*channels%fast.lanes == 0 {
		k /= 2
	}
	return (wideRow + k*channels - 1) / (k * channels) * k
}

// eachRow calls f for n floats, pixels of so many channels, seen as rows of
// width floats from place at on; column is the first one's place in a row. No
// call takes long: assembly cannot be preempted.
func eachRow(n, width int, f func(at, column, rows, width int)) {
	for at := 0; at < n; {
		column, rows := at%width, 1
		length := min(piece, width-column, n-at)
		if length == width {
			rows = min(piece, n-at) / width
		}
		f(at, column, rows, length)
		at += rows * length
	}
}

// sumWide adds to sums, some kinds of them by channel, what f adds to the sums of
// its columns. line, a number for each channel or nil, is as wide in f as the rows.
func sumWide(sums []float64, channels, n int, line []float32, f func(at, column, rows, width int, sums []float64, line []float32)) {
	writes(sums)
	k := pixelsInRow(channels, n)
	if k == 1 {
		eachRow(n, channels, func(at, column, rows, width int) { f(at, column, rows, width, sums, line) })
		return
	}
	wide, wideLine := scratch64(k*len(sums)), parallel.Scratch(k*channels)
	defer release64(wide)
	defer parallel.Release(wideLine)
	clear(wide)
	repeat(wideLine, line)
	eachRow(n, k*channels, func(at, column, rows, width int) { f(at, column, rows, width, wide, wideLine) })
	for kind := 0; kind < len(sums); kind += channels {
		s, w := sums[kind:][:channels], wide[k*kind:][:k*channels]
		for ; len(w) > 0; w = w[channels:] {
			for c, v := range w[:channels] {
				s[c] += v
			}
		}
	}
}

// eachWide is eachRow for rows whose columns have numbers of their own: lines of as
// many channels, which f gets as wide as the rows.
func eachWide(channels, n int, lines [4][]float32, f func(at, column, rows, width int, lines [4][]float32)) {
	k := pixelsInRow(channels, n)
	if k > 1 {
		wide := parallel.Scratch(len(lines) * k * channels)
		defer parallel.Release(wide)
		for i, line := range lines {
			lines[i] = wide[i*k*channels:][:k*channels]
			repeat(lines[i], line)
		}
	}
	eachRow(n, k*channels, func(at, column, rows, width int) { f(at, column, rows, width, lines) })
}

// repeat fills to with copies of x.
func repeat(to, x []float32) {
	for n := copy(to, x); n > 0 && n < len(to); {
		n += copy(to[n:], to[:n])
	}
}

// sumPixels adds to gb what f sums up by channel over chunks of so many pixels,
// in their order. f makes some kinds of sums, of which the last is added.
func sumPixels(gb []float32, pixels, kinds int, f func(sums []float64, lo, hi int)) {
	channels := len(gb)
	each, all := max(1, piece/channels), kinds*channels
	sums := scratch64((pixels + each - 1) / each * all)
	defer release64(sums)
	clear(sums)
	parallel.For(pixels, each, func(lo, hi int) { f(sums[lo/each*all:][:all], lo*channels, hi*channels) })
	for c := range gb {
		sum := 0.0
		for i := all - channels + c; i < len(sums); i += all {
			sum += sums[i]
		}
		gb[c] += float32(sum)
	}
}
