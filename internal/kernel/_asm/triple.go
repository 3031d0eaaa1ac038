package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A triple is a tile of three taps that are neighbours: each broadcast of A serves
// the products with all three. Two vectors wide it loads 20 operands for 72 products
// (by columns 18), where a tile loads 41. The processor measured does 99 % of its
// peak with up to one load or prefetch for three products of AVX-512, and 90 % with
// one for two.
//
// In mode "row", of a convolution, tap t of output m reads A at m + t:
//
//	C[m][n] = bias[n] + sum over s, k, t of A[s.a + (m+t)*am + k*ak] * B[s.b + t*tap + k*bk + n]
//
// In mode "column", of its weight gradient, an input reaches three gradients, and C
// has as many rows for each tap, tap bytes behind the last row of the tap before:
//
//	C[t][m][n] = bias[n] + sum over s, k of A[s.a + m*am + (k+t-head)*ak] * B[s.b + k*bk + n]
//
// with 0 <= k < K, and without the first head and the last tail of the K + 2
// elements of A that would be.
type triple struct {
	tileKernel
	per int // rows of a tap, in mode "column"
}

// Rows of triples by vectors - 1, whose sums stay in registers beside three rows of
// B and a broadcast. Of one vector more would, but for the rows of A there are
// registers for addresses of no more, and 8 divides numbers of channels.
var (
	tripleRows    = []int{12, 12}
	tripleColumns = []int{8, 4}
)

// triples generates every variant for an instruction set that has the registers,
// and the tables by which package kernel finds them.
func (a *assembler) triples() {
	if !a.isa.wide() {
		return
	}
	for _, column := range []bool{false, true} {
		mode, most := "Row", tripleRows
		if column {
			mode, most = "Column", tripleColumns
		}
		table := fmt.Sprintf("\nvar triples%s%s = tileTable{\n", mode, a.isa.name)
		for i, rows := range most {
			table += "\t{nil"
			for m := 1; m <= rows; m++ {
				t := &triple{tileKernel{assembler: a, column: column, mr: m, nv: i + 1}, m}
				if column {
					t.mr *= 3
				}
				t.name = fmt.Sprintf("triple%s%s_%dx%d", mode, a.isa.name, m, i+1)
				t.generate()
				table += ", " + t.name
			}
			table += "},\n"
		}
		a.stubs.WriteString(table + "}\n")
	}
}

func (t *triple) generate() {
	t.function(t.name, "func(p *tile)")
	t.p = t.GP64()
	t.Load(t.Param("p"), t.p)
	t.loadMask()
	if t.column {
		t.turn, t.turns = t.load(tileTap), t.per
	} else {
		t.again = t.askAnew
		t.Label("tile")
	}
	t.start()
	if t.column {
		t.askForC()
		t.eitherProducts(t.columns)
	} else {
		t.eitherProducts(t.rows)
	}
	t.finish()
}

// askAnew has the next tile prefetch what lies as far behind what this one did as
// its inputs lie behind this one's.
func (t *triple) askAnew() {
	next := t.load(tileANext)
	t.ADDQ(t.field(tileFrom), next)
	t.MOVQ(next, t.field(tileFrom))
	t.MOVQ(next, t.field(tileNext))
}

// segments begins the loop over the segments, with a and b set to where each
// begins, and returns how many are left. nextSegment ends it.
func (t *triple) segments() (nsegs reg.GPVirtual) {
	segs, nsegs := t.load(tileSegs), t.load(tileNSegs)
	t.a, t.b = t.GP64(), t.GP64()
	t.startPrefetch()
	t.Label("segment")
	t.MOVQ(t.field(tileA), t.a)
	t.ADDQ(Mem{Base: segs}, t.a)
	t.MOVQ(t.field(tileB), t.b)
	t.ADDQ(Mem{Base: segs, Disp: 8}, t.b)
	t.ADDQ(Imm(16), segs)
	return nsegs
}

func (t *triple) nextSegment(nsegs reg.GPVirtual) {
	t.DECQ(nsegs)
	t.JNZ(t.ref("segment"))
	t.MOVQ(t.next, t.field(tileNext))
}

func (t *triple) prefetch() {
	t.PREFETCHT0(Mem{Base: t.next})
	t.ADDQ(t.field(tilePace), t.next)
}

// rows generates the products of mode "row".
func (t *triple) rows() {
	t.am = t.load(tileAM)
	tap := t.load(tileTap)
	c := t.load(tileC)
	t.ADDQ(t.field(tileAhead), c)
	nsegs := t.segments()
	t.bases = []reg.GPVirtual{t.a}
	for m := 3; m < t.mr+2; m += 3 {
		r := t.GP64()
		t.LEAQ(Mem{Base: t.bases[len(t.bases)-1], Index: t.am, Scale: 2}, r)
		t.ADDQ(t.am, r)
		t.bases = append(t.bases, r)
	}
	k := t.GP64()
	t.MOVQ(t.field(tileK), k)
	t.Label("step")
	t.prefetch()
	t.PREFETCHT0(Mem{Base: c})
	t.ADDQ(t.field(tilePaceC), c)
	var b [3][]reg.VecVirtual
	for i := range b {
		from := Mem{Base: t.b}
		if i > 0 {
			from.Index, from.Scale = tap, uint8(i)
		}
		b[i] = t.readRow(from)
	}
	for at := range t.mr + 2 {
		a := t.vec()
		t.VBROADCASTSS(t.element(at, 0), a)
		for i := range b {
			if m := at - i; m >= 0 && m < t.mr {
				t.multiply(a, b[i], m)
			}
		}
	}
	t.ADDQ(t.field(tileBK), t.b)
	for _, r := range t.bases {
		t.ADDQ(Imm(4), r)
	}
	t.DECQ(k)
	t.JNZ(t.ref("step"))
	t.nextSegment(nsegs)
}

// readRow reads a row of B.
func (t *triple) readRow(from Mem) []reg.VecVirtual {
	row := make([]reg.VecVirtual, t.nv)
	for n := range row {
		row[n] = t.vec()
		t.read(from, n, row[n])
	}
	return row
}

// multiply adds the product of a broadcast and a row of B to row m of C.
func (t *triple) multiply(a reg.VecVirtual, b []reg.VecVirtual, m int) {
	for n := range b {
		t.VFMADD231PS(a, b[n], t.acc[m][n])
	}
}

// columns generates the products of mode "column". B's last three rows are in
// registers, which a loop of three steps hands round.
func (t *triple) columns() {
	t.ak, t.bk = t.load(tileAK), t.load(tileBK)
	head, tail, k := t.load(tileHead), t.load(tileTail), t.GP64()
	nsegs := t.segments()
	t.MOVQ(t.field(tileK), k)

	// The first two elements of A meet one and two rows of B.
	t.prefetch()
	before := t.take()
	t.CMPQ(head, Imm(1))
	t.JGE(t.ref("second"))
	t.meet(before)
	t.Label("second")
	t.prefetch()
	last := t.take()
	t.CMPQ(head, Imm(2))
	t.JGE(t.ref("whole"))
	t.meet(last, before)
	t.Label("whole")
	t.SUBQ(Imm(2), k)

	t.SUBQ(Imm(3), k)
	t.JL(t.ref("few"))
	rows := [3][]reg.VecVirtual{before, last, t.row()}
	t.Label("three")
	for i := range 3 {
		now := rows[(i+2)%3]
		t.prefetch()
		t.retake(now)
		t.meet(now, rows[(i+1)%3], rows[i])
	}
	t.SUBQ(Imm(3), k)
	t.JGE(t.ref("three"))
	t.Label("few")
	t.ADDQ(Imm(3), k)
	t.JZ(t.ref("tail"))
	t.Label("one")
	t.prefetch()
	t.retake(rows[2])
	t.meet(rows[2], last, before)
	for n := range t.nv {
		t.VMOVAPS(last[n], before[n])
		t.VMOVAPS(rows[2][n], last[n])
	}
	t.DECQ(k)
	t.JNZ(t.ref("one"))

	// And so do the last two.
	t.Label("tail")
	t.CMPQ(tail, Imm(2))
	t.JGE(t.ref("done"))
	t.meet(nil, last, before)
	t.CMPQ(tail, Imm(1))
	t.JGE(t.ref("done"))
	t.meet(nil, nil, last)
	t.Label("done")
	t.nextSegment(nsegs)
}

func (t *triple) row() []reg.VecVirtual {
	row := make([]reg.VecVirtual, t.nv)
	for n := range row {
		row[n] = t.vec()
	}
	return row
}

// take reads the next row of B.
func (t *triple) take() []reg.VecVirtual {
	row := t.row()
	t.retake(row)
	return row
}

// retake is take to a row's registers.
func (t *triple) retake(row []reg.VecVirtual) {
	for n := range row {
		t.read(Mem{Base: t.b}, n, row[n])
	}
	t.ADDQ(t.bk, t.b)
}

// meet adds the products of A's next element with rows of B, by taps from the first
// on.
func (t *triple) meet(rows ...[]reg.VecVirtual) {
	for m := range t.per {
		a := t.vec()
		t.VBROADCASTSS(Mem{Base: t.a, Disp: 4 * m}, a)
		for i, row := range rows {
			t.multiply(a, row, i*t.per+m)
		}
	}
	t.ADDQ(t.ak, t.a)
}
