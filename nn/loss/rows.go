package loss

import "github.com/sshn-go/sshn/internal/kernel"

// block is how many rows pass through softmax and sums while they are in cache.
const block = 64

// sum writes the sums of a chunk, and r.p.
func (o labelled) sum(sums []float64, r rows) {
	clear(sums)
	k := r.classes
	var logSum [block]float64
	for lo := 0; lo < len(r.labels); lo += block {
		hi := min(lo+block, len(r.labels))
		b := rows{k, r.x[lo*k : hi*k], nil, r.labels[lo:hi]}
		if o.probabilities {
			b.p = b.x
		} else {
			b.p = r.p[lo*k : hi*k]
			kernel.SoftmaxRows(b.p, b.x, logSum[:hi-lo], k)
		}
		if bad := o.sumBlock(sums, b, &logSum); bad >= 0 {
			sums[wrongAt] = float64(lo + bad + 1)
			return
		}
	}
}

// sumBlock adds the sums of a block; it returns the first row whose label is no
// class, or -1.
func (o labelled) sumBlock(sums []float64, r rows, logSum *[block]float64) int {
	k := r.classes
	predicted, both, truth := grid{classes: k}.byClass(sums)
	for i, label := range r.labels {
		y := class(label, k, o.Ignore)
		if y == ignored {
			continue
		}
		if y == wrong {
			return i
		}
		if o.dice > 0 {
			p := r.p[i*k : (i+1)*k]
			for c, v := range p {
				predicted[c] += float64(v)
			}
			both[y] += float64(p[y])
			truth[y]++
		}
		if o.ce > 0 {
			sums[lossAt] += o.surprise(r.x[i*k:(i+1)*k], y, logSum[i])
			sums[weightAt] += o.weight(y)
		}
	}
	return -1
}

// surprise returns the cross-entropy of one position.
func (o labelled) surprise(x []float32, y int, logSum float64) float64 {
	l := (1 - o.Smoothing) * o.weight(y) * (logSum - float64(x[y]))
	if o.Smoothing == 0 {
		return l
	}
	spread := 0.0
	for k, v := range x {
		spread += o.weight(k) * (logSum - float64(v))
	}
	return l + o.Smoothing/float64(len(x))*spread
}

// addGradient adds to r.x, the gradient, gout times the derivative of the loss.
//
// With q(k) = dL/dp(k) of Dice, and t(k) the target of the cross-entropy times
// the weights and unit, dL/dx(k) = p(k) (q(k) - Σ p(j) q(j) + Σ t(j)) - t(k).
// These add up to 0 over k. That gives the one of the label, which would be the
// small difference of large numbers where p is near 1.
func (o labelled) addGradient(r rows, s slopes, gout float32) {
	k := r.classes
	all := 0.0
	for c := range k {
		all += o.weight(c)
	}
	spread := float64(s.unit) * o.Smoothing / float64(k)
	for i, label := range r.labels {
		y := class(label, k, o.Ignore)
		if y == ignored {
			continue
		}
		g := r.x[i*k : (i+1)*k]
		if o.probabilities {
			kernel.Axpy(g, s.each, gout)
			g[y] += gout * s.both[y]
			continue
		}
		p := r.p[i*k : (i+1)*k]
		common := float64(s.unit)*(1-o.Smoothing)*o.weight(y) + spread*all
		if o.dice > 0 {
			common -= float64(p[y]) * float64(s.both[y])
			for c, v := range p {
				common -= float64(v * s.each[c])
			}
		}
		others := addProducts(g[:y], p[:y], s.each[:y], float32(common), gout) +
			addProducts(g[y+1:], p[y+1:], s.each[y+1:], float32(common), gout)
		if spread > 0 {
			for c := range g {
				if c != y {
					t := gout * float32(spread*o.weight(c))
					g[c] -= t
					others -= float64(t)
				}
			}
		}
		g[y] -= float32(others)
	}
}

// addProducts adds gout p (common + each) to g, and returns the sum of that.
func addProducts(g, p, each []float32, common, gout float32) float64 {
	p, each = p[:len(g)], each[:len(g)]
	sum := 0.0
	for i, v := range p {
		d := gout * v * (common + each[i])
		g[i] += d
		sum += float64(d)
	}
	return sum
}
