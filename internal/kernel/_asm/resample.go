package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of the package's type columns.
const (
	columnsY = 8 * iota
	columnsYS
	columnsX
	columnsXS
	columnsSkip
	columnsFirst
	columnsStart
	columnsWeight
	columnsN
	columnsBody
	columnsAdd
	columnsScale
	columnsBits
	columnsMask
)

// resampling generates the loops of resampling: sums of rows, and of the pixels
// of a row.
func (a *assembler) resampling() {
	a.mixRows()
	a.mixColumns()
}

// mixRows generates y = sum over the k rows of w times the vector at x + at,
// eight vectors at a time so that the list of rows is read seldom.
func (a *assembler) mixRows() {
	a.function("mixRows"+a.isa.name, "func(y, x *float32, n int, at *int, w *float32, k, add int)")
	y, x, n := a.pointer("y"), a.pointer("x"), a.pointer("n")
	at, w, k, add := a.pointer("at"), a.pointer("w"), a.pointer("k"), a.pointer("add")
	i, row := a.GP64(), a.GP64()
	turn := func(label string, vectors int, v lanes) {
		// The first row begins the sums: a product added to zero would lose
		// the sign of a zero.
		sums := make([]reg.VecVirtual, vectors)
		factor := a.vec()
		product := func(first bool) {
			a.MOVQ(Mem{Base: at, Index: i, Scale: 8}, row)
			a.LEAQ(Mem{Base: x, Index: row, Scale: 4}, row)
			a.VBROADCASTSS(Mem{Base: w, Index: i, Scale: 4}, factor)
			for v.at = range vectors {
				if first {
					sums[v.at] = v.load(row)
					a.VMULPS(factor, sums[v.at], sums[v.at])
				} else {
					a.VFMADD231PS(v.load(row), factor, sums[v.at])
				}
			}
		}
		a.XORQ(i, i)
		product(true)
		a.JMP(LabelRef(label + "more"))
		a.Label(label + "row")
		product(false)
		a.Label(label + "more")
		a.INCQ(i)
		a.CMPQ(i, k)
		a.JL(LabelRef(label + "row"))
		a.TESTQ(add, add)
		a.JZ(LabelRef(label + "store"))
		for v.at = range vectors {
			a.VADDPS(v.load(y), sums[v.at], sums[v.at])
		}
		a.Label(label + "store")
		for v.at = range vectors {
			v.store(sums[v.at], y)
		}
	}
	for _, s := range []struct {
		label, next string
		vectors     int
	}{{"eight", "three", 8}, {"three", "one", 3}, {"one", "tail", 1}} {
		a.Label(s.label)
		a.CMPQ(n, U32(s.vectors*a.isa.lanes()))
		a.JL(LabelRef(s.next))
		turn(s.label, s.vectors, a.whole())
		a.ADDQ(U32(s.vectors*a.isa.bytes), x)
		a.ADDQ(U32(s.vectors*a.isa.bytes), y)
		a.SUBQ(U32(s.vectors*a.isa.lanes()), n)
		a.JMP(LabelRef(s.label))
	}
	a.Label("tail")
	a.TESTQ(n, n)
	a.JZ(LabelRef("done"))
	turn("tail", 1, a.rest(n))
	a.Label("done")
	a.end()
}

// mixColumns generates, for each output of a table, the sum of weights times
// pixels: a body for pixels of one to four vectors, the last of them under a
// mask, or whole, or whole and written past the caches.
func (a *assembler) mixColumns() {
	a.function("mixColumns"+a.isa.name, "func(p *columns)")
	p := a.pointer("p")
	m := &columns{assembler: a}
	load := func(offset int) reg.GPVirtual {
		r := a.GP64()
		a.MOVQ(Mem{Base: p, Disp: offset}, r)
		return r
	}
	m.y, m.ys, m.x, m.xs = load(columnsY), load(columnsYS), load(columnsX), load(columnsXS)
	a.SUBQ(Mem{Base: p, Disp: columnsSkip}, m.x)
	m.first, m.start, m.w, m.n, m.add = load(columnsFirst), load(columnsStart), load(columnsWeight), load(columnsN), load(columnsAdd)
	m.read = a.GP64()
	a.MOVLQSX(Mem{Base: m.start}, m.read)
	a.LEAQ(Mem{Base: m.w, Index: m.read, Scale: 4}, m.w)
	m.i = a.GP64()
	a.XORQ(m.i, m.i)
	m.scale = a.vec()
	a.VBROADCASTSS(Mem{Base: p, Disp: columnsScale}, m.scale)
	if a.isa.wide() {
		m.bits = a.K()
		a.KMOVW(Mem{Base: p, Disp: columnsBits}, m.bits)
	} else {
		mask := load(columnsMask)
		m.mask = a.YMM()
		a.VMOVDQU(Mem{Base: mask}, m.mask)
	}
	body := load(columnsBody)
	last := 4*len(kinds) - 1
	for i := range last {
		a.CMPQ(body, U32(i))
		a.JEQ(LabelRef(fmt.Sprint("body", i)))
	}
	for i := last; i >= 0; i-- { // the last falls through
		m.body(fmt.Sprint("body", i), i/len(kinds)+1, kinds[i%len(kinds)])
	}
}

// kinds of bodies, by how they write the last vector of a pixel.
const (
	masked = iota
	whole
	streamed
)

var kinds = []int{masked, whole, streamed}

// columns generates the bodies of mixColumns.
type columns struct {
	*assembler
	y, ys, x, xs    reg.GPVirtual
	first, start, w reg.GPVirtual
	i, n            reg.GPVirtual
	read            reg.GPVirtual // weights: start[i]
	add             reg.GPVirtual
	scale           reg.VecVirtual
	bits            reg.OpmaskVirtual
	mask            reg.VecVirtual
}

func (m *columns) body(label string, vectors, kind int) {
	vector := func(i int) *lanes {
		return &lanes{assembler: m.assembler, at: i, count: m.isa.lanes(), masked: i == vectors-1 && kind == masked, bits: m.bits, mask: m.mask}
	}
	sums := make([]reg.VecVirtual, vectors)
	for i := range sums {
		sums[i] = m.vec()
	}
	at, k := m.GP64(), m.GP64()
	factor, second := m.vec(), m.vec()
	product := func(f reg.VecVirtual, first bool) {
		for i, s := range sums {
			v := vector(i)
			var x Op = Mem{Base: at, Disp: i * m.isa.bytes}
			if v.masked {
				x = v.load(at)
			}
			if first {
				m.VMULPS(x, f, s)
			} else {
				m.VFMADD231PS(x, f, s)
			}
		}
	}

	m.Label(label)
	m.MOVLQSX(Mem{Base: m.first, Index: m.i, Scale: 4}, at)
	m.IMULQ(m.xs, at)
	m.ADDQ(m.x, at)
	m.ADDL(Imm(2), m.read.As32())
	m.CMPL(m.read.As32(), Mem{Base: m.start, Index: m.i, Scale: 4, Disp: 4})
	m.JNE(LabelRef(label + "other"))
	m.scaled(Mem{Base: m.w}, factor)
	m.scaled(Mem{Base: m.w, Disp: 4}, second)
	m.ADDQ(Imm(8), m.w)
	product(factor, true)
	m.ADDQ(m.xs, at)
	product(second, false)

	m.Label(label + "made")
	if kind != streamed {
		m.TESTQ(m.add, m.add)
		m.JZ(LabelRef(label + "store"))
		for i, s := range sums {
			m.VADDPS(vector(i).load(m.y), s, s)
		}
	}
	m.Label(label + "store")
	for i, s := range sums {
		if kind == streamed {
			m.VMOVNTPS(s, Mem{Base: m.y, Disp: i * m.isa.bytes})
		} else {
			vector(i).store(s, m.y)
		}
	}
	m.ADDQ(m.ys, m.y)
	m.INCQ(m.i)
	m.CMPQ(m.i, m.n)
	m.JL(LabelRef(label))
	if kind == streamed {
		m.SFENCE()
	}
	m.end()

	m.Label(label + "other")
	m.MOVL(Mem{Base: m.start, Index: m.i, Scale: 4, Disp: 4}, k.As32())
	m.SUBL(m.read.As32(), k.As32())
	m.ADDL(k.As32(), m.read.As32())
	m.ADDL(Imm(2), k.As32())
	m.JZ(LabelRef(label + "none"))
	m.scaled(Mem{Base: m.w}, factor)
	product(factor, true)
	m.Label(label + "next")
	m.ADDQ(Imm(4), m.w)
	m.DECL(k.As32())
	m.JZ(LabelRef(label + "made"))
	m.ADDQ(m.xs, at)
	m.scaled(Mem{Base: m.w}, factor)
	product(factor, false)
	m.JMP(LabelRef(label + "next"))

	m.Label(label + "none")
	for _, s := range sums {
		m.VXORPS(s.AsY(), s.AsY(), s.AsY())
	}
	m.JMP(LabelRef(label + "made"))
}

// scaled sets f to the weight at w times the scale.
func (m *columns) scaled(w Mem, f reg.VecVirtual) {
	if m.isa.wide() {
		m.VMULPS_BCST(w, m.scale, f)
		return
	}
	m.VBROADCASTSS(w, f)
	m.VMULPS(f, m.scale, f)
}

// whole is a full vector of floats, and rest what n is less than one.
func (a *assembler) whole() lanes { return lanes{assembler: a, count: a.isa.lanes()} }

func (a *assembler) rest(n reg.GPVirtual) lanes {
	v := a.whole()
	v.masked = true
	v.hide(n)
	return v
}
