package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// folds generates, for an instruction set, the sums of one vector per segment:
// of eight rows at a time, and of one.
func (a *assembler) folds() {
	for _, mr := range []int{8, 1} {
		f := &tileKernel{assembler: a, mr: mr, nv: 1, name: fmt.Sprintf("fold%s_%d", a.isa.name, mr)}
		f.generateFold()
	}
}

// generateFold writes a loop over tileK times mr rows. The fields of a tile mean
// what they mean to tiles, but that A is a vector and there is no B.
func (t *tileKernel) generateFold() {
	t.function(t.name, "func(p *tile)")
	t.p = t.GP64()
	t.Load(t.Param("p"), t.p)
	t.bodies(t.field(tileBits), t.fold)
}

func (t *tileKernel) fold() {
	t.loadMask()
	bias, held := t.vec(), t.vec()
	t.read(Mem{Base: t.load(tileBias)}, 0, bias)
	a, am, c, cm, k := t.load(tileA), t.load(tileAM), t.load(tileC), t.load(tileCM), t.load(tileK)
	flags, segs, nsegs := t.load(tileFlags), t.GP64(), t.GP64()
	at := t.GP64()
	sums := make([]reg.VecVirtual, t.mr)
	rows := func(base, step reg.GPVirtual, f func(m int)) {
		t.MOVQ(base, at)
		for m := range t.mr {
			f(m)
			if m < t.mr-1 {
				t.ADDQ(step, at)
			}
		}
	}

	t.Label("rows")
	for m := range sums {
		sums[m] = t.vec()
		t.VMOVAPS(bias, sums[m])
	}
	t.MOVQ(t.field(tileSegs), segs)
	t.MOVQ(t.field(tileNSegs), nsegs)
	from := t.GP64()
	t.Label("segment")
	t.MOVQ(a, from)
	t.ADDQ(Mem{Base: segs}, from)
	t.ADDQ(Imm(16), segs)
	rows(from, am, func(m int) {
		t.read(Mem{Base: at}, 0, held)
		t.VADDPS(held, sums[m], sums[m])
	})
	t.DECQ(nsegs)
	t.JNZ(t.ref("segment"))

	t.TESTQ(U32(flagAdd), flags)
	t.JZ(t.ref("activation"))
	rows(c, cm, func(m int) {
		t.read(Mem{Base: at}, 0, held)
		t.VADDPS(held, sums[m], sums[m])
	})
	t.Label("activation")
	t.TESTQ(U32(flagLeaky), flags)
	t.JZ(t.ref("store"))
	scaled := t.scaler(t.field(tileSlope))
	for _, sum := range sums {
		scaled(sum, held)
		t.VMAXPS(sum, held, sum)
	}
	t.Label("store")
	rows(c, cm, func(m int) { t.write(sums[m], Mem{Base: at}, 0) })
	for range t.mr {
		t.ADDQ(am, a)
		t.ADDQ(cm, c)
	}
	t.DECQ(k)
	t.JNZ(t.ref("rows"))
	t.end()
}
