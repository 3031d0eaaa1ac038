package kernel

import "github.com/sshn-go/sshn/internal/parallel"

// wideRow is how many floats a row takes at least, so that the sums of a row are
// back in memory before the next row wants them.
const wideRow = 128

// pixelsInRow returns how many pixels of so many channels the vector kernels see
// as one row: enough, and whole vectors if there is more than one.
func pixelsInRow(channels int) int {
	if channels >= wideRow {
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
	if rows := n / width; width <= piece {
		if rows > 0 {
			f(0, 0, rows, width)
		}
		if rest := n - rows*width; rest > 0 {
			f(rows*width, 0, 1, rest)
		}
		return
	}
	for at := 0; at < n; {
		column := at % width
		length := min(piece, width-column, n-at)
		f(at, column, 1, length)
		at += length
	}
}

// sumWide adds to sums, by channel, what f adds to the sums of its columns.
func sumWide(sums []float64, channels, n int, f func(at, column, rows, width int, sums []float64)) {
	k := pixelsInRow(channels)
	if k == 1 {
		eachRow(n, channels, func(at, column, rows, width int) { f(at, column, rows, width, sums) })
		return
	}
	kinds := len(sums) / channels
	wide := scratch64(k * len(sums))
	defer release64(wide)
	clear(wide)
	eachRow(n, k*channels, func(at, column, rows, width int) { f(at, column, rows, width, wide) })
	for kind := range kinds {
		s, w := sums[kind*channels:][:channels], wide[kind*k*channels:][:k*channels]
		for ; len(w) > 0; w = w[channels:] {
			for c, v := range w[:channels] {
				s[c] += v
			}
		}
	}
}

// repeat fills to with copies of x.
func repeat(to, x []float32) {
	for n := copy(to, x); n < len(to); {
		n += copy(to[n:], to[:n])
	}
}

// sumPixels adds to gb what f sums up by channel over chunks of so many pixels,
// in their order.
func sumPixels(gb []float32, pixels int, f func(sums []float64, lo, hi int)) {
	channels := len(gb)
	each := max(1, piece/channels)
	sums := scratch64((pixels + each - 1) / each * channels)
	defer release64(sums)
	clear(sums)
	parallel.For(pixels, each, func(lo, hi int) { f(sums[lo/each*channels:][:channels], lo*channels, hi*channels) })
	for c := range gb {
		sum := 0.0
		for i := c; i < len(sums); i += channels {
			sum += sums[i]
		}
		gb[c] += float32(sum)
	}
}
