package kernel

import (
	"fmt"
	"math"

	"github.com/sshn-go/sshn/internal/parallel"
)

// LeakyReLU writes x to y where x > 0, and slope x elsewhere; a slope of 0 makes
// that 0 also of -Inf. A NaN stays one. y may be x.
func LeakyReLU(y, x []float32, slope float32) {
	x = x[:len(y)]
	if !fast.available() {
		leakyPlain(y, x, slope)
		return
	}
	reads(x)
	writes(y)
	for lo := 0; lo < len(y); lo += piece {
		fast.maps.leaky(&y[lo], &x[lo], min(piece, len(y)-lo), slope, kept(slope))
	}
}

// LeakyReLUGradient adds to gx, or writes to it unless add holds, gy times the
// derivative of a LeakyReLU: slope where y <= 0, else 1. gx may be gy. Written
// is what adding to zeros gives.
func LeakyReLUGradient(gx, gy, y []float32, slope float32, add bool) {
	gy, y = gy[:len(gx)], y[:len(gx)]
	if !fast.available() {
		leakyBackPlain(gx, gy, y, slope, add)
		return
	}
	reads(gy, y)
	writes(gx)
	f := fast.maps.leakyBackSet
	if add {
		f = fast.maps.leakyBackAdd
	}
	for lo := 0; lo < len(gx); lo += piece {
		f(&gx[lo], &gy[lo], &y[lo], min(piece, len(gx)-lo), slope, kept(slope))
	}
}

// Rectify takes a gradient through bias and LeakyReLU, in one pass: it multiplies
// gy [pixels, channels] by slope where y <= 0, and adds the sums of the result
// over the pixels, in float64, to gb [channels]. Without y it only sums; without
// gb it only multiplies.
func Rectify(gy, y []float32, slope float32, gb []float32) {
	channels := max(1, len(gb))
	if len(gy)%channels != 0 || y != nil && len(y) != len(gy) {
		panic(fmt.Sprintf("kernel: gradients of %d elements for an output of %d and a bias of %d", len(gy), len(y), len(gb)))
	}
	switch {
	case len(gb) > 0 && y != nil:
		sumPixels(gb, len(gy)/channels, 1, func(sums []float64, lo, hi int) { rectify(sums, gy[lo:hi], y[lo:hi], slope) })
	case len(gb) > 0:
		sumPixels(gb, len(gy)/channels, 1, func(sums []float64, lo, hi int) { sumColumns(sums, gy[lo:hi]) })
	case y != nil:
		parallel.For(len(gy), piece, func(lo, hi int) { LeakyReLUGradient(gy[lo:hi], gy[lo:hi], y[lo:hi], slope, false) })
	}
}

// activate sets y to max(y, slope y).
func activate(y []float32, slope float32) {
	if slope == 1 {
		return
	}
	parallel.For(len(y), piece, func(lo, hi int) { LeakyReLU(y[lo:hi], y[lo:hi], slope) })
}

// rectify does Rectify's work on a few pixels, the sums in float64.
func rectify(sums []float64, gy, y []float32, slope float32) {
	if !fast.available() {
		leakyBackPlain(gy, gy, y, slope, false)
		sumColumnsPlain(sums, gy)
		return
	}
	reads(y)
	writes(gy)
	sumWide(sums, len(sums), len(gy), nil, func(at, column, rows, width int, sums []float64, _ []float32) {
		fast.maps.rectify(&gy[at], &y[at], &sums[column], rows, width, slope, kept(slope))
	})
}

// SumColumns adds the rows of x, of as many channels as there are sums, to sums, on
// one processor.
func SumColumns(sums []float64, x []float32) {
	if len(sums) == 0 || len(x)%len(sums) != 0 {
		panic(fmt.Sprintf("kernel: sums of %d channels of %d elements", len(sums), len(x)))
	}
	sumColumns(sums, x)
}

// sumColumns adds the rows of x to sums.
func sumColumns(sums []float64, x []float32) {
	if !fast.available() {
		sumColumnsPlain(sums, x)
		return
	}
	reads(x)
	sumWide(sums, len(sums), len(x), nil, func(at, column, rows, width int, sums []float64, _ []float32) {
		fast.maps.sumRows(&x[at], &sums[column], rows, width)
	})
}

func leakyPlain(y, x []float32, slope float32) {
	l := newLeak(slope)
	for i, v := range x {
		y[i] = l.of(v, v)
	}
}

func leakyBackPlain(gx, gy, y []float32, slope float32, add bool) {
	l := newLeak(slope)
	for i, g := range gy {
		old := float32(0)
		if add {
			old = gx[i]
		}
		gx[i] = old + l.of(g, y[i])
	}
}

// A leak multiplies by a slope, without branches: signs are at random, and one
// foretold wrongly takes the time of several elements.
type leak struct {
	factor [2]float32
	kept   [2]uint32 // bits
}

func newLeak(slope float32) leak {
	return leak{[2]float32{1, slope}, [2]uint32{math.MaxUint32, kept(slope)}}
}

// of returns v, or where sign <= 0 slope times v.
func (l *leak) of(v, sign float32) float32 {
	below := 0
	if sign <= 0 {
		below = 1
	}
	return math.Float32frombits(math.Float32bits(v*l.factor[below]) & l.kept[below])
}

// kept are the bits of a product with slope that stay: none if it is 0, for 0
// times infinity must be 0.
func kept(slope float32) uint32 {
	if slope == 0 {
		return 0
	}
	return math.MaxUint32
}

// leaky is max(v, slope v) with 0 for 0 times infinity.
func leaky(v, slope float32) float32 {
	l := newLeak(slope)
	return l.of(v, v)
}

func sumColumnsPlain(sums []float64, x []float32) {
	for ; len(x) > 0; x = x[len(sums):] {
		for c, v := range x[:len(sums)] {
			sums[c] += float64(v)
		}
	}
}
