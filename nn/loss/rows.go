package loss

import (
	"slices"

	"github.com/sshn-go/sshn/internal/kernel"
)

// block is how many rows pass through softmax and sums while they are in cache.
const block = 256

// sum writes the sums of a chunk, and r.p.
func (o *labelled) sum(sums []float64, r rows) {
	clear(sums)
	k := r.classes
	buffer := borrow(block)
	defer giveBack(buffer)
	logSum := *buffer
	for lo := 0; lo < len(r.labels); lo += block {
		hi := min(lo+block, len(r.labels))
		b := rows{k, r.x[lo*k : hi*k], nil, r.labels[lo:hi]}
		if o.probabilities {
			b.p = b.x
		} else {
			b.p = r.p[lo*k : hi*k]
			kernel.SoftmaxRows(b.p, b.x, logSum[:hi-lo], k)
		}
		if bad := o.sumBlock(sums, b, logSum); bad >= 0 {
			sums[wrongAt] = float64(lo + bad + 1)
			return
		}
	}
}

// sumBlock adds the sums of a block; it returns the first row whose label is no
// class, or -1.
func (o *labelled) sumBlock(sums []float64, r rows, logSum []float64) int {
	k := r.classes
	predicted, both, truth := grid{classes: k}.byClass(sums)
	loss, weight := 0.0, 0.0
	for i, label := range r.labels {
		y := int(label)
		if len(o.Ignore) > 0 || float32(y) != label || uint(y) >= uint(k) {
			y = class(label, k, o.Ignore)
		}
		switch y {
		case ignored:
			continue
		case wrong:
			return i
		}
		both[y] += float64(r.p[i*k+y])
		truth[y]++
		if o.ce > 0 {
			w := o.weight(y)
			loss += (1 - o.Smoothing) * w * (logSum[i] - float64(r.x[i*k+y]))
			weight += w
			if o.Smoothing > 0 {
				loss += o.Smoothing / float64(k) * o.surprise(r.x[i*k:(i+1)*k], logSum[i])
			}
		}
	}
	sums[lossAt] += loss
	sums[weightAt] += weight
	if o.dice > 0 {
		o.counted(r.labels, func(lo, hi int) { kernel.SumColumns(predicted, r.p[lo*k:hi*k]) })
	}
	return -1
}

// counted calls f for the stretches of labels that are not ignored.
func (o *labelled) counted(labels []float32, f func(lo, hi int)) {
	if len(o.Ignore) == 0 {
		f(0, len(labels))
		return
	}
	ignored := func(i int) bool { return slices.Contains(o.Ignore, int(labels[i])) }
	for lo := 0; lo < len(labels); {
		hi := lo
		for hi < len(labels) && !ignored(hi) {
			hi++
		}
		if lo < hi {
			f(lo, hi)
		}
		lo = hi + 1
	}
}

// surprise returns the sum of the weighted cross-entropies of all classes at a
// position.
func (o *labelled) surprise(x []float32, logSum float64) float64 {
	sum := 0.0
	for k, v := range x {
		sum += o.weight(k) * (logSum - float64(v))
	}
	return sum
}

// gradient adds to r.x, the gradient, gout times the derivative of the loss, or
// writes it where r.x is fresh.
//
// With q(k) = dL/dp(k) of Dice, and t(k) the target of the cross-entropy times
// the weights and unit, dL/dx(k) = p(k) (q(k) - Σ p(j) q(j) + Σ t(j)) - t(k).
// These add up to 0 over k, which gives that of the label.
func (o *labelled) gradient(r rows, s slopes, gout float32, fresh bool) {
	k := r.classes
	if fresh && (o.probabilities || len(o.Ignore) > 0) {
		clear(r.x)
		fresh = false
	}
	if o.probabilities {
		o.counted(r.labels, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				g := r.x[i*k : (i+1)*k]
				kernel.Axpy(g, s.each, gout)
				g[int(r.labels[i])] += gout * s.both[int(r.labels[i])]
			}
		})
		return
	}
	all := 0.0
	for c := range k {
		all += o.weight(c)
	}
	spread := float64(s.unit) * o.Smoothing / float64(k)
	buffer := borrow(len(r.labels))
	defer giveBack(buffer)
	common := *buffer
	o.counted(r.labels, func(lo, hi int) {
		unit := float64(s.unit) * (1 - o.Smoothing)
		for i, label := range r.labels[lo:hi] {
			y := int(label)
			common[i] = unit*o.weight(y) + spread*all - float64(r.p[(lo+i)*k+y])*float64(s.both[y])
		}
		kernel.LabelGradient(r.x[lo*k:hi*k], r.p[lo*k:hi*k], s.each, common[:hi-lo], r.labels[lo:hi], gout, !fresh)
		if spread > 0 {
			o.smooth(rows{k, r.x[lo*k : hi*k], nil, r.labels[lo:hi]}, gout, spread)
		}
	})
}

// smooth takes from r.x the part of the targets that is spread over all classes,
// so that what it adds to each row is 0 in all.
func (o *labelled) smooth(r rows, gout float32, spread float64) {
	for i, label := range r.labels {
		g, taken := r.x[i*r.classes:(i+1)*r.classes], 0.0
		for c := range g {
			if c != int(label) {
				t := gout * float32(spread*o.weight(c))
				g[c] -= t
				taken += float64(t)
			}
		}
		g[int(label)] += float32(taken)
	}
}
