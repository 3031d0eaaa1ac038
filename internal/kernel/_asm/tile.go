package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets of the fields of the package's type tile.
const (
	tileC = 8 * iota
	tileCM
	tileA
	tileAM
	tileAK
	tileB
	tileBK
	tileSegs
	tileNSegs
	tileK
	tileBias
	tileFlags
	tileSlope
	tileBits
	tileMask
	tileAhead
	tileNext
	tilePace
	tileTap
	tileHead
	tileTail
	tilePaceC
	tileCount
	tileANext
	tileCNext
	tileFrom
)

const (
	flagAdd    = 1
	flagLeaky  = 2
	flagPadded = 4
)

// tiles generates every variant for an instruction set, and the tables by which
// package kernel finds them: [vectors - 1][rows].
func (a *assembler) tiles() {
	for _, column := range []bool{false, true} {
		mode := map[bool]string{false: "Row", true: "Column"}[column]
		table := fmt.Sprintf("\nvar tiles%s%s = tileTable{\n", mode, a.isa.name)
		for i, rows := range a.isa.rows {
			nv := i + 1
			if column && nv > 3 { // those are for short sums
				break
			}
			table += "\t{nil"
			for mr := 1; mr <= rows; mr++ {
				k := &tileKernel{assembler: a, column: column, mr: mr, nv: nv}
				k.name = fmt.Sprintf("tile%s%s_%dx%d", mode, a.isa.name, mr, nv)
				k.generate()
				table += ", " + k.name
			}
			table += "},\n"
		}
		a.stubs.WriteString(table + "}\n")
	}
}

// A tileKernel is the generator of one variant: mr rows of nv vectors.
//
// In mode "row", A's elements of a row are adjacent in k (ak is 4 bytes); in
// mode "column", A's elements of a step are adjacent in m (am is 4 bytes).
type tileKernel struct {
	*assembler
	name   string
	column bool
	mr, nv int

	p        reg.GPVirtual
	a, b, am reg.GPVirtual
	ak, bk   reg.GPVirtual
	bases    []reg.GPVirtual // of every third row, in row mode
	acc      [][]reg.VecVirtual
	bits     reg.OpmaskVirtual
	mask     reg.VecVirtual
	count    reg.GPVirtual // of the last vector's elements
	parts    int           // calls of writePart
	maskAt   reg.GPVirtual // the mask in memory, for tiles that have no register left

	turn  reg.GPVirtual // how far C's next row lies behind every turns-th one, if not cm
	turns int

	again func() // sets what differs in the next of several tiles; nil: there is one

	next, pace reg.GPVirtual // what is prefetched with the next product, and how far it then moves
}

func (t *tileKernel) generate() {
	t.function(t.name, "func(p *tile)")
	t.p = t.GP64()
	t.Load(t.Param("p"), t.p)
	t.loadMask()
	t.again = func() {}
	t.Label("tile")
	t.start()
	t.askForC()
	t.eitherProducts(t.products)
	t.finish()
}

// eitherProducts generates the products for B's last vectors of which only a part
// may be read and for whole ones: a load with a mask takes a place among the
// products, with AVX-512 too, where one in each step costs 5 %.
func (t *tileKernel) eitherProducts(products func()) {
	t.ifWhole(t.field(tileBits), "productsWhole")
	t.TESTQ(U32(flagPadded), t.field(tileFlags))
	t.JNZ(LabelRef("productsWhole"))
	products()
	t.JMP(LabelRef("finish"))
	t.Label("productsWhole")
	t.unmasked = true
	products()
	t.unmasked = false
	t.Label("finish")
}

// either generates f once where masks cost little, else for a last vector that is
// partial and for one that is whole. The label is for jumps.
func (t *tileKernel) either(label string, f func()) {
	if t.isa.wide() {
		f()
		return
	}
	t.ifWhole(t.field(tileBits), label+"Whole")
	f()
	t.JMP(LabelRef(label + "Done"))
	t.Label(label + "Whole")
	t.unmasked = true
	f()
	t.unmasked = false
	t.Label(label + "Done")
}

func (t *tileKernel) field(offset int) Mem { return Mem{Base: t.p, Disp: offset} }

func (t *tileKernel) load(offset int) reg.GPVirtual {
	r := t.GP64()
	t.MOVQ(t.field(offset), r)
	return r
}

func (t *tileKernel) loadMask() {
	if t.unmasked {
		return
	}
	if t.isa.wide() {
		t.bits = t.K()
		t.KMOVW(t.field(tileBits), t.bits)
		return
	}
	t.maskAt = t.load(tileMask)
	if t.nv <= 2 {
		t.mask = t.YMM()
		t.VMOVDQU(Mem{Base: t.maskAt}, t.mask)
	}
}

// read loads vector n of those at m; the last one only as far as the mask goes.
func (t *tileKernel) read(m Mem, n int, v reg.VecVirtual) {
	m.Disp += t.isa.bytes * n
	switch {
	case n < t.nv-1 || t.unmasked:
		t.VMOVUPS(m, v)
	case t.isa.wide():
		t.VMOVUPS_Z(m, t.bits, v)
	case t.mask == nil:
		t.VMOVDQU(Mem{Base: t.maskAt}, v)
		t.VMASKMOVPS(m, v, v)
	default:
		t.VMASKMOVPS(m, t.mask, v)
	}
}

func (t *tileKernel) write(v reg.VecVirtual, m Mem, n int) {
	m.Disp += t.isa.bytes * n
	switch {
	case n < t.nv-1 || t.unmasked:
		t.VMOVUPS(v, m)
	case t.isa.wide():
		t.VMOVUPS(v, t.bits, m)
	default:
		t.writePart(v, m)
	}
}

// start sets the sums to the bias.
func (t *tileKernel) start() {
	bias := t.load(tileBias)
	t.acc = make([][]reg.VecVirtual, t.mr)
	for m := range t.acc {
		t.acc[m] = make([]reg.VecVirtual, t.nv)
		for n := range t.acc[m] {
			t.acc[m][n] = t.vec()
			if m == 0 && n == t.nv-1 {
				t.either("bias", func() { t.read(Mem{Base: bias}, n, t.acc[0][n]) })
			} else if m == 0 {
				t.read(Mem{Base: bias}, n, t.acc[0][n])
			} else {
				t.VMOVAPS(t.acc[0][n], t.acc[m][n])
			}
		}
	}
}

// askForC prefetches the lines of C, which are needed only at the end, or those of
// a later tile.
func (t *tileKernel) askForC() {
	c, cm := t.load(tileC), t.load(tileCM)
	t.ADDQ(t.field(tileAhead), c)
	for m := range t.mr {
		for line := 0; line < t.nv*t.isa.bytes; line += 64 {
			t.PREFETCHT0(Mem{Base: c, Disp: line})
		}
		t.nextRow(m, cm, c)
	}
}

// nextRow moves c on from row m of C, if that is not the last.
func (t *tileKernel) nextRow(m int, cm, c reg.GPVirtual) {
	switch {
	case m == t.mr-1:
	case t.turns > 0 && (m+1)%t.turns == 0:
		t.ADDQ(t.turn, c)
	default:
		t.ADDQ(cm, c)
	}
}

// products runs over the segments and, in each, over k two steps at a time.
func (t *tileKernel) products() {
	segs, nsegs := t.load(tileSegs), t.load(tileNSegs)
	t.a, t.b, t.bk = t.GP64(), t.GP64(), t.load(tileBK)
	if t.column {
		t.ak = t.load(tileAK)
	} else {
		t.am, t.bases = t.load(tileAM), nil
		for m := 0; m < t.mr; m += 3 {
			t.bases = append(t.bases, t.GP64())
		}
	}
	k := t.GP64()
	t.startPrefetch()

	t.Label("segment")
	t.MOVQ(t.field(tileA), t.a)
	t.ADDQ(Mem{Base: segs}, t.a)
	t.MOVQ(t.field(tileB), t.b)
	t.ADDQ(Mem{Base: segs, Disp: 8}, t.b)
	t.ADDQ(Imm(16), segs)
	for i, r := range t.bases {
		if i == 0 {
			t.MOVQ(t.a, r)
		} else {
			t.LEAQ(Mem{Base: t.bases[i-1], Index: t.am, Scale: 2}, r)
			t.ADDQ(t.am, r)
		}
	}
	t.MOVQ(t.field(tileK), k)
	if !t.unmasked { // seldom, and long enough as it is
		t.Label("single")
		t.steps(1)
		t.DECQ(k)
		t.JNZ(t.ref("single"))
		t.DECQ(nsegs)
		t.JNZ(t.ref("segment"))
		t.MOVQ(t.next, t.field(tileNext))
		return
	}
	t.SUBQ(Imm(2), k)
	t.JL(t.ref("odd"))

	t.Label("pair")
	t.steps(2)
	t.SUBQ(Imm(2), k)
	t.JGE(t.ref("pair"))

	t.Label("odd")
	t.ADDQ(Imm(2), k)
	t.JZ(t.ref("next"))
	t.step(0)
	t.Label("next")
	t.DECQ(nsegs)
	t.JNZ(t.ref("segment"))
	t.MOVQ(t.next, t.field(tileNext))
}

// steps does so many steps and moves on.
func (t *tileKernel) steps(n int) {
	for u := range n {
		t.step(u)
	}
	if !t.column {
		for _, r := range t.bases {
			t.ADDQ(Imm(uint64(4*n)), r)
		}
	}
}

// startPrefetch has step ask for the memory that a later tile takes, at a pace
// that spreads it over the products: only about a dozen lines can be under way, and
// products that need one of the second cache wait behind them. Without a pace it is
// p, which is there.
func (t *tileKernel) startPrefetch() {
	t.next, t.pace = t.load(tileNext), t.load(tilePace)
	t.TESTQ(t.pace, t.pace)
	t.CMOVQEQ(t.p, t.next)
}

// step adds one k: a column of A times a row of B. u counts the steps since A's
// row pointers were moved.
func (t *tileKernel) step(u int) {
	t.PREFETCHT0(Mem{Base: t.next})
	t.ADDQ(t.pace, t.next)
	if t.nv > t.mr && !t.isa.wide() {
		t.wideStep(u)
		return
	}
	row := make([]reg.VecVirtual, t.nv)
	for n := range row {
		row[n] = t.vec()
		t.read(Mem{Base: t.b}, n, row[n])
	}
	for m := range t.mr {
		if t.nv == 1 && t.isa.wide() {
			t.VFMADD231PS_BCST(t.element(m, u), row[0], t.acc[m][0])
			continue
		}
		a := t.vec()
		t.VBROADCASTSS(t.element(m, u), a)
		for n := range row {
			t.VFMADD231PS(a, row[n], t.acc[m][n])
		}
	}
	t.ADDQ(t.bk, t.b)
	if t.column {
		t.ADDQ(t.ak, t.a)
	}
}

// wideStep is step with A's elements held and B's vectors one after another: of
// wide tiles these are more.
func (t *tileKernel) wideStep(u int) {
	column := make([]reg.VecVirtual, t.mr)
	for m := range column {
		column[m] = t.vec()
		t.VBROADCASTSS(t.element(m, u), column[m])
	}
	for n := range t.nv {
		b := t.vec()
		t.read(Mem{Base: t.b}, n, b)
		for m, a := range column {
			t.VFMADD231PS(a, b, t.acc[m][n])
		}
	}
	t.ADDQ(t.bk, t.b)
	if t.column {
		t.ADDQ(t.ak, t.a)
	}
}

func (t *tileKernel) element(m, u int) Mem {
	if t.column {
		return Mem{Base: t.a, Disp: 4 * m}
	}
	e := Mem{Base: t.bases[m/3], Disp: 4 * u}
	if m%3 != 0 {
		e.Index, e.Scale = t.am, uint8(m%3)
	}
	return e
}

// finish adds what was in C, applies the activation and stores, as the flags say.
func (t *tileKernel) finish() {
	flags, cm := t.load(tileFlags), t.load(tileCM)
	c := t.GP64()
	rows := func(f func(m, n int)) {
		t.MOVQ(t.field(tileC), c)
		for m := range t.mr {
			for n := range t.nv {
				f(m, n)
			}
			t.nextRow(m, cm, c)
		}
	}
	t.TESTQ(U32(flagAdd), flags)
	t.JZ(t.ref("activation"))
	v := t.vec()
	t.either("add", func() {
		rows(func(m, n int) {
			t.read(Mem{Base: c}, n, v)
			t.VADDPS(v, t.acc[m][n], t.acc[m][n])
		})
	})

	t.Label("activation")
	t.TESTQ(U32(flagLeaky), flags)
	t.JZ(t.ref("store"))
	scaled := t.scaler(t.field(tileSlope))
	for m := range t.acc {
		for _, sum := range t.acc[m] {
			// max(s, slope s) with the operands so that a NaN stays one
			scaled(sum, v)
			t.VMAXPS(sum, v, sum)
		}
	}

	t.Label("store")
	t.bodies(t.field(tileBits), func() {
		rows(func(m, n int) { t.write(t.acc[m][n], Mem{Base: c}, n) })
		if t.again != nil {
			t.nextTile()
		}
		t.end()
	})
}

// nextTile goes on with the next tile, if there is one: to call for each, and to
// begin each with nothing under way, takes as long as three products of 14 rows.
func (t *tileKernel) nextTile() {
	t.SUBQ(Imm(1), t.field(tileCount))
	t.JLE(t.ref("last"))
	a, c := t.load(tileANext), t.load(tileCNext)
	t.ADDQ(a, t.field(tileA))
	t.ADDQ(c, t.field(tileC))
	t.again()
	t.JMP(LabelRef("tile"))
	t.Label("last")
}

// writePart writes the first elements of v, one to seven, by fours, twos and
// ones: a masked store takes longer. v is gone then. The first of a function's
// calls is to be run first.
func (t *tileKernel) writePart(v reg.VecVirtual, m Mem) {
	at, x, part := t.GP64(), v.AsX(), t.parts
	label := func(some string) string { return fmt.Sprint(some, part) }
	t.parts++
	if part == 0 {
		t.count = t.GP64()
		t.BSRQ(t.field(tileBits), t.count)
		t.INCQ(t.count)
	}
	t.LEAQ(m, at)
	t.TESTQ(U32(4), t.count)
	t.JZ(LabelRef(label("two")))
	t.VMOVUPS(x, Mem{Base: at})
	t.VEXTRACTF128(Imm(1), v, x)
	t.ADDQ(Imm(16), at)
	t.Label(label("two"))
	t.TESTQ(U32(2), t.count)
	t.JZ(LabelRef(label("one")))
	t.VMOVLPS(x, Mem{Base: at})
	t.VMOVHLPS(x, x, x)
	t.ADDQ(Imm(8), at)
	t.Label(label("one"))
	t.TESTQ(U32(1), t.count)
	t.JZ(LabelRef(label("written")))
	t.VMOVSS(x, Mem{Base: at})
	t.Label(label("written"))
}

// scaler returns the generator of v = slope x, which with a slope of zero is
// zero even of an infinity.
func (t *assembler) scaler(at Mem) func(x, v reg.VecVirtual) {
	slope, zero := t.vec(), t.vec()
	t.VBROADCASTSS(at, slope)
	t.VXORPS(zero, zero, zero)
	const notEqual = 4
	if t.isa.wide() {
		some := t.K()
		t.VCMPPS(Imm(notEqual), zero, slope, some)
		return func(x, v reg.VecVirtual) { t.VMULPS_Z(x, slope, some, v) }
	}
	t.VCMPPS(Imm(notEqual), zero, slope, zero)
	return func(x, v reg.VecVirtual) {
		t.VMULPS(x, slope, v)
		t.VANDPS(v, zero, v)
	}
}
