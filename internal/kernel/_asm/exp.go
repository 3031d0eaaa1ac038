package main

import (
	"math"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// exponential holds the constants of exp.
type exponential struct {
	scale, round, ln2 reg.VecVirtual
	series            []reg.VecVirtual
}

// expSeries approximates exp r = 1 + r + r² (c0 + c1 r + ...) for |r| <= ln 2 / 2,
// by Chebyshev interpolation, to 2.3e-10.
var expSeries = []float64{0.5000000013457727, 0.16666666681614256, 0.04166646500604005, 0.008333310934448869, 0.0013933641031986701, 0.00019890980869750327}

func (a *assembler) constant(x float64) reg.VecVirtual {
	r := a.vec()
	a.VMOVUPD(a.double(x), r)
	return r
}

func (a *assembler) newExponential() exponential {
	e := exponential{scale: a.constant(1 / math.Ln2), round: a.constant(3 << 51), ln2: a.constant(math.Ln2)}
	for _, c := range expSeries {
		if a.isa.wide() {
			e.series = append(e.series, a.constant(c))
		}
	}
	return e
}

// exp returns exp x, for |x| <= 708 or NaN: 2^k exp r with k ln 2 + r = x. Adding
// round leaves k in the low bits of a number.
func (v *lanes) exp(e exponential, x reg.VecVirtual) reg.VecVirtual {
	k, r, p := v.vec(), v.vec(), v.vec()
	v.VMOVAPD(e.round, k)
	v.VFMADD231PD(e.scale, x, k)
	v.VSUBPD(e.round, k, p)
	v.VMOVAPD(x, r)
	v.VFNMADD231PD(e.ln2, p, r)
	last := len(expSeries) - 1
	if v.isa.wide() {
		v.VMOVAPD(e.series[last], p)
	} else {
		v.VMOVUPD(v.double(expSeries[last]), p)
	}
	for i := last - 1; i >= 0; i-- {
		if v.isa.wide() {
			v.VFMADD213PD(e.series[i], r, p)
		} else {
			v.VFMADD213PD(v.double(expSeries[i]), r, p)
		}
	}
	one := v.double(1)
	v.VFMADD213PD(one, r, p)
	v.VFMADD213PD(one, r, p)
	v.VPSLLQ(Imm(52), k, k)
	v.VPADDQ(k, p, p)
	return p
}

// softmax generates what softmax and its gradient take, row by row.
func (a *assembler) softmax() {
	a.softmaxRows()
	a.addLogs()
	for _, add := range []bool{false, true} {
		a.labelGradient(add)
	}
}

// softmaxRows generates softmax: y [rows, channels], and of each row the largest
// x and the sum of exp(x - largest).
func (a *assembler) softmaxRows() {
	a.function("softmaxRows"+a.isa.name, "func(y, x *float32, largest, sums *float64, rows, channels int)")
	y, x := a.pointer("y"), a.pointer("x")
	tops, sums, rows := a.pointer("largest"), a.pointer("sums"), a.pointer("rows")
	n, p, q := a.GP64(), a.GP64(), a.GP64()
	e := a.newExponential()
	least, lowest := a.constant(-87.33), a.vec()
	a.VBROADCASTSS(a.single(float32(math.Inf(-1))), lowest)
	channels := a.pointer("channels")
	a.Label("row")

	a.MOVQ(x, p)
	a.MOVQ(channels, n)
	top := a.vec()
	a.VMOVAPS(lowest, top)
	a.sweep(span{n: n, floats: []reg.GPVirtual{p}, half: true, turn: 1}, func(v *lanes) {
		f := v.fill(v.load(p), lowest)
		a.VMAXPS(f, sized(top, f), sized(top, f))
	})
	m := a.vec()
	a.greatest(top, m)
	a.VMOVSD(m.AsX(), Mem{Base: tops})

	a.MOVQ(x, p)
	a.MOVQ(y, q)
	a.MOVQ(channels, n)
	sum := a.zero()
	a.sweep(span{n: n, floats: []reg.GPVirtual{p, q}, half: true, turn: 1}, func(v *lanes) {
		v.fetch(p, q)
		d := v.loadWide(p)
		a.VSUBPD(m, d, d)
		r := v.exp(e, d)
		v.dropBelow(r, d, least)
		if v.masked {
			r = v.fillDouble(r, v.zero())
		}
		a.VADDPD(r, sum, sum)
		v.store(v.narrow(r), q)
	})
	total := a.total(sum)
	a.VMOVSD(total, Mem{Base: sums})
	scale, one := a.vec(), a.XMM()
	a.VMOVSD(a.double(1), one)
	a.VDIVSD(total, one, total)
	a.VCVTSD2SS(total, total, total)
	a.VBROADCASTSS(total, scale)

	a.MOVQ(channels, n)
	// Loads as wide as the stores before: others would wait for these.
	a.sweep(span{n: n, floats: []reg.GPVirtual{y}, half: true, turn: 1}, func(v *lanes) {
		r := v.load(y)
		a.VMULPS(sized(scale, r), r, r)
		v.store(r, y)
	})
	a.MOVQ(p, x)
	a.ADDQ(Imm(8), tops)
	a.ADDQ(Imm(8), sums)
	a.DECQ(rows)
	a.JNZ(LabelRef("row"))
	a.end()
}

// dropBelow makes r 0 where x < least.
func (v *lanes) dropBelow(r, x, least reg.VecVirtual) {
	const notBelow = 5 // or NaN
	if v.isa.wide() {
		k := v.K()
		v.VCMPPD(Imm(notBelow), least, x, k)
		v.VMOVAPD_Z(r, k, r)
		return
	}
	mask := v.YMM()
	v.VCMPPD(Imm(notBelow), least, x, mask)
	v.VANDPD(mask, r, r)
}

// greatest sets m to the greatest float of half a register, in float64 in all
// lanes.
func (a *assembler) greatest(x, m reg.VecVirtual) {
	most, other := a.XMM(), a.XMM()
	if a.isa.wide() {
		a.VEXTRACTF128(Imm(1), x.AsY(), other)
		a.VMAXPS(other, x.AsX(), most)
	} else {
		a.VMOVAPS(x.AsX(), most)
	}
	a.VPERMILPS(Imm(0b01_00_11_10), most, other)
	a.VMAXPS(other, most, most)
	a.VPERMILPS(Imm(0b10_11_00_01), most, other)
	a.VMAXPS(other, most, most)
	a.VCVTSS2SD(most, most, most)
	a.VBROADCASTSD(most, m)
}

// logSeries approximates 2 atanh(s) / s by powers of s², for |s| up to that of
// the root of 2, to 1.5e-12.
var logSeries = []float64{2.0000000000083595, 0.6666666524748752, 0.4000038467237519, 0.2853505103781631, 0.23616359099145987}

// log returns log x, for normal x > 0: with x = 2^k f, f next to 1,
// log x = k ln 2 + 2 atanh((f-1)/(f+1)). Of +Inf and NaN it is NaN.
func (v *lanes) log(x reg.VecVirtual) reg.VecVirtual {
	const (
		bias  = 1024 // of k, so that it is no negative number
		exact = 1 << 52
	)
	from := math.Float64frombits(math.Float64bits(math.Sqrt2/2) - bias<<52)
	k, f, s := v.vec(), v.vec(), v.vec()
	v.VPSUBQ(v.double(from), x, k)
	v.VPSRLQ(Imm(52), k, k)
	v.VPSLLQ(Imm(52), k, s)
	v.VPSUBQ(s, x, f)
	v.VPADDQ(v.double(math.Float64frombits(bias<<52)), f, f)
	v.VPADDQ(v.double(exact), k, k)
	v.VSUBPD(v.double(exact+bias), k, k)
	v.VADDPD(v.double(1), f, s)
	v.VSUBPD(v.double(1), f, f)
	v.VDIVPD(s, f, s)
	z, p := v.vec(), v.vec()
	v.VMULPD(s, s, z)
	last := len(logSeries) - 1
	v.VMOVUPD(v.double(logSeries[last]), p)
	for i := last - 1; i >= 0; i-- {
		v.VFMADD213PD(v.double(logSeries[i]), z, p)
	}
	v.VMULPD(s, p, p)
	v.VFMADD231PD(v.double(math.Ln2), k, p)
	v.VSUBPD(x, x, z) // 0, or NaN of what has no logarithm
	v.VADDPD(z, p, p)
	return p
}

// addLogs generates y += log x for x >= 1.
func (a *assembler) addLogs() {
	a.function("addLogs"+a.isa.name, "func(y, x *float64, n int)")
	y, x := a.pointer("y"), a.pointer("x")
	one := a.constant(1)
	a.sweep(span{n: a.pointer("n"), doubles: []reg.GPVirtual{y, x}, half: true, turn: 1}, func(v *lanes) {
		t := v.loadDouble(x)
		if v.masked {
			t = v.fillDouble(t, one)
		}
		p := v.log(t)
		a.VADDPD(v.loadDouble(y), p, p)
		v.storeDouble(p, y)
	})
	a.end()
}

// powers generates x = x^exponent exp(shift) where x is a normal number > 0.
func (a *assembler) powers() {
	a.function("powers"+a.isa.name, "func(x, shift *float32, n int, exponent float64)")
	x, shift := a.pointer("x"), a.pointer("shift")
	m, err := a.Param("exponent").Resolve()
	if err != nil {
		panic(err)
	}
	exponent := a.vec()
	a.VBROADCASTSD(m.Addr, exponent)
	e := a.newExponential()
	least, most, zero := a.constant(-87.33), a.constant(708), a.zero()
	a.sweep(span{n: a.pointer("n"), floats: []reg.GPVirtual{x, shift}, half: true, turn: 1}, func(v *lanes) {
		f := v.load(x)
		p := v.log(v.widen(f))
		a.VFMADD213PD(v.loadWide(shift), exponent, p)
		a.VMINPD(p, most, p) // in this order NaN remains
		r := v.exp(e, p)
		v.dropBelow(r, p, least)
		v.store(v.wherePositive(f, v.narrow(r), sized(zero, f)), x)
	})
	a.end()
}

// wherePositive returns r where x > 0, else x.
func (v *lanes) wherePositive(x, r reg.VecVirtual, zero reg.Register) reg.VecVirtual {
	const greater = 0x1e // and not NaN
	if v.isa.wide() {
		k := v.K()
		v.VCMPPS(Imm(greater), zero, x, k)
		v.VMOVAPS(r, k, x)
		return x
	}
	mask := v.floats()
	v.VCMPPS(Imm(greater), zero, x, mask)
	v.VBLENDVPS(mask, r, x, x)
	return x
}

// labelGradient generates the gradient by logits: see labelGradientPlain.
func (a *assembler) labelGradient(add bool) {
	kind := "Set"
	if add {
		kind = "Add"
	}
	a.function("labelGradient"+kind+a.isa.name, "func(gx, p, each *float32, common *float64, labels *float32, scale float32, rows, channels int)")
	gx, p, each := a.pointer("gx"), a.pointer("p"), a.pointer("each")
	common, labels, rows := a.pointer("common"), a.pointer("labels"), a.pointer("rows")
	scale := a.broadcast("scale")
	channels, n, q, w, g := a.pointer("channels"), a.GP64(), a.GP64(), a.GP64(), a.GP64()
	a.Label("row")

	a.MOVQ(p, q)
	a.MOVQ(each, w)
	a.MOVQ(channels, n)
	sum := a.zero()
	a.sweep(span{n: n, floats: []reg.GPVirtual{q, w}, half: true, turn: 1}, func(v *lanes) {
		v.fetch(q)
		s := v.load(q)
		a.VMULPS(v.load(w), s, s)
		a.VADDPD(v.widen(s), sum, sum)
	})
	total, base := a.total(sum), a.XMM()
	a.VMOVSD(Mem{Base: common}, base)
	a.VSUBSD(total, base, base)
	a.VCVTSD2SS(base, base, base)
	shared := a.vec()
	a.VBROADCASTSS(base, shared)

	// The gradient of the label comes last: it is written as 0 first.
	a.MOVQ(gx, g)
	a.MOVQ(each, w)
	a.MOVQ(channels, n)
	label, at, step := a.vec(), a.vec(), a.vec()
	index := a.GP64()
	a.VCVTTSS2SIQ(Mem{Base: labels}, index)
	low := a.XMM()
	a.VMOVQ(index, low)
	a.VPBROADCASTD(low, label)
	a.VMOVDQU(a.counting(), at.AsY())
	a.VPBROADCASTD(a.integer(uint32(a.isa.lanes()/2)), step)
	a.VXORPS(sum.AsY(), sum.AsY(), sum.AsY())
	a.sweep(span{n: n, floats: []reg.GPVirtual{p, w, g}, half: true, turn: 1}, func(v *lanes) {
		v.fetch(g)
		d := v.load(w)
		here, atHere, labelHere, stepHere := sized(shared, d), sized(at, d), sized(label, d), sized(step, d)
		a.VADDPS(here, d, d)
		s := v.load(p)
		a.VMULPS(sized(scale, d), s, s)
		a.VMULPS(s, d, d)
		if a.isa.wide() {
			k := a.K()
			a.VPCMPD(Imm(4), labelHere, atHere, k)
			a.VMOVAPS_Z(d, k, d)
		} else {
			mask := v.floats()
			a.VPCMPEQD(labelHere, atHere, mask)
			a.VANDNPS(d, mask, d)
		}
		a.VPADDD(stepHere, atHere, atHere)
		a.VADDPD(v.widen(d), sum, sum)
		if add {
			a.VADDPS(v.load(g), d, d)
		}
		v.store(d, g)
	})
	others := a.total(sum)
	a.VCVTSD2SS(others, others, others)
	own := a.XMM()
	m := Mem{Base: gx, Index: index, Scale: 4}
	a.VMOVSS(m, own)
	a.VSUBSS(others, own, own)
	a.VMOVSS(own, m)

	a.MOVQ(g, gx)
	a.ADDQ(Imm(8), common)
	a.ADDQ(Imm(4), labels)
	a.DECQ(rows)
	a.JNZ(LabelRef("row"))
	a.end()
}
