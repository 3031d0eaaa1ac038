package kernel

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/sshn-go/sshn/internal/parallel"
)

// A Norm is the geometry of a normalisation: x [N, Pixels, Channels], the
// channels in Groups equal runs. The values of an image that share a group are
// brought to mean 0 and variance 1, then scaled and shifted by channel:
//
//	y = (x - mean) / sqrt(variance + Eps) * gain + bias
//
// The variance is that of the values themselves (divided by their number). A
// group of one value would be erased: it is only scaled and shifted.
//
// The state holds mean and 1/deviation of group g of image n, at 2(n Groups+g).
type Norm struct {
	N, Pixels, Channels, Groups int
	Eps                         float64
}

// State is the length of the state.
func (p *Norm) State() int { return 2 * p.N * p.Groups }

// Scratch is the working memory of Forward, or of Backward, in bytes, at most.
func (p *Norm) Scratch(backward bool) int64 {
	image, c := p.Pixels*p.Channels, p.Channels
	if image == 0 || p.N == 0 {
		return 0
	}
	each := p.images()
	chunks, floats := (p.N+each-1)/each, 2*2*c+3*c // sums and lines
	if backward {
		floats = 2*2*c + 4*c
	}
	stretch := image
	if !p.whole() {
		stretch = p.chunk() * c
		floats += 2 * 2 * c * ((image + stretch - 1) / stretch)
	}
	floats *= busy(chunks)
	if backward {
		floats += 2 * 2 * c * chunks
	}
	if fast.available() { // sums as wide as a row and a line, or four lines
		if k := pixelsInRow(c, stretch); k > 1 {
			floats += 5 * k * c * busy(p.N*((image+stretch-1)/stretch))
		}
	}
	return elem * int64(floats)
}

// Forward computes y, which passes a LeakyReLU of that slope unless it is 1, and the
// state. gain and bias may be nil.
func (p *Norm) Forward(y, x, gain, bias, state []float32, slope float32) {
	p.check(y, x, state)
	image := p.Pixels * p.Channels
	if image == 0 {
		return
	}
	parallel.For(p.N, p.images(), func(lo, hi int) {
		sums := scratch64(2 * p.Channels)
		lines := parallel.Scratch(3 * p.Channels)
		defer release64(sums)
		defer parallel.Release(lines)
		for n := lo; n < hi; n++ {
			x, y, state := x[n*image:][:image], y[n*image:][:image], state[2*n*p.Groups:][:2*p.Groups]
			p.statistics(state, sums, x)
			mean, scale, shift := p.line(lines, 0), p.line(lines, 1), p.line(lines, 2)
			clear(shift)
			copy(shift, bias)
			for c := range mean {
				mean[c], scale[c] = p.of(state, c)
				if gain != nil {
					scale[c] *= gain[c]
				}
			}
			p.normalise(y, x, mean, scale, shift, slope)
		}
	})
}

// Backward adds to gx, ggain and gbias the gradients by x, gain and bias, given
// that by y. Any of them may be nil, and so may gain. Unless add holds, gx is
// written. A slope other than 1 is that of a LeakyReLU after it, whose output is y:
// gy is changed in place, to slope gy where y <= 0. Of a slope of 1 y is not read,
// and may be nil.
//
// With u = (x - mean) r, r = 1/deviation, g = gy gain and E the mean over the
// group, gx = r (g - E[g] - u E[g u]).
func (p *Norm) Backward(gx, ggain, gbias, gy, y, x, gain, state []float32, slope float32, add bool) {
	if slope == 1 {
		y = gy // as long, and not read
	}
	p.check(gy, x, state)
	p.check(y, x, state)
	image, each := p.Pixels*p.Channels, p.images()
	if image == 0 {
		return
	}
	chunks := (p.N + each - 1) / each
	totals := scratch64(2 * p.Channels * chunks) // of an image's sums, by chunk
	defer release64(totals)
	clear(totals)
	parallel.For(p.N, each, func(lo, hi int) {
		total := totals[lo/each*2*p.Channels:][:2*p.Channels]
		sums := scratch64(2 * p.Channels)
		lines := parallel.Scratch(4 * p.Channels)
		defer release64(sums)
		defer parallel.Release(lines)
		for n := lo; n < hi; n++ {
			x, gy, state := x[n*image:][:image], gy[n*image:][:image], state[2*n*p.Groups:][:2*p.Groups]
			mean := p.line(lines, 0)
			for c := range mean {
				mean[c], _ = p.of(state, c)
			}
			p.correlate(sums, gy, y[n*image:][:image], x, mean, slope)
			for c := range mean {
				_, r := p.of(state, c)
				sums[p.Channels+c] *= float64(r) // now the sum of gy u
			}
			for i, s := range sums {
				total[i] += s
			}
			if gx != nil {
				a, b, c := p.line(lines, 1), p.line(lines, 2), p.line(lines, 3)
				p.coefficients(a, b, c, sums, gain, state)
				p.denormalise(gx[n*image:][:image], gy, x, mean, a, b, c, add)
			}
		}
	})
	for k, g := range [2][]float32{gbias, ggain} {
		for c := range g {
			sum := 0.0
			for i := k*p.Channels + c; i < len(totals); i += 2 * p.Channels {
				sum += totals[i]
			}
			g[c] += float32(sum)
		}
	}
}

// statistics fills the state of an image. The sums are of differences to the
// first pixel, by channel, so that a large mean costs no digits.
func (p *Norm) statistics(state []float32, sums []float64, x []float32) {
	if p.single() {
		for g := range p.Groups {
			state[2*g], state[2*g+1] = 0, 1
		}
		return
	}
	origin := x[:p.Channels]
	p.moments(sums, x, origin)
	size, pixels := p.Channels/p.Groups, float64(p.Pixels)
	for g := range p.Groups {
		mean := 0.0
		for c := g * size; c < (g+1)*size; c++ {
			mean += float64(origin[c]) + sums[c]/pixels
		}
		mean /= float64(size)
		variance := 0.0
		for c := g * size; c < (g+1)*size; c++ {
			m := sums[c] / pixels
			d := float64(origin[c]) + m - mean
			variance += max(sums[p.Channels+c]/pixels-m*m, 0) + d*d
		}
		state[2*g] = float32(mean)
		state[2*g+1] = float32(1 / math.Sqrt(variance/float64(size)+p.Eps))
	}
}

// coefficients prepares gx += a gy + b (x - mean) + c by channel, from the sums
// of gy and of gy u.
func (p *Norm) coefficients(a, b, c []float32, sums []float64, gain, state []float32) {
	size := p.Channels / p.Groups
	count := float64(size * p.Pixels)
	for g := range p.Groups {
		r := float64(state[2*g+1])
		var eg, egu float64
		for i := g * size; i < (g+1)*size; i++ {
			k := 1.0
			if gain != nil {
				k = float64(gain[i])
			}
			a[i] = float32(r * k)
			eg += k * sums[i] / count
			egu += k * sums[p.Channels+i] / count
		}
		if p.single() {
			eg, egu = 0, 0
		}
		for i := g * size; i < (g+1)*size; i++ {
			b[i], c[i] = float32(-r*r*egu), float32(-r*eg)
		}
	}
}

// normalise computes an image of y.
func (p *Norm) normalise(y, x, mean, scale, shift []float32, slope float32) {
	if p.whole() {
		normalise(y, x, mean, scale, shift, slope)
		return
	}
	p.pixels(func(lo, hi int) { normalise(y[lo:hi], x[lo:hi], mean, scale, shift, slope) })
}

// denormalise adds to an image of gx, or writes it.
func (p *Norm) denormalise(gx, gy, x, mean, a, b, c []float32, add bool) {
	if p.whole() {
		denormalise(gx, gy, x, mean, a, b, c, add)
		return
	}
	p.pixels(func(lo, hi int) { denormalise(gx[lo:hi], gy[lo:hi], x[lo:hi], mean, a, b, c, add) })
}

// moments sets sums to those of an image.
func (p *Norm) moments(sums []float64, x, origin []float32) {
	clear(sums)
	if p.whole() {
		moments(sums, x, origin)
		return
	}
	p.reduce(sums, func(sums []float64, lo, hi int) { moments(sums, x[lo:hi], origin) })
}

// correlate sets sums to those of an image.
func (p *Norm) correlate(sums []float64, gy, y, x, mean []float32, slope float32) {
	clear(sums)
	if p.whole() {
		correlate(sums, gy, y, x, mean, slope)
		return
	}
	p.reduce(sums, func(sums []float64, lo, hi int) { correlate(sums, gy[lo:hi], y[lo:hi], x[lo:hi], mean, slope) })
}

// reduce adds to sums those that f adds up over the stretches of an image, in
// their order.
func (p *Norm) reduce(sums []float64, f func(sums []float64, lo, hi int)) {
	each := p.chunk() * p.Channels
	partial := scratch64(len(sums) * ((p.Pixels*p.Channels + each - 1) / each))
	defer release64(partial)
	clear(partial)
	p.pixels(func(lo, hi int) { f(partial[lo/each*len(sums):][:len(sums)], lo, hi) })
	for ; len(partial) > 0; partial = partial[len(sums):] {
		for i := range sums {
			sums[i] += partial[i]
		}
	}
}

const normWork = 1 << 14 // values in a chunk

// images returns how many images make a chunk: enough for its work, and for at
// most 64 chunks.
func (p *Norm) images() int {
	return max(1, (p.N+63)/64, normWork/max(1, p.Pixels*p.Channels))
}

// pixels calls f for the stretches of an image that make a chunk each.
func (p *Norm) pixels(f func(lo, hi int)) {
	parallel.For(p.Pixels, p.chunk(), func(lo, hi int) { f(lo*p.Channels, hi*p.Channels) })
}

// whole reports whether an image is a single chunk.
func (p *Norm) whole() bool { return p.Pixels <= p.chunk() }

func (p *Norm) chunk() int { return max(1, normWork/max(1, p.Channels)) }

// single reports whether a group is a single value.
func (p *Norm) single() bool { return p.Pixels == 1 && p.Channels == p.Groups }

// of returns mean and 1/deviation for channel c of an image.
func (p *Norm) of(state []float32, c int) (mean, r float32) {
	g := c / (p.Channels / p.Groups)
	return state[2*g], state[2*g+1]
}

func (p *Norm) line(lines []float32, i int) []float32 {
	return lines[i*p.Channels:][:p.Channels]
}

func (p *Norm) check(y, x, state []float32) {
	size := p.N * p.Pixels * p.Channels
	if p.Groups < 1 || p.Channels%p.Groups != 0 || len(x) != size || len(y) != size || len(state) != p.State() {
		panic(fmt.Sprintf("kernel: y of %d, x of %d and state of %d elements for %+v", len(y), len(x), len(state), *p))
	}
}

// scratch64 is parallel.Scratch for n float64.
func scratch64(n int) []float64 {
	s := parallel.Scratch(2 * n)
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(s))), cap(s)/2)[:n]
}

func release64(s []float64) {
	parallel.Release(unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(s))), 2*cap(s))[:2*len(s)])
}
