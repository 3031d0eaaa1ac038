package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// steps generates the updates of the optimisers. No product is fused with a sum,
// so that they have the bits of their plain twins.
func (a *assembler) steps() {
	a.adam("adam", false)
	a.adam("adamLargest", true)
	a.descents()
	a.dotWide()
}

func (a *assembler) adam(name string, largest bool) {
	signature := "func(theta, grad, m, v *float32, n int, scale, rise1, rise2, rate, correction, epsilon, decay, shrink float32)"
	if largest {
		signature = "func(theta, grad, m, v, largest *float32, n int, scale, rise1, rise2, rate, correction, epsilon, decay, shrink float32)"
	}
	a.function(name+a.isa.name, signature)
	theta, g, m, v := a.pointer("theta"), a.pointer("grad"), a.pointer("m"), a.pointer("v")
	all := []reg.GPVirtual{theta, g, m, v}
	var top reg.GPVirtual
	if largest {
		top = a.pointer("largest")
		all = append(all, top)
	}
	scale, rise1, rise2 := a.broadcast("scale"), a.broadcast("rise1"), a.broadcast("rise2")
	rate, correction, epsilon := a.broadcast("rate"), a.broadcast("correction"), a.broadcast("epsilon")
	decay, shrink := a.broadcast("decay"), a.broadcast("shrink")
	a.sweep(span{n: a.pointer("n"), floats: all, turn: 2}, func(l *lanes) {
		t, d, x := l.load(theta), l.load(g), l.vec()
		a.VMULPS(scale, d, d)
		a.VMULPS(decay, t, x)
		a.VADDPS(x, d, d)

		mi := l.load(m) // m + rise1 (d - m)
		a.VSUBPS(mi, d, x)
		a.VMULPS(rise1, x, x)
		a.VADDPS(x, mi, mi)
		l.store(mi, m)

		vi := l.load(v) // v + rise2 (d d - v)
		a.VMULPS(d, d, d)
		a.VSUBPS(vi, d, d)
		a.VMULPS(rise2, d, d)
		a.VADDPS(d, vi, vi)
		l.store(vi, v)
		if largest {
			a.VMAXPS(vi, l.load(top), vi) // vi unless top is more
			l.store(vi, top)
		}

		a.VSQRTPS(vi, vi)
		a.VMULPS(correction, vi, vi)
		a.VADDPS(epsilon, vi, vi)
		a.VMULPS(rate, mi, mi)
		a.VDIVPS(vi, mi, mi)
		a.VMULPS(shrink, t, x)
		a.VADDPS(mi, x, x)
		a.VSUBPS(x, t, t)
		l.store(t, theta)
	})
	a.end()
}

// descents generates gradient descent without and with momentum.
func (a *assembler) descents() {
	a.function("descend"+a.isa.name, "func(x, grad *float32, n int, scale, step, decay float32)")
	x, g := a.pointer("x"), a.pointer("grad")
	scale, step, decay := a.broadcast("scale"), a.broadcast("step"), a.broadcast("decay")
	a.sweep(span{n: a.pointer("n"), floats: []reg.GPVirtual{x, g}}, func(l *lanes) {
		v, d := l.load(x), l.decayed(g, x, scale, decay)
		a.VMULPS(step, d, d)
		a.VSUBPS(d, v, v)
		l.store(v, x)
	})
	a.end()

	a.function("descendMomentum"+a.isa.name, "func(x, grad, velocity *float32, n int, scale, step, decay, keep, take, ahead, now float32)")
	x, g = a.pointer("x"), a.pointer("grad")
	velocity := a.pointer("velocity")
	scale, step, decay = a.broadcast("scale"), a.broadcast("step"), a.broadcast("decay")
	keep, take, ahead, now := a.broadcast("keep"), a.broadcast("take"), a.broadcast("ahead"), a.broadcast("now")
	a.sweep(span{n: a.pointer("n"), floats: []reg.GPVirtual{x, g, velocity}, turn: 2}, func(l *lanes) {
		d, u, s := l.decayed(g, x, scale, decay), l.load(velocity), l.vec()
		a.VMULPS(keep, u, u)
		a.VMULPS(take, d, s)
		a.VADDPS(s, u, u)
		l.store(u, velocity)
		a.VMULPS(ahead, u, u)
		a.VMULPS(now, d, d)
		a.VADDPS(d, u, u)
		a.VMULPS(step, u, u)
		v := l.load(x)
		a.VSUBPS(u, v, v)
		l.store(v, x)
	})
	a.end()
}

// decayed returns scale g + decay x.
func (l *lanes) decayed(g, x reg.GPVirtual, scale, decay reg.VecVirtual) reg.VecVirtual {
	d, v := l.load(g), l.load(x)
	l.VMULPS(scale, d, d)
	l.VMULPS(decay, v, v)
	l.VADDPS(v, d, d)
	return d
}

// dotWide generates an inner product in float64.
func (a *assembler) dotWide() {
	a.function("dotWide"+a.isa.name, "func(x, y *float32, n int) float64")
	x, y := a.pointer("x"), a.pointer("y")
	var sums [4]reg.VecVirtual
	for i := range sums {
		sums[i] = a.zero()
	}
	a.sweep(span{n: a.pointer("n"), floats: []reg.GPVirtual{x, y}, half: true}, func(v *lanes) {
		a.VFMADD231PD(v.loadWide(x), v.loadWide(y), sums[v.at])
	})
	a.VADDPD(sums[0], sums[1], sums[0])
	a.VADDPD(sums[2], sums[3], sums[2])
	a.VADDPD(sums[0], sums[2], sums[0])
	a.Store(a.total(sums[0]), a.ReturnIndex(0))
	a.end()
}

// total returns the sum of the float64 of s.
func (a *assembler) total(s reg.VecVirtual) reg.VecVirtual {
	low := s.AsY()
	if a.isa.wide() {
		high := a.YMM()
		a.VEXTRACTF64X4(Imm(1), s, high)
		both := a.YMM()
		a.VADDPD(high, low, both)
		low = both.AsY()
	}
	high, sum := a.XMM(), a.XMM()
	a.VEXTRACTF128(Imm(1), low, high)
	a.VADDPD(high, low.(reg.Vec).AsX(), sum)
	a.VPERMILPD(Imm(1), sum, high)
	a.VADDSD(high, sum, sum)
	return sum
}
