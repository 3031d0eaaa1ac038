package main

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// vectors generates the primitives over whole slices. Each has four vectors a
// turn, then one, then the rest under a mask.
func (a *assembler) vectors() {
	name := a.isa.name
	a.function("axpy"+name, "func(y, x *float32, n int, a float32)")
	y, x := a.pointer("y"), a.pointer("x")
	f := a.broadcast("a")
	a.sweep(span{n: a.pointer("n"), floats: []reg.GPVirtual{y, x}}, func(v *lanes) {
		s := v.load(y)
		a.VFMADD231PS(v.load(x), f, s)
		v.store(s, y)
	})
	a.end()

	a.function("axpyFour"+name, "func(y, x *float32, stride, n int, a0, a1, a2, a3 float32)")
	y, x = a.pointer("y"), a.pointer("x")
	stride := a.pointer("stride")
	rows := []reg.GPVirtual{x}
	factors := []reg.VecVirtual{a.broadcast("a0")}
	for i, arg := range []string{"a1", "a2", "a3"} {
		r := a.GP64()
		a.LEAQ(Mem{Base: rows[i], Index: stride, Scale: 1}, r)
		rows, factors = append(rows, r), append(factors, a.broadcast(arg))
	}
	a.sweep(span{n: a.pointer("n"), floats: append([]reg.GPVirtual{y}, rows...)}, func(v *lanes) {
		s := v.load(y)
		v.fetch(rows...)
		for i, r := range rows {
			a.VFMADD231PS(v.load(r), factors[i], s)
		}
		v.store(s, y)
	})
	a.end()

	a.function("add"+name, "func(y, x *float32, n int)")
	y, x = a.pointer("y"), a.pointer("x")
	a.sweep(span{n: a.pointer("n"), floats: []reg.GPVirtual{y, x}}, func(v *lanes) {
		s := v.load(y)
		a.VADDPS(v.load(x), s, s)
		v.store(s, y)
	})
	a.end()

	a.function("scale"+name, "func(y *float32, n int, a float32)")
	y = a.pointer("y")
	f = a.broadcast("a")
	a.sweep(span{n: a.pointer("n"), floats: []reg.GPVirtual{y}}, func(v *lanes) {
		s := v.load(y)
		a.VMULPS(f, s, s)
		v.store(s, y)
	})
	a.end()

	a.dot()
	a.dotFour()
}

func (a *assembler) dot() {
	a.function("dot"+a.isa.name, "func(x, y *float32, n int) float32")
	x, y := a.pointer("x"), a.pointer("y")
	var sums [4]reg.VecVirtual
	for i := range sums {
		sums[i] = a.vec()
		a.VXORPS(sums[i].AsY(), sums[i].AsY(), sums[i].AsY())
	}
	a.sweep(span{n: a.pointer("n"), floats: []reg.GPVirtual{x, y}}, func(v *lanes) {
		v.fetch(y)
		a.VFMADD231PS(v.load(x), v.load(y), sums[v.at])
	})
	a.VADDPS(sums[0], sums[1], sums[0])
	a.VADDPS(sums[2], sums[3], sums[2])
	a.VADDPS(sums[0], sums[2], sums[0])
	result := a.ReturnIndex(0)
	a.Store(a.across(sums[0]), result)
	a.end()
}

// dotFour generates the inner products of y with four vectors, stride bytes apart.
func (a *assembler) dotFour() {
	a.function("dotFour"+a.isa.name, "func(sums *[4]float32, x *float32, stride int, y *float32, n int)")
	rows := []reg.GPVirtual{a.pointer("x")}
	stride, y := a.pointer("stride"), a.pointer("y")
	var sums [4][2]reg.VecVirtual
	for i := range sums {
		if i > 0 {
			r := a.GP64()
			a.LEAQ(Mem{Base: rows[i-1], Index: stride, Scale: 1}, r)
			rows = append(rows, r)
		}
		for j := range sums[i] {
			sums[i][j] = a.vec()
			a.VXORPS(sums[i][j].AsY(), sums[i][j].AsY(), sums[i][j].AsY())
		}
	}
	a.sweep(span{n: a.pointer("n"), floats: append([]reg.GPVirtual{y}, rows...), turn: 2}, func(v *lanes) {
		v.fetch(y)
		b := v.load(y)
		for i, r := range rows {
			a.VFMADD231PS(v.load(r), b, sums[i][v.at])
		}
	})
	to := a.pointer("sums")
	for i := range sums {
		a.VADDPS(sums[i][0], sums[i][1], sums[i][0])
		a.VMOVSS(a.across(sums[i][0]), Mem{Base: to, Disp: 4 * i})
	}
	a.end()
}

// across returns the sum of all floats of x, which is gone then.
func (a *assembler) across(x reg.VecVirtual) reg.VecVirtual {
	s := x.AsY()
	if a.isa.wide() {
		high := a.YMM()
		a.VEXTRACTF64X4(Imm(1), x, high)
		a.VADDPS(high, s, s)
	}
	high := a.XMM()
	a.VEXTRACTF128(Imm(1), s, high)
	a.VADDPS(high, x.AsX(), high)
	swapped := a.XMM()
	a.VPERMILPS(Imm(0b01_00_11_10), high, swapped)
	a.VADDPS(swapped, high, high)
	a.VPERMILPS(Imm(0b10_11_00_01), high, swapped)
	a.VADDSS(swapped, high, high)
	return high
}

func (a *assembler) pointer(param string) reg.GPVirtual {
	r := a.GP64()
	a.Load(a.Param(param), r)
	return r
}

func (a *assembler) broadcast(param string) reg.VecVirtual {
	m, err := a.Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	v := a.vec()
	a.VBROADCASTSS(m.Addr, v)
	return v
}

// peak generates a loop of independent products and sums in registers, four
// turns of ten at a time.
func (a *assembler) peak() {
	a.function("peak"+a.isa.name, "func(n int)")
	n := a.pointer("n")
	x := a.vec()
	a.VXORPS(x.AsY(), x.AsY(), x.AsY())
	var sums [10]reg.VecVirtual
	for i := range sums {
		sums[i] = a.vec()
		a.VMOVAPS(x, sums[i])
	}
	a.Label("turn")
	for range 4 {
		for _, s := range sums {
			a.VFMADD231PS(x, x, s)
		}
	}
	a.DECQ(n)
	a.JNZ(LabelRef("turn"))
	a.end()
}

// transpose generates to[i][j] = from[j][i] for blocks of eight i by eight j:
// halves of rows that are four apart are read side by side, and in these there
// are two rounds of exchanges, of neighbours and of pairs. From block to block
// it goes on by toStep and fromStep. With add it adds to what is there,
// which it asks for seven lines early: of eight rows at once memory brings none by itself.
func (a *assembler) transpose() {
	a.function("transposeEight", "func(to, from *float32, toStride, fromStride, toStep, fromStep, blocks, add int)")
	to, from := a.pointer("to"), a.pointer("from")
	toStride, fromStride := a.pointer("toStride"), a.pointer("fromStride")
	toStep, fromStep := a.pointer("toStep"), a.pointer("fromStep")
	blocks, add := a.pointer("blocks"), a.pointer("add")
	a.Label("block")
	var r, s [8]reg.VecVirtual
	p, q := a.GP64(), a.GP64()
	a.MOVQ(from, p)
	a.LEAQ(Mem{Base: from, Index: fromStride, Scale: 4}, q)
	for j := range 4 {
		for h := range 2 {
			x := a.YMM()
			a.VMOVUPS(Mem{Base: p, Disp: 16 * h}, x.AsX())
			a.VINSERTF128(Imm(1), Mem{Base: q, Disp: 16 * h}, x, x)
			r[4*h+j], s[4*h+j] = x, a.YMM()
		}
		a.ADDQ(fromStride, p)
		a.ADDQ(fromStride, q)
	}
	for j := 0; j < 8; j += 2 {
		a.VUNPCKLPS(r[j+1], r[j], s[j])
		a.VUNPCKHPS(r[j+1], r[j], s[j+1])
	}
	for j := 0; j < 8; j += 4 {
		for h := range 2 {
			a.VUNPCKLPD(s[j+2+h], s[j+h], r[j+2*h])
			a.VUNPCKHPD(s[j+2+h], s[j+h], r[j+2*h+1])
		}
	}
	a.TESTQ(add, add)
	a.JZ(LabelRef("store"))
	a.MOVQ(to, p)
	for _, row := range r {
		a.PREFETCHT0(Mem{Base: p, Disp: 448})
		a.VADDPS(Mem{Base: p}, row, row)
		a.ADDQ(toStride, p)
	}
	a.Label("store")
	a.MOVQ(to, p)
	for _, row := range r {
		a.VMOVUPS(row, Mem{Base: p})
		a.ADDQ(toStride, p)
	}
	a.ADDQ(toStep, to)
	a.ADDQ(fromStep, from)
	a.DECQ(blocks)
	a.JNZ(LabelRef("block"))
	a.end()
}
